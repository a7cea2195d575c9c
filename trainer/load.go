package trainer

import (
	"errors"
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// Evaluate measures a checkpoint on whole test splits of the data, by domain.
func Evaluate(d *gpu.Device, checkpoint string, data Data, choose graph.Chooser) (_ map[string]Evaluation, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	s, err := schemeOf(st.Config)
	if err != nil {
		return nil, err
	}
	programs, err := s.evaluations(data, choose)
	if err != nil {
		return nil, err
	}
	e, err := NewEngine(d, s.networks, programs...)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.Restore(f, false); err != nil {
		return nil, err
	}
	t := &Trainer{Engine: e, Config: st.Config, Data: data, scheme: s, device: d}
	return t.Accuracies(0)
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

// Fits reports whether the images are those that the checkpoint, which errors
// call name, was trained on; c names them.
func (st State) Fits(data Data, c recipe.Config, name string) error {
	if data.Fingerprint() != st.Data {
		return fmt.Errorf("trainer: %s %w than %s → %s hold now; restore them, or start a new run", name, ErrOtherImages, c.Source, c.Target)
	}
	return nil
}

// ResumeFrom is Resume for an open checkpoint, which errors call name.
func (t *Trainer) ResumeFrom(f *safetensors.File, st State, name string) error {
	if err := st.Fits(t.Data, t.Config, name); err != nil {
		return err
	}
	if err := t.Restore(f, true); err != nil {
		return err
	}
	t.Iteration, t.images = st.Iteration, st.Data // which Fits has compared
	return nil
}
