package wgsl_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/wgsl"
)

// Whole tiles; rows that begin nowhere and end within a tile; channels that fill no
// block, sums over several dispatches of images; the least layer.
var winogradShapes = []wgsl.Conv{
	wgsl.SameConv(3, 40, 32, 32, 36, 3, 1), wgsl.SameConv(2, 32, 18, 22, 44, 3, 1), wgsl.SameConv(5, 36, 7, 20, 32, 3, 1),
	wgsl.SameConv(48, 64, 32, 16, 32, 3, 1), wgsl.SameConv(1, 32, 8, 8, 32, 3, 1),
}

// called returns the plans of a kind.
func called(t *testing.T, kind string, plans []wgsl.Plan) (found []wgsl.Plan) {
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
		bias := normals(4, c.OutC)
		e := wgsl.Epilogue{Bias: true, Residual: true, Act: wgsl.LeakyReLU(0.2)}
		want := refEpilogue(c, e, refConv(c, x, w), bias, dy)
		for _, p := range called(t, "winograd", c.Plans(e)) {
			t.Run(name(p, c), func(t *testing.T) {
				closeToSums(t, "y", runPlan(t, p, map[string][]float32{"x": x, "w": w, "bias": bias, "residual": dy}, "y", len(want)), want, lost*c.InC*9)
			})
		}
		dx := refDataGrad(c, dy, w)
		for _, p := range called(t, "winograd", c.DataGrad().Plans(wgsl.Epilogue{})) {
			t.Run(fmt.Sprint("data ", name(p, c)), func(t *testing.T) {
				closeToSums(t, "dx", runPlan(t, p, map[string][]float32{"x": dy, "w": w}, "y", len(dx)), dx, lost*c.OutC*9)
			})
		}
		dw := refWeightGrad(c, x, dy)
		for _, p := range called(t, "winograd", c.WeightGradPlans()) {
			t.Run(fmt.Sprint("weights ", name(p, c)), func(t *testing.T) {
				closeToSums(t, "dw", runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(dw)), dw, lost*c.N*c.OutH*c.OutW)
			})
		}
	}
}

// TestConvPrologue: x is normalised and activated as it is loaded, but the padding is
// zero, whatever beta is; the plans are those that have no prologue, by their names.
func TestConvPrologue(t *testing.T) {
	for i, c := range winogradShapes {
		act := []wgsl.Act{wgsl.ReLU, wgsl.LeakyReLU(0.2), wgsl.NoAct, wgsl.Tanh}[i%4]
		x, w, dy := operandsOf(c)
		operands := map[string][]float32{"x": x, "mean": normals(4, c.InC), "inv_std": make([]float32, c.InC), "beta": normals(6, c.InC)}
		for i, v := range normals(5, c.InC) {
			operands["inv_std"][i] = 0.6 + 0.1*float32(math.Tanh(float64(v))) // x has about the deviation of the other tests'
		}
		r := refNorm{
			BatchNorm: wgsl.BatchNorm{Map: wgsl.Map{N: c.N, C: c.InC, H: c.InH, W: c.InW}, Act: act},
			mean:      wide(operands["mean"]), scale: wide(operands["inv_std"]),
		}
		normed := make([]float32, len(x))
		for i, v := range r.forward(wide(x), wide(operands["beta"]), nil) {
			normed[i] = float32(v)
		}
		e := wgsl.Epilogue{Moments: true}
		plain, weights := called(t, "winograd", c.Plans(e)), called(t, "winograd", c.WeightGradPlans())
		c.Prologue = wgsl.Prologue{Norm: true, Act: act}
		y, dw := refConv(c, normed, w), refWeightGrad(c, normed, dy)
		m := wgsl.Map{N: c.N, C: c.OutC, H: c.OutH, W: c.OutW}
		for i, p := range c.Plans(e) {
			t.Run(name(p, c), func(t *testing.T) {
				if p.Name != plain[i].Name || p.Op == plain[i].Op {
					t.Errorf("%s of %s stands for %s of %s", p.Name, p.Op, plain[i].Name, plain[i].Op)
				}
				given := maps.Clone(operands)
				given["w"], given["partials"] = w, make([]float32, 2*m.Parts()*m.C)
				closeToSums(t, "y", runPlan(t, p, given, "y", len(y)), y, lost*c.InC*9)
			})
		}
		for i, p := range c.WeightGradPlans() {
			t.Run(fmt.Sprint("weights ", name(p, c)), func(t *testing.T) {
				if p.Name != weights[i].Name || p.Op == weights[i].Op {
					t.Errorf("%s of %s stands for %s of %s", p.Name, p.Op, weights[i].Name, weights[i].Op)
				}
				given := maps.Clone(operands)
				given["dy"] = dy
				closeToSums(t, "dw", runPlan(t, p, given, "dw", len(dw)), dw, lost*c.N*c.OutH*c.OutW)
			})
		}
	}
	c := odd
	c.Prologue.Norm = true
	if plans := slices.Concat(c.Plans(wgsl.Epilogue{}), c.WeightGradPlans()); len(plans) > 0 {
		t.Errorf("%v has no plan by Winograd's algorithm, but %d with a prologue", c, len(plans))
	}
}

// TestConvMoments: the moments of the output, found on the way where whole workgroups
// store one channel of it, or by a kernel of their own.
func TestConvMoments(t *testing.T) {
	for _, c := range []wgsl.Conv{
		wgsl.SameConv(4, 32, 32, 32, 36, 3, 1), wgsl.SameConv(48, 64, 32, 16, 32, 3, 1), wgsl.SameConv(3, 32, 18, 22, 32, 3, 1), wgsl.SameConv(2, 5, 9, 8, 6, 3, 2),
	} {
		x, w, _ := operandsOf(c)
		y := refConv(c, x, w)
		m := wgsl.Map{N: c.N, C: c.OutC, H: c.OutH, W: c.OutW}
		r := refNorm{BatchNorm: wgsl.BatchNorm{Map: m, Epsilon: 1e-3}}
		r.fit(y)
		plans := c.Plans(wgsl.Epilogue{Moments: true})
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
				runKernels(t, tensors{"partials": partials, "mean": mean, "inv_std": invStd}, wgsl.BatchNormFinalize(r.BatchNorm, false, 0))
				// Sums of InC · 9 products of size 1 are off by some of their ulps, and the
				// mean of many by less.
				near(t, "mean", mean, r.mean, 0, 64*float64(c.InC)*halfULP)
				near(t, "inv_std", invStd, r.scale, 64*halfULP, 0)
			})
		}
	}
}
