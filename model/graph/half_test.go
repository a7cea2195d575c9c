package graph_test

import (
	"math"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// TestHalves: values and gradients of a linear network in f16, with tiny gradients, are
// those of f32 but for the roundings of its layers (1.5e-3 each, plan.TestWinogradHalves):
// two on the way to the values, two to four on the way to the gradients.
func TestHalves(t *testing.T) {
	t.Parallel()
	const tolerance = 4e-3
	x := graph.Shape{N: 3, C: 32, H: 32, W: 32} // enough work for Winograd's algorithm
	s := graph.NewStore("net")
	w1, w2 := s.Add("w1", 32, 32, 3, 3), s.Add("w2", 32, 32, 3, 3)
	compute := func(halves bool) map[string][]float32 {
		g, err := graph.Build(func(g *graph.Graph) {
			if halves {
				g.Halves(12)
			}
			y := g.Conv("conv", g.Input("x", x), g.Variable(w1), nil, 1, kernels.NoAct)
			y = g.TransposedConv("transposed", y, g.Variable(w2), nil, 1, 1, kernels.NoAct)
			g.Output("y", y)
			g.Backward([]graph.Term{{Loss: g.HalfSquares("loss", y), Weight: 1e-7}}, s)
		})
		if err != nil {
			t.Fatal(err)
		}
		d := gputest.Device(t)
		// Of the plans with halves those of the shortest code.
		p, err := g.Program("test", graph.Rule{For: &plan.SwiftShader})
		if err != nil {
			t.Fatal(err)
		}
		kernels := 0
		for _, dispatch := range p.Dispatches {
			if strings.HasSuffix(p.Modules[dispatch.Module].Label, " f16") {
				kernels++
			}
		}
		if halves != (kernels > 0) {
			t.Fatalf("%d kernels of f16", kernels)
		}
		session, err := d.Load(p)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		write(t, session, "x", 0, normals(1, x.Len(), 1))
		for i, v := range s.Variables() {
			write(t, session, s.Values(), v.Offset, normals(uint64(2+i), v.Len(), 0.06))
		}
		if err := session.Run("test"); err != nil {
			t.Fatal(err)
		}
		results := map[string][]float32{"y": read(t, session, "y", 0, x.Len())}
		for _, v := range s.Variables() {
			results["gradient of "+v.Name] = read(t, session, s.Grads(), v.Offset, v.Len())
		}
		return results
	}
	plain, halves := compute(false), compute(true)
	for what, want := range plain {
		var errors, squares float64
		for i, w := range want {
			e := float64(halves[what][i]) - float64(w)
			errors += e * e
			squares += float64(w) * float64(w)
		}
		stray := math.Sqrt(errors / squares)
		t.Logf("%s: off by %.2g of the root mean square", what, stray)
		if !(stray > 0 && stray <= tolerance) {
			t.Errorf("%s: off by %g of the root mean square, more than %g or nothing", what, stray, tolerance)
		}
	}
}
