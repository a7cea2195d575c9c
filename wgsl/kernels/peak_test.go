package kernels_test

import (
	"math"
	"slices"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// A kernel that a compiler has seen through would do nothing and report a
// fabulous peak; so the result is compared, after all rounds, with the same
// recurrence in float64. Its map contracts, m < 1, so roundings do not build up
// beyond 1 / (1 − m) = 3,333 of them.
func TestFMAPeak(t *testing.T) {
	const n, rounds = 128, 8
	y := make([]float32, n)
	k := kernels.FMAPeak(n, rounds)
	kerneltest.Run(t, kerneltest.Tensors{"y": y}, k)
	want := make([]float64, n)
	for i := range want {
		m, b := 0.999+float64(i&7)*0.0001, 0.001+float64(i&3)*0.0001
		for c := range 12 {
			a := float64(i + c)
			for range 16 * rounds {
				a = a*m + b
			}
			want[i] += a
		}
	}
	kerneltest.Near(t, "y", y, want, 3333*kerneltest.HalfULP, 1e-6)
	if want := 2.0 * 12 * 16 * rounds * n; k.FLOPs != want {
		t.Errorf("the kernel claims %g operations and does %g", k.FLOPs, want)
	}
}

func TestCopy(t *testing.T) {
	for _, n := range []int{4, 252, 256, 4 * 64 * 3} {
		x, y := kerneltest.Normals(1, n), make([]float32, n)
		x[n-1] = float32(math.Inf(1))
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y}, kernels.Copy(n))
		if !slices.Equal(x, y) {
			t.Errorf("a copy of %d floats differs", n)
		}
	}
}
