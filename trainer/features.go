package trainer

import (
	"errors"
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// Features is what the classifier of a checkpoint knows of all images of sets before
// it decides: its last hidden layer (fc4 of the paper's tower), [images, units] for
// each set, through the layers that see target images. The sets have a form that
// the model takes, as PrepareData makes it.
func Features(d *gpu.Device, checkpoint string, choose graph.Chooser, sets ...*datasets.Set) (_ [][]float32, units int, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, err := schemeOf(st.Config)
	if err != nil {
		return nil, 0, err
	}
	if s.networks.Task == nil {
		return nil, 0, fmt.Errorf("trainer: %s is of method %s, which has no task tower", checkpoint, st.Config.Method)
	}
	of := func(set *datasets.Set) ([]float32, error) {
		p, err := s.networks.Features(form(set), s.networks.Batch, choose)
		if err != nil {
			return nil, err
		}
		e, err := NewEngine(d, s.networks, p)
		if err != nil {
			return nil, err
		}
		defer e.Close()
		if err := e.Restore(f, false); err != nil {
			return nil, err
		}
		return e.features(set)
	}
	all := make([][]float32, len(sets))
	for i, set := range sets {
		if all[i], err = of(set); err != nil {
			return nil, 0, err
		}
	}
	return all, s.networks.FeatureUnits(), nil
}

// features passes all images of a set through the program of features.
func (e *Engine) features(set *datasets.Set) ([]float32, error) {
	all := make([]float32, set.Len()*e.FeatureUnits())
	return all, e.pass(model.FeaturesProgram, set, output{model.FeaturesProgram + ".hidden", e.FeatureUnits(), all})
}
