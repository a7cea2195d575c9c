package graph

import "pixelda-wgpu/gpu"

// Unfused is Program without fusion.
func (g *Graph) Unfused(name string, choose Chooser) (*gpu.Program, error) {
	return g.lower(name, g.live(), choose)
}
