package trainer

import (
	"errors"
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/validate"
)

// Generator is a trained generator by itself.
type Generator struct {
	*Engine
}

// OpenGenerator loads the generator of a checkpoint for source images of the
// given form.
func OpenGenerator(d *gpu.Device, checkpoint string, source model.Images, choose graph.Chooser) (_ *Generator, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if st.Config.Method != recipe.PixelDA {
		return nil, fmt.Errorf("trainer: %s is of method %s, which has no generator", checkpoint, st.Config.Method)
	}
	n, err := model.NewNetworks(model.Config(st.Config.Model))
	if err != nil {
		return nil, err
	}
	p, err := n.Adapt(model.Inputs{Source: source, HostNoise: true}, n.Batch, choose)
	if err != nil {
		return nil, err
	}
	e, err := NewEngine(d, n, p)
	if err != nil {
		return nil, err
	}
	if err := e.Restore(f, false); err != nil {
		e.Close()
		return nil, err
	}
	return &Generator{e}, nil
}

// Adapt redraws images; seed chooses the noise, that of image first+i for image i,
// so that a large set can be adapted in parts. The result has the images' labels.
func (g *Generator) Adapt(images *datasets.Set, seed uint64, first int) (*datasets.Set, error) {
	adapted, _, err := g.Redraw(images, seeded(seed, first))
	return adapted, err
}

// Redraw redraws images, with the noise that noise gives for each, and classifies
// the results: probabilities [n, classes]. The result has the images' labels.
func (g *Generator) Redraw(images *datasets.Set, noise func(z []float32, image int)) (adapted *datasets.Set, probabilities []float32, err error) {
	floats, ev, err := g.adapt(images, noise, true)
	if err != nil {
		return nil, nil, err
	}
	adapted = g.drawn(floats, images)
	probabilities, err = validate.Probabilities(ev.logits, g.Classes)
	return adapted, probabilities, err
}

// Reload takes the variables of another checkpoint of the same model.
func (g *Generator) Reload(checkpoint string) (_ State, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if model.Config(st.Config.Model) != g.Config {
		return st, fmt.Errorf("trainer: %s is of another model", checkpoint)
	}
	return st, g.Restore(f, false)
}
