package wgsl_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl"
)

func TestSumPartials(t *testing.T) {
	for _, c := range []struct{ count, length int }{{1, 1}, {1, 64}, {5, 7}, {3, 300}, {32, 1022}, {1000, 12}} {
		for _, accumulate := range []bool{false, true} {
			partials, out := normals(1, c.count*c.length), normals(2, c.length)
			want := make([]float64, c.length)
			for i, v := range partials {
				want[i%c.length] += float64(v)
			}
			if accumulate {
				for i, v := range out {
					want[i] += float64(v)
				}
			}
			runKernels(t, tensors{"partials": partials, "out": out}, wgsl.SumPartials(c.count, c.length, accumulate))
			// The running sum is of size √count and is rounded count times at random.
			near(t, fmt.Sprint(c, accumulate), out, want, 0, 8*float64(c.count)*halfULP)
		}
	}
}

func TestChannelSum(t *testing.T) {
	for _, m := range normShapes {
		x, sums := normals(1, m.Len()), make([]float32, m.C)
		want := make([]float64, m.C)
		for i, v := range x {
			want[i/(m.H*m.W)%m.C] += float64(v)
		}
		runKernels(t, tensors{"x": x, "partials": make([]float32, m.Parts()*m.C), "out": sums},
			wgsl.ChannelSum(m), wgsl.SumPartials(m.Parts(), m.C, false))
		near(t, m.String(), sums, want, 0, 8*math.Sqrt(float64(m.N*m.H*m.W))*halfULP)
	}
}
