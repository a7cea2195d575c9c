package engine

import (
	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// Features is what the classifier of a configuration knows about all images of sets before it
// decides: its last hidden layer (fc4 of the paper's tower), [images, units] for each set, through
// the layers that see target images. load sets the variables. The sets have a form that the model
// takes, such as PrepareData returns.
func Features(
	d *gpu.Device, c recipe.Config, choose graph.Chooser, load func(*Engine) error, sets ...*datasets.Set,
) (_ [][]float32, units int, err error) {
	s, err := SchemeOf(c)
	if err != nil {
		return nil, 0, err
	}
	n := s.Networks
	if n.Task == nil {
		return nil, 0, &LacksError{c.Method, "task tower"}
	}
	units = n.FeatureUnits()
	of := func(set *datasets.Set) ([]float32, error) {
		p, err := n.Features(form(set), n.Config.Batch, choose)
		if err != nil {
			return nil, err
		}
		e, err := New(d, n, p)
		if err != nil {
			return nil, err
		}
		defer e.Close()
		if err := load(e); err != nil {
			return nil, err
		}
		all := make([]float32, set.Len()*units)
		return all, e.pass(model.FeaturesProgram, set, output{model.FeaturesProgram + ".hidden", units, all})
	}
	all := make([][]float32, len(sets))
	for i, set := range sets {
		if all[i], err = of(set); err != nil {
			return nil, 0, err
		}
	}
	return all, units, nil
}
