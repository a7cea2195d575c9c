//go:build !js

package checkpoint

import (
	"os"

	"pixelda-wgpu/trainer/rundir"
)

// Find returns the checkpoint that path names: a checkpoint file, or the best one of a run folder.
func Find(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", origin.Errorf("%w", err)
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

// Inspect returns the checkpoint that path names, as Find does, and its state.
func Inspect(path string) (string, State, error) {
	file, err := Find(path)
	if err != nil {
		return "", State{}, err
	}
	f, st, err := Open(file)
	if err != nil {
		return "", State{}, err
	}
	return file, st, f.Close()
}
