package kernels_test

import (
	"fmt"
	"slices"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// Sums of two numbers and copies have exactly one right result in float32.

func TestAddAndScale(t *testing.T) {
	for _, n := range []int{1, 5, 64, 1027} {
		a, b, y := kerneltest.Normals(1, n), kerneltest.Normals(2, n), make([]float32, n)
		want := make([]float32, n)
		for i := range a {
			want[i] = a[i] + b[i]
		}
		kerneltest.Run(t, kerneltest.Tensors{"a": a, "b": b, "y": y}, kernels.Add(n))
		if !slices.Equal(y, want) {
			t.Errorf("%d: a + b differs", n)
		}
		for _, accumulate := range []bool{false, true} {
			y, want := kerneltest.Normals(3, n), make([]float64, n)
			for i := range a {
				want[i] = 0.3 * float64(a[i])
				if accumulate {
					want[i] += float64(y[i])
				}
			}
			kerneltest.Run(t, kerneltest.Tensors{"x": a, "y": y}, kernels.Scale(n, 0.3, accumulate))
			// The factor, the product and the sum are rounded, numbers below 8.
			kerneltest.Near(t, fmt.Sprint(n, accumulate), y, want, 0, 3*8*kerneltest.HalfULP)
		}
	}
}

func TestChannels(t *testing.T) {
	for _, s := range []struct {
		a  kernels.Map
		bC int
	}{
		{kernels.Map{N: 3, C: 5, H: 7, W: 7}, 1}, {kernels.Map{N: 4, C: 3, H: 8, W: 4}, 1},
		{kernels.Map{N: 1, C: 1, H: 3, W: 3}, 1},
		{kernels.Map{N: 5, C: 4, H: 3, W: 3}, 1}, {kernels.Map{N: 3, C: 2, H: 5, W: 2}, 3},
		{kernels.Map{N: 2, C: 3, H: 32, W: 32}, 1},
	} {
		plane := s.a.H * s.a.W
		a, b := kerneltest.Normals(1, s.a.Len()), kerneltest.Normals(2, s.a.N*s.bC*plane)
		joined := kernels.Map{N: s.a.N, C: s.a.C + s.bC, H: s.a.H, W: s.a.W}
		y := make([]float32, joined.Len())
		kerneltest.Run(t, kerneltest.Tensors{"a": a, "b": b, "y": y}, kernels.Concat2(s.a, s.bC))
		var want []float32
		for n := range s.a.N {
			want = append(want, a[n*s.a.C*plane:(n+1)*s.a.C*plane]...)
			want = append(want, b[n*s.bC*plane:(n+1)*s.bC*plane]...)
		}
		if !slices.Equal(y, want) {
			t.Errorf("%v: concatenation differs", s)
		}
		// Slicing undoes it: it is also its gradient.
		for what, part := range map[string]struct {
			first, count int
			want         []float32
		}{"a": {0, s.a.C, a}, "b": {s.a.C, s.bC, b}} {
			got := make([]float32, len(part.want))
			kerneltest.Run(t, kerneltest.Tensors{"x": y, "y": got},
				kernels.SliceChannels(joined, part.first, part.count))
			if !slices.Equal(got, part.want) {
				t.Errorf("%v: slice of %s differs", s, what)
			}
		}
	}
}

func TestTileChannels(t *testing.T) {
	for _, m := range []kernels.Map{{N: 3, C: 3, H: 7, W: 7}, {N: 2, C: 3, H: 8, W: 4}, {N: 1, C: 4, H: 1, W: 3},
		{N: 2, C: 1, H: 3, W: 3}} {
		plane := m.H * m.W
		x, dy := kerneltest.Normals(1, m.N*plane), kerneltest.Normals(2, m.Len())
		y, dx := make([]float32, m.Len()), make([]float32, len(x))
		wantDX := make([]float64, len(x))
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y, "dy": dy, "dx": dx}, kernels.TileChannels(m),
			kernels.TileChannelsGrad(m))
		for i := range y {
			from := i/(m.C*plane)*plane + i%plane
			if y[i] != x[from] {
				t.Fatalf("%v: [%d] = %g, want %g", m, i, y[i], x[from])
			}
			wantDX[from] += float64(dy[i])
		}
		kerneltest.Near(t, m.String(), dx, wantDX, 0, 4*8*kerneltest.HalfULP) // three sums below 8
	}
}
