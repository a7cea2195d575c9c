package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
	"pixelda-wgpu/wgsl/plan"
)

// Each shape has what no other has. A driver compiles the transforms of a shape for seconds,
// so that the tests share them, and try all plans on one shape and few on the others.
var (
	wholeTiles    = kernels.SameConv(3, 40, 32, 32, 36, 3, 1)  // and channels that fill no block
	endWithinTile = kernels.SameConv(2, 32, 18, 25, 44, 3, 1)  // rows that begin nowhere
	endBetween    = kernels.SameConv(5, 36, 7, 20, 32, 3, 1)   // rows of whole vec4, of five tiles
	dispatches    = kernels.SameConv(48, 64, 32, 16, 32, 3, 1) // sums over several dispatches of images
	leastWinograd = kernels.SameConv(1, 32, 4, 8, 32, 3, 1)    // one quad of tiles
)

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
	t.Parallel()
	for _, c := range []kernels.Conv{wholeTiles, endWithinTile, endBetween, dispatches, leastWinograd} {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			x, w, dy := operandsOf(c)
			bias := kerneltest.Normals(4, c.OutC)
			e := kernels.Epilogue{Bias: true, Residual: true, Act: kernels.LeakyReLU(0.2)}
			forward, weights := called(t, "winograd", convPlans(c, e)), called(t, "winograd", weightPlans(c))
			switch c {
			case wholeTiles:
				dx := refDataGrad(c, dy, w)
				for _, p := range called(t, "winograd", convPlans(c.DataGrad(), kernels.Epilogue{})) {
					t.Run("data "+p.Name, func(t *testing.T) {
						closeToSums(t, "dx", runPlan(t, p, map[string][]float32{"x": dy, "w": w}, "y", len(dx)), dx,
							lost*c.OutC*9)
					})
				}
			case dispatches: // TestConvMoments takes it forward
				forward, weights = nil, few(t, weights)
			default:
				forward, weights = few(t, forward), few(t, weights)
			}
			want := refEpilogue(c, e, refConv(c, x, w), bias, dy)
			operands := map[string][]float32{"x": x, "w": w, "bias": bias, "residual": dy}
			for _, p := range forward {
				t.Run(p.Name, func(t *testing.T) {
					closeToSums(t, "y", runPlan(t, p, operands, "y", len(want)), want, lost*c.InC*9)
				})
			}
			dw := refWeightGrad(c, x, dy)
			for _, p := range weights {
				t.Run("weights "+p.Name, func(t *testing.T) {
					got := runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(dw))
					closeToSums(t, "dw", got, dw, lost*c.N*c.OutH*c.OutW)
				})
			}
		})
	}
}

// with returns operands and one more.
func with(operands map[string][]float32, name string, v []float32) map[string][]float32 {
	m := maps.Clone(operands)
	m[name] = v
	return m
}

// TestConvMoments: the moments of the output, found on the way where whole workgroups
// store one channel of it, or by a kernel of their own.
func TestConvMoments(t *testing.T) {
	t.Parallel()
	for _, c := range []kernels.Conv{dispatches, endBetween, kernels.SameConv(2, 5, 9, 8, 6, 3, 2)} {
		x, w, residual := operandsOf(c)
		e := kernels.Epilogue{Moments: true, Residual: c == dispatches}
		operands := map[string][]float32{"x": x, "w": w}
		if e.Residual {
			operands["residual"] = residual
		}
		y := refEpilogue(c, e, refConv(c, x, w), nil, residual)
		m := kernels.Map{N: c.N, C: c.OutC, H: c.OutH, W: c.OutW}
		r := kerneltest.Norm{BatchNorm: kernels.BatchNorm{Map: m, Epsilon: 1e-3}}
		r.Fit(y)
		plans := convPlans(c, e)
		if c.InC >= 32 {
			plans = called(t, "winograd", plans)
		}
		for _, p := range few(t, plans) {
			t.Run(name(p, c), func(t *testing.T) {
				t.Parallel()
				last := p.Calls[len(p.Calls)-1].Kernel.Name
				if own := strings.HasPrefix(last, "batch norm stats"); own == (c.OutW%16 == 0) {
					t.Errorf("the last kernel is %s", last)
				}
				got := runPlan(t, p, with(operands, "partials", make([]float32, 2*m.Parts()*m.C)), "y", len(y))
				closeToSums(t, "y", got, y, lost*c.InC*9)
				partials := runPlan(t, p, with(operands, "y", make([]float32, len(y))), "partials", 2*m.Parts()*m.C)
				mean, invStd := make([]float32, m.C), make([]float32, m.C)
				kerneltest.Run(t, kerneltest.Tensors{"partials": partials, "mean": mean, "inv_std": invStd},
					kernels.BatchNormFinalize(r.BatchNorm, false, 0))
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
	t.Parallel()
	for _, c := range []kernels.Conv{
		endBetween, kernels.SameConv(5, 20, 8, 9, 72, 3, 2),
	} {
		for _, act := range []kernels.Act{kernels.ReLU, kernels.NoAct} {
			c.Prologue = kernels.Prologue{Norm: true, Act: act}
			raw, w, dy := operandsOf(c)
			mean, invStd, beta := kerneltest.Normals(5, c.InC), kerneltest.Normals(6, c.InC),
				kerneltest.Normals(7, c.InC)
			r := kerneltest.Norm{BatchNorm: kernels.BatchNorm{Map: kernels.Map{N: c.N, C: c.InC, H: c.InH, W: c.InW},
				Act: act}}
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
			y, dw := refConv(c, x, w), refWeightGrad(c, x, dy)
			forward, weights := convPlans(c, kernels.Epilogue{}), weightPlans(c)
			if c.Stride == 1 {
				forward, weights = few(t, called(t, "winograd", forward)), few(t, called(t, "winograd", weights))
				if act == kernels.NoAct { // the rest of the code is the same, and short for GPUs
					onCPU := func(p plan.Plan) bool { return p.Target.Software }
					forward, weights = slices.DeleteFunc(forward, onCPU), slices.DeleteFunc(weights, onCPU)
				}
			} else {
				forward, weights = few(t, forward), append(few(t, weights), called(t, "unfolded", weights)...)
			}
			for _, p := range forward {
				t.Run(fmt.Sprint(name(p, c), c.Prologue), func(t *testing.T) {
					t.Parallel()
					closeToSums(t, "y", runPlan(t, p, with(operands, "w", w), "y", len(y)), y, lost*c.InC*9)
				})
			}
			for _, p := range weights {
				t.Run(fmt.Sprint("weights ", name(p, c), c.Prologue), func(t *testing.T) {
					t.Parallel()
					closeToSums(t, "dw", runPlan(t, p, with(operands, "dy", dy), "dw", len(dw)), dw,
						lost*c.N*c.OutH*c.OutW)
				})
			}
		}
	}
}
