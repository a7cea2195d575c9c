package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// normShapes are awkward: planes that are no multiple of four, one image,
// features of a small and a wide layer, and channels of several parts.
var normShapes = []kernels.Map{
	{N: 3, C: 5, H: 7, W: 7}, {N: 4, C: 6, H: 8, W: 4}, {N: 1, C: 3, H: 2, W: 2}, {N: 1, C: 3, H: 3, W: 1},
	{N: 32, C: 1024, H: 1, W: 1}, {N: 4, C: 10, H: 1, W: 1}, {N: 2, C: 3, H: 64, W: 48}, {N: 5, C: 2, H: 33, W: 31},
}

func TestBatchNorm(t *testing.T) {
	for i, m := range normShapes {
		for _, act := range []kernels.Act{kernels.NoAct, kernels.ReLU, kernels.LeakyReLU(0.2)} {
			b := kernels.BatchNorm{Map: m, Epsilon: 1e-3, Act: act, Residual: act == kernels.NoAct,
				NoBeta: act == kernels.NoAct && i%2 == 1}
			if act == kernels.LeakyReLU(0.2) {
				b.Dropout = kernels.Dropout{Keep: 0.7, Std: 0.25, Stream: 3}
			}
			t.Run(fmt.Sprintf("%v %v%v", m, act, b.Dropout), func(t *testing.T) { testBatchNorm(t, b) })
		}
	}
}

func testBatchNorm(t *testing.T, b kernels.BatchNorm) {
	x, dy, residual := kerneltest.Normals(1, b.Len()), kerneltest.Normals(2, b.Len()), kerneltest.Normals(3, b.Len())
	beta := kerneltest.Normals(5, b.C)
	if b.NoBeta {
		clear(beta)
	}
	r := kerneltest.Norm{BatchNorm: b}
	k := key{seedLo: 5, step: 9, stream: b.Dropout.Stream}
	noise := make([]float64, b.Len())
	if b.Dropout != (kernels.Dropout{}) {
		r.Mask = make([]float64, b.Len())
		for i := range r.Mask {
			if uniform01(k.draw(2 * uint32(i/4))[i%4]) < float64(float32(b.Dropout.Keep)) {
				r.Mask[i] = 1 / b.Dropout.Keep
			}
			noise[i] = b.Dropout.Std * normal4(k.draw(2*uint32(i/4) + 1))[i%4]
		}
	}
	for i := range x {
		x[i] += 4 * float32(r.Channel(i)%3)
	}
	y, dx := make([]float32, b.Len()), make([]float32, b.Len())
	mean, invStd := make([]float32, b.C), make([]float32, b.C)
	runningMean, runningVar := kerneltest.Normals(6, b.C), kerneltest.Normals(7, b.C)
	forward := kerneltest.Tensors{"x": x, "mean": mean, "inv_std": invStd, "beta": beta, "y": y,
		"partials": make([]float32, 2*b.Parts()*b.C), "running_mean": runningMean, "running_var": runningVar}
	if b.NoBeta {
		delete(forward, "beta")
	}
	if b.Residual {
		forward["residual"] = residual
	}
	if r.Mask != nil {
		forward["step"] = k.uniform()
	}
	r.Fit(kerneltest.Wide(x))
	wantMean, wantVar := kerneltest.Wide(runningMean), kerneltest.Wide(runningVar)
	for c := range b.C {
		wantMean[c] = 0.9*wantMean[c] + 0.1*r.Mean[c]
		wantVar[c] = 0.9*wantVar[c] + 0.1*r.Variance[c]
	}
	kerneltest.Run(t, forward, kernels.BatchNormStats(b), kernels.BatchNormFinalize(b, true, 0.9),
		kernels.BatchNormApply(b))
	// The numbers reach about 12, the means 8: some ulps of those.
	kerneltest.Near(t, "mean", mean, r.Mean, 0, 32*kerneltest.HalfULP)
	kerneltest.Near(t, "inv_std", invStd, r.Scale, 16*kerneltest.HalfULP, 0)
	kerneltest.Near(t, "running_mean", runningMean, wantMean, 0, 32*kerneltest.HalfULP)
	kerneltest.Near(t, "running_var", runningVar, wantVar, 16*kerneltest.HalfULP, 4*kerneltest.HalfULP)
	// A rounded mean of 8 shifts a whole channel by as much as an ulp of 8 over
	// the deviation, which few samples can make as small as the square root of ε.
	scale := 1.0
	for _, s := range r.Scale {
		scale = max(scale, s)
	}
	want := r.Forward(kerneltest.Wide(x), kerneltest.Wide(beta), kerneltest.Wide(residual))
	for i := range want {
		want[i] += noise[i]
	}
	// The noise is as exact as that of TestDropoutNoise.
	kerneltest.Near(t, "y", y, want, 0, 64*scale*kerneltest.HalfULP+b.Dropout.Std*(1.0/(1<<9)+4.0/(1<<11)))

	backward := kerneltest.Tensors{"dy": dy, "x": x, "mean": mean, "inv_std": invStd, "dx": dx,
		"partials": make([]float32, 2*b.Parts()*b.C), "sums": make([]float32, 2*b.C)}
	dbeta := kerneltest.Normals(8, b.C)
	backward["dbeta"] = dbeta
	if b.Act != kernels.NoAct {
		backward["beta"] = beta
	}
	if r.Mask != nil {
		backward["step"] = k.uniform()
	}
	undropped := kerneltest.Norm{BatchNorm: b, Mean: r.Mean, Scale: r.Scale}
	wantDX, wantBeta := r.Backward(kerneltest.Wide(dy), kerneltest.Wide(x),
		undropped.Forward(kerneltest.Wide(x), kerneltest.Wide(beta), kerneltest.Wide(residual)))
	for c := range b.C {
		wantBeta[c] += float64(dbeta[c])
	}
	kerneltest.Run(t, backward, kernels.BatchNormGradReduce(b), kernels.BatchNormGradFinalize(b, true),
		kernels.BatchNormGradApply(b))
	// Sums of M terms of size 1: the errors of the terms add up as a random walk.
	walk := math.Sqrt(float64(b.N*b.H*b.W)) * kerneltest.HalfULP
	kerneltest.Near(t, "dbeta", dbeta, wantBeta, 4*kerneltest.HalfULP, 8*walk)
	kerneltest.Near(t, "dx", dx, wantDX, 0, 64*scale*scale*kerneltest.HalfULP)
}

