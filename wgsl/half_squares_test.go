package wgsl_test

import (
	"fmt"
	"testing"

	"pixelda-wgpu/wgsl"
)

func TestHalfSquares(t *testing.T) {
	for _, n := range []int{1, 6, 64, 4096, 9001} {
		x, sum, dx := normals(1, n), make([]float32, 1), make([]float32, n)
		runKernels(t, tensors{"x": x, "partials": make([]float32, wgsl.HalfSquaresParts(n)), "out": sum},
			wgsl.HalfSquares(n), wgsl.SumPartials(wgsl.HalfSquaresParts(n), 1, false))
		runKernels(t, tensors{"x": x, "y": dx}, wgsl.Scale(n, 0.25, false))
		value := func(x []float64) float64 { return 0.25 * dot(x, x) / 2 }
		want := wide(x)
		for i := range want {
			want[i] *= 0.25
		}
		if n < 1000 {
			gradientHolds(t, "reference", wide(x), want, value)
		}
		// Positive terms: each lane adds up to n/64 of them, a tree the rest.
		near(t, fmt.Sprint(n), sum, []float64{4 * value(wide(x))}, 16*halfULP, 0)
		near(t, fmt.Sprint(n, " dx"), dx, want, halfULP, 0)
	}
}
