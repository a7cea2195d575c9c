package kernels_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// refMaxPool returns the maxima and where in x the first of each is.
func refMaxPool(p kernels.Pool, x []float32) (y []float32, at []int) {
	out := p.Out()
	for plane := range p.N * p.C {
		for oy := range out.H {
			for ox := range out.W {
				best := (plane*p.H+oy*p.Stride)*p.W + ox*p.Stride
				for ky := range p.Kernel {
					for kx := range p.Kernel {
						if i := (plane*p.H+oy*p.Stride+ky)*p.W + ox*p.Stride + kx; x[i] > x[best] {
							best = i
						}
					}
				}
				y, at = append(y, x[best]), append(at, best)
			}
		}
	}
	return y, at
}

func TestMaxPool(t *testing.T) {
	for _, p := range []kernels.Pool{
		{Map: kernels.Map{N: 3, C: 5, H: 7, W: 7}, Kernel: 2, Stride: 2},
		{Map: kernels.Map{N: 2, C: 3, H: 8, W: 12}, Kernel: 2, Stride: 2},
		{Map: kernels.Map{N: 2, C: 3, H: 7, W: 4}, Kernel: 2, Stride: 2},
		{Map: kernels.Map{N: 3, C: 4, H: 14, W: 14}, Kernel: 2, Stride: 2},
		{Map: kernels.Map{N: 2, C: 3, H: 16, W: 16}, Kernel: 3, Stride: 2},
		{Map: kernels.Map{N: 1, C: 2, H: 9, W: 8}, Kernel: 3, Stride: 1},
		{Map: kernels.Map{N: 1, C: 1, H: 5, W: 5}, Kernel: 2, Stride: 3},
		{Map: kernels.Map{N: 1, C: 2, H: 3, W: 3}, Kernel: 3, Stride: 2},
	} {
		t.Run(p.String(), func(t *testing.T) {
			// Few values, as after a ReLU: many windows have several maxima. Whole
			// gradients sum exactly, in any order.
			r := rand.New(rand.NewPCG(1, 2))
			x, dy := make([]float32, p.Len()), make([]float32, p.Out().Len())
			for i := range x {
				x[i] = float32(max(0, r.IntN(8)-4))
			}
			for i := range dy {
				dy[i] = float32(r.IntN(100) - 50)
			}
			y, dx := make([]float32, len(dy)), make([]float32, len(x))
			kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y, "dy": dy, "dx": dx}, kernels.MaxPool(p),
				kernels.MaxPoolGrad(p))
			wantY, at := refMaxPool(p, x)
			wantDX := make([]float32, len(x))
			for o, i := range at {
				wantDX[i] += dy[o]
			}
			if !slices.Equal(y, wantY) {
				t.Errorf("maxima differ: %v, want %v", y, wantY)
			}
			if !slices.Equal(dx, wantDX) {
				t.Errorf("gradients differ: %v, want %v", dx, wantDX)
			}
		})
	}
}
