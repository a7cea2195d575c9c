package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// refPairwiseMSE is the formula as the original states it.
func refPairwiseMSE(m kernels.Map, masked bool, scale float64, a, b []float64) (loss float64, grad []float64) {
	k, plane := m.C*m.H*m.W, m.H*m.W
	grad = make([]float64, len(a))
	for n := range m.N {
		d := make([]float64, k)
		seen := func(i int) bool { return !masked || b[n*k+3*plane+i%plane] < 0.99 }
		var sum, squares float64
		for i := range d {
			if seen(i) {
				d[i] = a[n*k+i] - b[n*k+i]
			}
			sum += d[i]
			squares += d[i] * d[i]
		}
		loss += scale * (squares/float64(k) - sum*sum/float64(k*k))
		for i := range d {
			if seen(i) {
				grad[n*k+i] = scale * (2*d[i]/float64(k) - 2*sum/float64(k*k))
			}
		}
	}
	return loss, grad
}

func TestPairwiseMSE(t *testing.T) {
	for _, m := range []kernels.Map{{N: 3, C: 3, H: 7, W: 7}, {N: 2, C: 4, H: 8, W: 4}, {N: 1, C: 4, H: 3, W: 3},
		{N: 4, C: 1, H: 28, W: 28}, {N: 5, C: 4, H: 1, W: 1}} {
		for _, masked := range []bool{false, true} {
			if masked && m.C != 4 {
				continue
			}
			a, b := kerneltest.Normals(1, m.Len()), kerneltest.Normals(2, m.Len())
			if masked {
				for i := range b { // a depth near the threshold or far from it
					if i/(m.H*m.W)%m.C == 3 {
						b[i] = []float32{-1, 0.98, 1}[i%3]
					}
				}
			}
			loss, mean, da := make([]float32, 1), make([]float32, m.N), make([]float32, m.Len())
			kerneltest.Run(t, kerneltest.Tensors{"a": a, "b": b, "mean": mean, "partials": make([]float32, m.N),
				"out": loss, "da": da},
				kernels.PairwiseMSE(m, masked, 2), kernels.SumPartials(m.N, 1, false),
				kernels.PairwiseMSEGrad(m, masked, 2, 22.9))
			want, grad := refPairwiseMSE(m, masked, 2, kerneltest.Wide(a), kerneltest.Wide(b))
			if !masked || m.N < 4 { // a masked image's depth must not be moved
				kerneltest.GradientHolds(t, "reference", kerneltest.Wide(a), grad, func(a []float64) float64 {
					l, _ := refPairwiseMSE(m, masked, 2, a, kerneltest.Wide(b))
					return l
				})
			}
			for i := range grad {
				grad[i] *= 22.9
			}
			k := float64(m.C * m.H * m.W)
			what := fmt.Sprintf("%v masked %v", m, masked)
			// Each lane sums up to k/64 positive terms, a tree the rest.
			kerneltest.Near(t, what+": loss", loss, []float64{want}, 16*math.Sqrt(k)*kerneltest.HalfULP, 1e-30)
			kerneltest.Near(t, what+": da", da, grad, 8*kerneltest.HalfULP, 22.9*4/k*16*kerneltest.HalfULP)
		}
	}
}

// TestPairwiseMSEExample is the specification's check point: d = (1, 2, 3, 0) is
// 2.5 as coded, 1.25 by the paper's equation.
func TestPairwiseMSEExample(t *testing.T) {
	m := kernels.Map{N: 1, C: 1, H: 2, W: 2}
	for scale, want := range map[float64]float64{2: 2.5, 1: 1.25} {
		loss := make([]float32, 1)
		kerneltest.Run(t, kerneltest.Tensors{"a": []float32{2, 3, 4, 1}, "b": []float32{1, 1, 1, 1},
			"mean": make([]float32, 1), "partials": make([]float32, 1), "out": loss},
			kernels.PairwiseMSE(m, false, scale), kernels.SumPartials(1, 1, false))
		kerneltest.Near(t, fmt.Sprint("scale ", scale), loss, []float64{want}, 4*kerneltest.HalfULP, 0)
	}
}

func refMeanError(e kernels.MeanError, a, b []float64) (loss float64, grad []float64) {
	n := float64(len(a))
	margin := float64(float32(e.Margin))
	for i := range a {
		d := a[i] - b[i]
		f, slope := d*d, 2*d
		if e.Absolute {
			f, slope = math.Abs(d), math.Copysign(1, d)
		}
		if f <= margin {
			f, slope = margin, 0
		}
		loss += (f - margin) / n
		grad = append(grad, slope/n)
	}
	return loss, grad
}

func TestMeanError(t *testing.T) {
	for _, e := range []kernels.MeanError{{}, {Margin: 0.4}, {Absolute: true, Margin: 0.4}} {
		for _, n := range []int{1, 6, 64, 2 * 3 * 49, 9001} {
			a, b := kerneltest.Normals(1, n), kerneltest.Normals(2, n)
			loss, da := make([]float32, 1), make([]float32, n)
			kerneltest.Run(t, kerneltest.Tensors{"a": a, "b": b, "partials": make([]float32, e.Parts(n)), "out": loss,
				"da": da},
				e.Loss(n), kernels.SumPartials(e.Parts(n), 1, false), e.Grad(n, 0.5))
			want, grad := refMeanError(e, kerneltest.Wide(a), kerneltest.Wide(b))
			if n < 1000 {
				kerneltest.GradientHolds(t, "reference", kerneltest.Wide(a), grad, func(a []float64) float64 {
					l, _ := refMeanError(e, a, kerneltest.Wide(b))
					return l
				})
			}
			for i := range grad {
				grad[i] *= 0.5
			}
			what := fmt.Sprintf("%+v, n %d", e, n)
			// Positive terms of size 1; those near the margin keep an absolute error.
			kerneltest.Near(t, what+": loss", loss, []float64{want}, 16*kerneltest.HalfULP, 16*kerneltest.HalfULP)
			kerneltest.Near(t, what+": da", da, grad, 4*kerneltest.HalfULP, 8*kerneltest.HalfULP/float64(n))
		}
	}
}
