//go:build !js

package trainer

import (
	"fmt"
	"os"

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
