package graph

import (
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl"
)

// Unfused is Program without fusion.
func (g *Graph) Unfused(name string, choose Chooser) (*gpu.Program, error) {
	return g.lower(name, g.live(), choose)
}

// Winograd chooses the first plan by Winograd's algorithm, where there is one, of all
// operations but the gradients of weights if these are to be Direct.
type Winograd struct{ Direct bool }

func (w Winograd) choose(n *node) (int, error) {
	if _, ok := n.op.(weightGrad); ok && w.Direct {
		return FirstPlan{Direct: true}.choose(n)
	}
	return max(0, slices.IndexFunc(n.plans, func(p wgsl.Plan) bool { return p.Winograd })), nil
}

func (Winograd) subgroups() (bool, error) { return false, nil }