// TestBatchNormReference checks the reference's gradients, through the
// statistics, by finite differences.
func TestBatchNormReference(t *testing.T) {
	for _, act := range []kernels.Act{kernels.NoAct, kernels.LeakyReLU(0.2)} {
		r := kerneltest.Norm{BatchNorm: kernels.BatchNorm{Map: kernels.Map{N: 3, C: 2, H: 2, W: 1}, Epsilon: 1e-3,
			Act: act}}
		x, dy, beta := kerneltest.Wide(kerneltest.Normals(1, r.Len())), kerneltest.Wide(kerneltest.Normals(2, r.Len())),
			kerneltest.Wide(kerneltest.Normals(4, r.C))
		r.Fit(x)
		y := r.Forward(x, beta, nil) // before dropout
		if act != kernels.NoAct {
			r.Mask = []float64{1.5, 0, 1.5, 1.5, 0, 0, 1.5, 1.5, 1.5, 1.5, 0, 1.5}
		}
		dx, dbeta := r.Backward(dy, x, y)
		value := func([]float64) float64 {
			r.Fit(x)
			return kerneltest.Dot(dy, r.Forward(x, beta, nil))
		}
		kerneltest.GradientHolds(t, "x", x, dx, value)
		kerneltest.GradientHolds(t, "beta", beta, dbeta, value)
	}
}

func TestBatchNormInference(t *testing.T) {
	for _, m := range normShapes {
		b := kernels.BatchNorm{Map: m, Epsilon: 1e-3, Act: kernels.ReLU}
		x, mean, variance, beta, y := kerneltest.Normals(1, m.Len()), kerneltest.Normals(2, m.C),
			kerneltest.Normals(3, m.C), kerneltest.Normals(4, m.C), make([]float32, m.Len())
		r := kerneltest.Norm{BatchNorm: b, Mean: kerneltest.Wide(mean), Scale: make([]float64, m.C)}
		scale := 1.0
		for c := range variance {
			variance[c] *= variance[c]
			r.Scale[c] = 1 / math.Sqrt(float64(variance[c])+1e-3)
			scale = max(scale, r.Scale[c])
		}
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "mean": mean, "variance": variance, "beta": beta, "y": y},
			kernels.BatchNormInference(b))
		// x̂ = (x − mean) · scale passes through five roundings of numbers up to 8 · scale.
		kerneltest.Near(t, "y", y, r.Forward(kerneltest.Wide(x), kerneltest.Wide(beta), nil), 0,
			5*8*scale*kerneltest.HalfULP)
	}
}

// TestBatchNormOffset: numbers of 10,000 ± 1, where Σx² − (Σx)²/n has lost all.
func TestBatchNormOffset(t *testing.T) {
	for _, m := range []kernels.Map{{N: 4, C: 2, H: 32, W: 32}, {N: 4, C: 2, H: 31, W: 31}, {N: 64, C: 3, H: 1, W: 1}} {
		b := kernels.BatchNorm{Map: m, Epsilon: 1e-3}
		x := kerneltest.Normals(1, m.Len())
		for i := range x {
			x[i] += 10000
		}
		mean, invStd := make([]float32, m.C), make([]float32, m.C)
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "mean": mean, "inv_std": invStd,
			"partials": make([]float32, 2*m.Parts()*m.C)},
			kernels.BatchNormStats(b), kernels.BatchNormFinalize(b, false, 0.9))
		r := kerneltest.Norm{BatchNorm: b}
		r.Fit(kerneltest.Wide(x))
		kerneltest.Near(t, "mean", mean, r.Mean, 4*kerneltest.HalfULP, 0)
		// A mean that is off by an ulp of 10,000, 0.001, changes the variance by
		// its square; joining parts whose means are off by as much, by 0.001 of
		// their difference (about 1/16).
		kerneltest.Near(t, "inv_std", invStd, r.Scale, 1e-4, 0)
	}
}
