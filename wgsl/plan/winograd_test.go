package plan_test

import (
	"fmt"
	"maps"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
	"strings"
	"testing"

	"pixelda-wgpu/wgsl/kerneltest"
)

// Whole tiles; rows that begin nowhere and end within a tile, in pairs or not; channels that fill no
// block, sums over several dispatches of images; the least layer; an odd number of quads.
var winogradShapes = []plan.Conv{
	plan.SameConv(3, 40, 32, 32, 36, 3, 1), plan.SameConv(2, 32, 18, 22, 44, 3, 1), plan.SameConv(5, 36, 7, 20, 32, 3, 1), plan.SameConv(3, 32, 14, 18, 32, 3, 1),
	plan.SameConv(48, 64, 32, 16, 32, 3, 1), plan.SameConv(1, 32, 8, 8, 32, 3, 1), plan.SameConv(3, 32, 12, 9, 32, 3, 1),
}

// called returns the plans of a kind.
func called(t *testing.T, kind string, plans []plan.Plan) (found []plan.Plan) {
	t.Helper()
	for _, p := range plans {
		if strings.HasPrefix(p.Name, kind) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no plan is called %s", kind)
	}
	return found
}

// lost is what the algorithm's transforms cost: they add and subtract multiples before
// they cancel what they added. The largest error seen was 0.9 times the bound of direct sums.
const lost = 2

func TestWinograd(t *testing.T) {
	for _, c := range winogradShapes {
		x, w, dy := operandsOf(c)
		bias := kerneltest.Normals(4, c.OutC)
		e := plan.Epilogue{Bias: true, Residual: true, Act: kernels.LeakyReLU(0.2)}
		want := refEpilogue(c, e, refConv(c, x, w), bias, dy)
		for _, p := range called(t, "winograd", forward(c, e)) {
			t.Run(name(p, c), func(t *testing.T) {
				closeToSums(t, "y", runPlan(t, p, map[string][]float32{"x": x, "w": w, "bias": bias, "residual": dy}, "y", len(want)), want, lost*c.InC*9)
			})
		}
		dx := refDataGrad(c, dy, w)
		for _, p := range called(t, "winograd", forward(c.DataGrad(), plan.Epilogue{})) {
			t.Run(fmt.Sprint("data ", name(p, c)), func(t *testing.T) {
				closeToSums(t, "dx", runPlan(t, p, map[string][]float32{"x": dy, "w": w}, "y", len(dx)), dx, lost*c.OutC*9)
			})
		}
		dw := refWeightGrad(c, x, dy)
		for _, p := range called(t, "winograd", weightGrad(c)) {
			t.Run(fmt.Sprint("weights ", name(p, c)), func(t *testing.T) {
				closeToSums(t, "dw", runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(dw)), dw, lost*c.N*c.OutH*c.OutW)
			})
		}
	}
}

// TestConvMoments: the moments of the output, found on the way where whole workgroups
// store one channel of it, or by a kernel of their own.
func TestConvMoments(t *testing.T) {
	for _, c := range []plan.Conv{
		plan.SameConv(4, 32, 32, 32, 36, 3, 1), plan.SameConv(48, 64, 32, 16, 32, 3, 1), plan.SameConv(3, 32, 18, 22, 32, 3, 1), plan.SameConv(2, 5, 9, 8, 6, 3, 2),
	} {
		x, w, _ := operandsOf(c)
		y := refConv(c, x, w)
		m := kernels.Map{N: c.N, C: c.OutC, H: c.OutH, W: c.OutW}
		r := kerneltest.Norm{BatchNorm: kernels.BatchNorm{Map: m, Epsilon: 1e-3}}
		r.Fit(y)
		plans := forward(c, plan.Epilogue{Moments: true})
		chosen := few(t, plans)
		if c.InC >= 32 {
			chosen = called(t, "winograd", plans)
		}
		for _, p := range chosen {
			t.Run(name(p, c), func(t *testing.T) {
				last := p.Calls[len(p.Calls)-1].Kernel.Name
				if own := strings.HasPrefix(last, "batch norm stats"); own == (c.OutW%16 == 0) {
					t.Errorf("the last kernel is %s", last)
				}
				closeToSums(t, "y", runPlan(t, p, map[string][]float32{"x": x, "w": w, "partials": make([]float32, 2*m.Parts()*m.C)}, "y", len(y)), y, lost*c.InC*9)
				partials := runPlan(t, p, map[string][]float32{"x": x, "w": w, "y": make([]float32, len(y))}, "partials", 2*m.Parts()*m.C)
				mean, invStd := make([]float32, m.C), make([]float32, m.C)
				kerneltest.Run(t, kerneltest.Tensors{"partials": partials, "mean": mean, "inv_std": invStd}, kernels.BatchNormFinalize(r.BatchNorm, false, 0))
				// Sums of InC · 9 products of size 1 are off by some of their ulps, and the
				// mean of many by less.
				kerneltest.Near(t, "mean", mean, r.Mean, 0, 64*float64(c.InC)*kerneltest.HalfULP)
				kerneltest.Near(t, "inv_std", invStd, r.Scale, 64*kerneltest.HalfULP, 0)
			})
		}
	}
}

