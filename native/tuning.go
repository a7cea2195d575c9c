package native

import (
	"fmt"
	"os"
	"path/filepath"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
)

// openTuner returns a tuner that keeps its choices in the user's cache, a file
// an adapter and driver, and tells what it times.
func (c *console) openTuner(d *gpu.Device) (*graph.Tuner, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("no folder for the timings of kernels: %w", err)
	}
	t, err := graph.NewTuner(d, filepath.Join(cache, "pixelda-wgpu", "kernels-"+fileName(d.Info().Key())+".json"))
	if err != nil {
		return nil, err
	}
	t.OnTrial = func(op string) { c.phase("timing the kernels of " + op) }
	return t, nil
}
