package plan_test

import (
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// Convolutions with padding of their own, and those that a transposed convolution
// is the data gradient of: of one pixel, of odd sizes, of a kernel of even width.
func TestPaddedConv(t *testing.T) {
	t.Parallel()
	for _, c := range []kernels.Conv{
		kernels.PaddedConv(3, 2, 9, 8, 5, 5, 1, 0), kernels.PaddedConv(2, 6, 4, 4, 7, 4, 1, 0),
		kernels.PaddedConv(2, 5, 7, 7, 9, 3, 2, 1),
		kernels.PaddedConv(2, 4, 13, 13, 6, 3, 2, 1), kernels.PaddedConv(2, 3, 14, 14, 8, 6, 1, 1),
		kernels.PaddedConv(1, 16, 12, 12, 16, 3, 1, 0),
		kernels.PaddedConv(2, 16, 10, 12, 20, 3, 1, 2),
	} {
		if want := (c.InH+2*c.PadY-c.KernelH)/c.Stride + 1; c.OutH != want {
			t.Fatalf("%v: %d rows, want %d", c, c.OutH, want)
		}
		x, w, dy := operandsOf(c)
		choose := tiles
		if c.PadY == 2 { // as dx of the shape before, whose dx has none
			choose = few
		}
		check := func(what string, plans []plan.Plan, operands map[string][]float32, result string, want []float64,
			terms int) {
			for _, p := range choose(t, plans) {
				t.Run(what+" "+name(p, c), func(t *testing.T) {
					t.Parallel()
					closeToSums(t, what, runPlan(t, p, operands, result, len(want)), want, terms)
				})
			}
		}
		taps := c.KernelH * c.KernelW
		check("y", convPlans(c, kernels.Epilogue{}), map[string][]float32{"x": x, "w": w}, "y", refConv(c, x, w),
			c.InC*taps)
		check("dx", convPlans(c.DataGrad(), kernels.Epilogue{}), map[string][]float32{"x": dy, "w": w}, "y",
			refDataGrad(c, dy, w), c.OutC*taps)
		check("dw", weightPlans(c), map[string][]float32{"x": x, "dy": dy}, "dw", refWeightGrad(c, x, dy),
			c.N*c.OutH*c.OutW)
	}
}
