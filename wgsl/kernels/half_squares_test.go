package kernels_test

import (
	"fmt"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

func TestHalfSquares(t *testing.T) {
	for _, n := range []int{1, 6, 64, 4096, 9001} {
		x, sum, dx := kerneltest.Normals(1, n), make([]float32, 1), make([]float32, n)
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "partials": make([]float32, kernels.HalfSquaresParts(n)),
			"out": sum},
			kernels.HalfSquares(n), kernels.SumPartials(kernels.HalfSquaresParts(n), 1, false))
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": dx}, kernels.Scale(n, 0.25, false))
		value := func(x []float64) float64 { return 0.25 * kerneltest.Dot(x, x) / 2 }
		want := kerneltest.Wide(x)
		for i := range want {
			want[i] *= 0.25
		}
		if n < 1000 {
			kerneltest.GradientHolds(t, "reference", kerneltest.Wide(x), want, value)
		}
		// Positive terms: each lane adds up to n/64 of them, a tree the rest.
		kerneltest.Near(t, fmt.Sprint(n), sum, []float64{4 * value(kerneltest.Wide(x))}, 16*kerneltest.HalfULP, 0)
		kerneltest.Near(t, fmt.Sprint(n, " dx"), dx, want, kerneltest.HalfULP, 0)
	}
}
