package trainer

import (
	"errors"
	"fmt"
	"os"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/rundir"
)

// FindCheckpoint returns the checkpoint that path names: a checkpoint file, or
// the best of a run folder.
func FindCheckpoint(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("trainer: %w", err)
	}
	if !info.IsDir() {
		return path, nil
	}
	r, err := rundir.Open(path)
	if err != nil {
		return "", err
	}
	best, err := r.Best()
	return best.File, err
}

// Inspect returns the checkpoint that path names, as FindCheckpoint does, and
// what it states.
func Inspect(path string) (string, State, error) {
	file, err := FindCheckpoint(path)
	if err != nil {
		return "", State{}, err
	}
	f, st, err := OpenCheckpoint(file)
	if err != nil {
		return "", State{}, err
	}
	return file, st, f.Close()
}

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

// Resume goes back to the state of a checkpoint. The images must be those it was
// trained on.
func (t *Trainer) Resume(checkpoint string) (_ State, err error) {
	f, st, err := OpenCheckpoint(checkpoint)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if got := t.Data.Fingerprint(); got != st.Data {
		return st, fmt.Errorf("trainer: %s was trained on other images than %s → %s hold now; restore them, or start a new run", checkpoint, t.Config.Source, t.Config.Target)
	}
	if err := t.Restore(f, t.Config.Method, true); err != nil {
		return st, err
	}
	t.Iteration = st.Iteration
	return st, nil
}
