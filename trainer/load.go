package trainer

import (
	"errors"
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/safetensors"
)

// Evaluate measures a checkpoint on whole test splits of the data, by domain.
func Evaluate(d *gpu.Device, checkpoint string, data Data, choose graph.Chooser) (_ map[string]Evaluation, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	n, err := model.NewNetworks(st.Config.Model)
	if err != nil {
		return nil, err
	}
	programs, err := st.Config.evaluations(n, data, choose)
	if err != nil {
		return nil, err
	}
	e, err := NewEngine(d, n, programs...)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.Restore(f, st.Config.Method, false); err != nil {
		return nil, err
	}
	t := &Trainer{Engine: e, Config: st.Config, Data: data, device: d}
	return t.Accuracies(0)
}

// Generator is a trained generator by itself.
type Generator struct {
	*Engine
	seed uint64
}

// OpenGenerator loads the generator of a checkpoint for source images of the
// given form.
func OpenGenerator(d *gpu.Device, checkpoint string, source model.Images, choose graph.Chooser) (_ *Generator, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if st.Config.Method != PixelDA {
		return nil, fmt.Errorf("trainer: %s is of method %s, which has no generator", checkpoint, st.Config.Method)
	}
	n, err := model.NewNetworks(st.Config.Model)
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
	if err := e.Restore(f, st.Config.Method, false); err != nil {
		e.Close()
		return nil, err
	}
	return &Generator{e, st.Config.Seed}, nil
}

// Adapt redraws images; seed chooses the noise. The result has the images' labels.
func (g *Generator) Adapt(images *datasets.Set, seed uint64) (*datasets.Set, error) {
	floats, _, err := g.adapt(images, seed)
	if err != nil {
		return nil, err
	}
	return g.drawn(floats, images), nil
}

// Resume goes back to the state of a checkpoint. The images must be those it was
// trained on.
func (t *Trainer) Resume(checkpoint string) (_ State, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return st, t.ResumeFrom(f, st, checkpoint)
}

// ErrOtherImages is what resuming on other images than those of the checkpoint
// leads to.
var ErrOtherImages = errors.New("was trained on other images")

// ResumeFrom is Resume for an open checkpoint, which errors call name.
func (t *Trainer) ResumeFrom(f *safetensors.File, st State, name string) error {
	if t.Data.Fingerprint() != st.Data {
		return fmt.Errorf("trainer: %s %w than %s → %s hold now; restore them, or start a new run", name, ErrOtherImages, t.Config.Source, t.Config.Target)
	}
	if err := t.Restore(f, t.Config.Method, true); err != nil {
		return err
	}
	t.Iteration = st.Iteration
	return nil
}
