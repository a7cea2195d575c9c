package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

func TestSumPartials(t *testing.T) {
	for _, c := range []struct{ count, length int }{{1, 1}, {1, 64}, {5, 7}, {3, 300}, {32, 1022}, {1000, 12}} {
		for _, accumulate := range []bool{false, true} {
			partials, out := kerneltest.Normals(1, c.count*c.length), kerneltest.Normals(2, c.length)
			want := make([]float64, c.length)
			for i, v := range partials {
				want[i%c.length] += float64(v)
			}
			if accumulate {
				for i, v := range out {
					want[i] += float64(v)
				}
			}
			kerneltest.Run(t, kerneltest.Tensors{"partials": partials, "out": out},
				kernels.SumPartials(c.count, c.length, accumulate))
			// The running sum is of size √count and is rounded count times at random.
			kerneltest.Near(t, fmt.Sprint(c, accumulate), out, want, 0, 8*float64(c.count)*kerneltest.HalfULP)
		}
	}
}

func TestChannelSum(t *testing.T) {
	for _, m := range normShapes {
		x, sums := kerneltest.Normals(1, m.Len()), make([]float32, m.C)
		want := make([]float64, m.C)
		for i, v := range x {
			want[i/(m.H*m.W)%m.C] += float64(v)
		}
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "partials": make([]float32, m.Parts()*m.C), "out": sums},
			kernels.ChannelSum(m), kernels.SumPartials(m.Parts(), m.C, false))
		kerneltest.Near(t, m.String(), sums, want, 0, 8*math.Sqrt(float64(m.N*m.H*m.W))*kerneltest.HalfULP)
	}
}
