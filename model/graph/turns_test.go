package graph_test

import (
	"testing"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// TestTurns builds a convolution turn by turn: after Count of them it has been
// built in every variant, and the next is the first again.
func TestTurns(t *testing.T) {
	turns := &graph.Turns{}
	build := func() (code string) {
		g, err := graph.Build(func(g *graph.Graph) {
			x := g.Input("x", graph.Shape{N: 2, C: 8, H: 8, W: 8})
			g.Output("y", g.Conv("conv", x, g.Input("w", graph.Shape{N: 8, C: 8, H: 3, W: 3}), nil, 1, kernels.ReLU))
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Program("test", turns)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range p.Modules {
			code += m.Code
		}
		return code
	}
	first := build()
	seen := map[string]bool{first: true}
	for turns.Turn = 1; turns.Turn < turns.Count; turns.Turn++ {
		seen[build()] = true
	}
	if turns.Count < 2 || len(seen) != turns.Count {
		t.Errorf("%d turns build %d variants", turns.Count, len(seen))
	}
	if build() != first {
		t.Error("the turn after the last is not the first")
	}
}
