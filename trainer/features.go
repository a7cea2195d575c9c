package trainer

import (
	"errors"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// FeatureExtractor is a trained classifier up to its last hidden layer.
type FeatureExtractor struct {
	*Engine
	names map[model.Images]string // of programs, by the form of images
}

// OpenFeatures loads the classifier of a checkpoint for images of the given forms,
// which it takes as it does target images.
func OpenFeatures(d *gpu.Device, checkpoint string, choose graph.Chooser, forms ...model.Images) (_ *FeatureExtractor, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	n, err := model.NewNetworks(st.Config.Model)
	if err != nil {
		return nil, err
	}
	x := &FeatureExtractor{names: map[model.Images]string{}}
	var programs []*gpu.Program
	for _, form := range forms {
		if _, has := x.names[form]; has {
			continue
		}
		name := "features_" + string(rune('a'+len(programs)))
		p, err := n.Features(name, form, n.Batch, choose)
		if err != nil {
			return nil, err
		}
		x.names[form], programs = name, append(programs, p)
	}
	if x.Engine, err = NewEngine(d, n, programs...); err != nil {
		return nil, err
	}
	if err := x.Restore(f, st.Config.Method, false); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

// Form is how the images of a set reach the device.
func Form(s *datasets.Set) model.Images { return form(s) }

// Features are the activations [n,units] for the images of a set, of one of the
// forms that the extractor was opened for.
func (x *FeatureExtractor) Features(set *datasets.Set) ([]float32, error) {
	name, ok := x.names[form(set)]
	if !ok {
		return nil, errors.New("trainer: the classifier was not opened for images of the form of " + set.Name)
	}
	batch := make([]byte, form(set).Bytes(x.Batch))
	units := make([]float32, set.Len()*x.TowerUnits)
	err := x.batches(set.Len(), name, func(indices []int) error {
		set.Gather(batch, indices)
		return x.Session.Write(name+".images", 0, batch)
	}, output{name + ".units", x.TowerUnits, units})
	return units, err
}