// TestConvOfNorm: a convolution and its weight gradient that normalise their input
// themselves, in the transform of Winograd's algorithm or in a pass before. Zeros stay
// around what beta has moved.
func TestConvOfNorm(t *testing.T) {
	for _, c := range []plan.Conv{
		plan.SameConv(2, 32, 18, 22, 44, 3, 1), plan.SameConv(3, 36, 7, 20, 32, 3, 1), plan.SameConv(5, 20, 8, 9, 72, 3, 2),
	} {
		for _, act := range []kernels.Act{kernels.ReLU, kernels.NoAct} {
			c.Prologue = plan.Prologue{Norm: true, Act: act}
			raw, w, dy := operandsOf(c)
			mean, invStd, beta := kerneltest.Normals(5, c.InC), kerneltest.Normals(6, c.InC), kerneltest.Normals(7, c.InC)
			r := kerneltest.Norm{BatchNorm: kernels.BatchNorm{Map: kernels.Map{N: c.N, C: c.InC, H: c.InH, W: c.InW}, Act: act}}
			for i, v := range invStd {
				invStd[i] = 1 / (1 + v*v)
			}
			for i, v := range raw { // so that the normalised numbers are of size 1, as the tolerance wants
				raw[i] = mean[r.Channel(i)] + v/invStd[r.Channel(i)]
			}
			r.Mean, r.Scale = kerneltest.Wide(mean), kerneltest.Wide(invStd)
			x := make([]float32, len(raw))
			for i, v := range r.Forward(kerneltest.Wide(raw), kerneltest.Wide(beta), nil) {
				x[i] = float32(v)
			}
			operands := map[string][]float32{"x": raw, "mean": mean, "inv_std": invStd, "beta": beta}
			with := func(name string, v []float32) map[string][]float32 {
				m := maps.Clone(operands)
				m[name] = v
				return m
			}
			y, dw := refConv(c, x, w), refWeightGrad(c, x, dy)
			forward, weights := forward(c, plan.Epilogue{}), weightGrad(c)
			if c.Stride == 1 {
				if act == kernels.NoAct { // the rest of the code is the same
					forward, weights = called(t, "winograd", forward)[:1], called(t, "winograd", weights)[:1]
				} else {
					forward, weights = called(t, "winograd", forward), called(t, "winograd", weights)
				}
			} else {
				forward, weights = few(t, forward), append(few(t, weights), called(t, "unfolded", weights)...)
			}
			for _, p := range forward {
				t.Run(fmt.Sprint(name(p, c), c.Prologue), func(t *testing.T) {
					closeToSums(t, "y", runPlan(t, p, with("w", w), "y", len(y)), y, lost*c.InC*9)
				})
			}
			for _, p := range weights {
				t.Run(fmt.Sprint("weights ", name(p, c), c.Prologue), func(t *testing.T) {
					closeToSums(t, "dw", runPlan(t, p, with("dy", dy), "dw", len(dw)), dw, lost*c.N*c.OutH*c.OutW)
				})
			}
		}
	}
}
