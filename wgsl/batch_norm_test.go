package wgsl_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl"
)

// refNorm is the float64 batch normalisation: x̂ = (x − mean) / √(var + ε),
// y = act(x̂ + beta + residual), times mask, which is nil for ones.
type refNorm struct {
	wgsl.BatchNorm
	mean, variance, scale []float64 // [C]; scale is 1 / √(variance + ε)
	mask                  []float64
}

func (r *refNorm) kept(i int) float64 {
	if r.mask == nil {
		return 1
	}
	return r.mask[i]
}

func (r *refNorm) channel(i int) int { return i / (r.H * r.W) % r.C }

func (r *refNorm) fit(x []float64) {
	m := float64(r.N * r.H * r.W)
	r.mean, r.variance, r.scale = make([]float64, r.C), make([]float64, r.C), make([]float64, r.C)
	for i, v := range x {
		r.mean[r.channel(i)] += v / m
	}
	for i, v := range x {
		d := v - r.mean[r.channel(i)]
		r.variance[r.channel(i)] += d * d / m
	}
	for c := range r.scale {
		r.scale[c] = 1 / math.Sqrt(r.variance[c]+r.Epsilon)
	}
}

func (r *refNorm) forward(x, beta, residual []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		c := r.channel(i)
		y[i] = (v-r.mean[c])*r.scale[c] + beta[c]
		if r.Residual {
			y[i] += residual[i]
		}
		y[i] = acts[r.Act](y[i]) * r.kept(i)
	}
	return y
}

func (r *refNorm) backward(dy, x, y []float64) (dx, dbeta []float64) {
	m := float64(r.N * r.H * r.W)
	dx, dbeta = make([]float64, len(x)), make([]float64, r.C)
	projected := make([]float64, r.C) // Σ g · x̂
	for i := range x {
		c, g := r.channel(i), dy[i]*r.kept(i)*refActGrad(r.Act, y[i])
		dbeta[c] += g
		projected[c] += g * (x[i] - r.mean[c]) * r.scale[c]
	}
	for i := range x {
		c, g := r.channel(i), dy[i]*r.kept(i)*refActGrad(r.Act, y[i])
		dx[i] = r.scale[c] * (g - dbeta[c]/m - (x[i]-r.mean[c])*r.scale[c]*projected[c]/m)
	}
	return dx, dbeta
}

// normShapes are awkward: planes that are no multiple of four, one image,
// features of a small and a wide layer, and channels of several parts.
var normShapes = []wgsl.Map{
	{N: 3, C: 5, H: 7, W: 7}, {N: 4, C: 6, H: 8, W: 4}, {N: 1, C: 3, H: 2, W: 2}, {N: 1, C: 3, H: 3, W: 1},
	{N: 32, C: 1024, H: 1, W: 1}, {N: 4, C: 10, H: 1, W: 1}, {N: 2, C: 3, H: 64, W: 48}, {N: 5, C: 2, H: 33, W: 31},
}

func TestBatchNorm(t *testing.T) {
	for i, m := range normShapes {
		for _, act := range []wgsl.Act{wgsl.NoAct, wgsl.ReLU, wgsl.LeakyReLU(0.2)} {
			b := wgsl.BatchNorm{Map: m, Epsilon: 1e-3, Act: act, Residual: act == wgsl.NoAct, NoBeta: act == wgsl.NoAct && i%2 == 1}
			if act == wgsl.LeakyReLU(0.2) {
				b.Dropout = wgsl.Dropout{Keep: 0.7, Std: 0.25, Stream: 3}
			}
			t.Run(fmt.Sprintf("%v %v%v", m, act, b.Dropout), func(t *testing.T) { testBatchNorm(t, b) })
		}
	}
}

func testBatchNorm(t *testing.T, b wgsl.BatchNorm) {
	x, dy, residual := normals(1, b.Len()), normals(2, b.Len()), normals(3, b.Len())
	beta := normals(5, b.C)
	if b.NoBeta {
		clear(beta)
	}
	r := refNorm{BatchNorm: b}
	k := key{seedLo: 5, step: 9, stream: b.Dropout.Stream}
	noise := make([]float64, b.Len())
	if b.Dropout != (wgsl.Dropout{}) {
		r.mask = make([]float64, b.Len())
		for i := range r.mask {
			if uniform01(k.draw(2 * uint32(i/4))[i%4]) < float64(float32(b.Dropout.Keep)) {
				r.mask[i] = 1 / b.Dropout.Keep
			}
			noise[i] = b.Dropout.Std * normal4(k.draw(2*uint32(i/4) + 1))[i%4]
		}
	}
	for i := range x {
		x[i] += 4 * float32(r.channel(i)%3)
	}
	y, dx := make([]float32, b.Len()), make([]float32, b.Len())
	mean, invStd := make([]float32, b.C), make([]float32, b.C)
	runningMean, runningVar := normals(6, b.C), normals(7, b.C)
	forward := tensors{"x": x, "mean": mean, "inv_std": invStd, "beta": beta, "y": y,
		"partials": make([]float32, 2*b.Parts()*b.C), "running_mean": runningMean, "running_var": runningVar}
	if b.NoBeta {
		delete(forward, "beta")
	}
	if b.Residual {
		forward["residual"] = residual
	}
	if r.mask != nil {
		forward["step"] = k.uniform()
	}
	r.fit(wide(x))
	wantMean, wantVar := wide(runningMean), wide(runningVar)
	for c := range b.C {
		wantMean[c] = 0.9*wantMean[c] + 0.1*r.mean[c]
		wantVar[c] = 0.9*wantVar[c] + 0.1*r.variance[c]
	}
	runKernels(t, forward, wgsl.BatchNormStats(b), wgsl.BatchNormFinalize(b, true, 0.9), wgsl.BatchNormApply(b))
	// The numbers reach about 12, the means 8: some ulps of those.
	near(t, "mean", mean, r.mean, 0, 32*halfULP)
	near(t, "inv_std", invStd, r.scale, 16*halfULP, 0)
	near(t, "running_mean", runningMean, wantMean, 0, 32*halfULP)
	near(t, "running_var", runningVar, wantVar, 16*halfULP, 4*halfULP)
	// A rounded mean of 8 shifts a whole channel by as much as an ulp of 8 over
	// the deviation, which few samples can make as small as the square root of ε.
	scale := 1.0
	for _, s := range r.scale {
		scale = max(scale, s)
	}
	want := r.forward(wide(x), wide(beta), wide(residual))
	for i := range want {
		want[i] += noise[i]
	}
	// The noise is as exact as that of TestDropoutNoise.
	near(t, "y", y, want, 0, 64*scale*halfULP+b.Dropout.Std*(1.0/(1<<9)+4.0/(1<<11)))

	backward := tensors{"dy": dy, "x": x, "mean": mean, "inv_std": invStd, "dx": dx,
		"partials": make([]float32, 2*b.Parts()*b.C), "sums": make([]float32, 2*b.C)}
	dbeta := normals(8, b.C)
	backward["dbeta"] = dbeta
	if b.Act != wgsl.NoAct {
		backward["beta"] = beta
	}
	if r.mask != nil {
		backward["step"] = k.uniform()
	}
	undropped := refNorm{BatchNorm: b, mean: r.mean, scale: r.scale}
	wantDX, wantBeta := r.backward(wide(dy), wide(x), undropped.forward(wide(x), wide(beta), wide(residual)))
	for c := range b.C {
		wantBeta[c] += float64(dbeta[c])
	}
	runKernels(t, backward, wgsl.BatchNormGradReduce(b), wgsl.BatchNormGradFinalize(b, true), wgsl.BatchNormGradApply(b))
	// Sums of M terms of size 1: the errors of the terms add up as a random walk.
	walk := math.Sqrt(float64(b.N*b.H*b.W)) * halfULP
	near(t, "dbeta", dbeta, wantBeta, 4*halfULP, 8*walk)
	near(t, "dx", dx, wantDX, 0, 64*scale*scale*halfULP)
}

// TestBatchNormReference checks the reference's gradients, through the
// statistics, by finite differences.
func TestBatchNormReference(t *testing.T) {
	for _, act := range []wgsl.Act{wgsl.NoAct, wgsl.LeakyReLU(0.2)} {
		r := refNorm{BatchNorm: wgsl.BatchNorm{Map: wgsl.Map{N: 3, C: 2, H: 2, W: 1}, Epsilon: 1e-3, Act: act}}
		x, dy, beta := wide(normals(1, r.Len())), wide(normals(2, r.Len())), wide(normals(4, r.C))
		r.fit(x)
		y := r.forward(x, beta, nil) // before dropout
		if act != wgsl.NoAct {
			r.mask = []float64{1.5, 0, 1.5, 1.5, 0, 0, 1.5, 1.5, 1.5, 1.5, 0, 1.5}
		}
		dx, dbeta := r.backward(dy, x, y)
		value := func([]float64) float64 {
			r.fit(x)
			return dot(dy, r.forward(x, beta, nil))
		}
		gradientHolds(t, "x", x, dx, value)
		gradientHolds(t, "beta", beta, dbeta, value)
	}
}

func TestBatchNormInference(t *testing.T) {
	for _, m := range normShapes {
		b := wgsl.BatchNorm{Map: m, Epsilon: 1e-3, Act: wgsl.ReLU}
		x, mean, variance, beta, y := normals(1, m.Len()), normals(2, m.C), normals(3, m.C), normals(4, m.C), make([]float32, m.Len())
		r := refNorm{BatchNorm: b, mean: wide(mean), scale: make([]float64, m.C)}
		scale := 1.0
		for c := range variance {
			variance[c] *= variance[c]
			r.scale[c] = 1 / math.Sqrt(float64(variance[c])+1e-3)
			scale = max(scale, r.scale[c])
		}
		runKernels(t, tensors{"x": x, "mean": mean, "variance": variance, "beta": beta, "y": y}, wgsl.BatchNormInference(b))
		// x̂ = (x − mean) · scale passes through five roundings of numbers up to 8 · scale.
		near(t, "y", y, r.forward(wide(x), wide(beta), nil), 0, 5*8*scale*halfULP)
	}
}

// TestBatchNormOffset: numbers of 10,000 ± 1, where Σx² − (Σx)²/n has lost all.
func TestBatchNormOffset(t *testing.T) {
	for _, m := range []wgsl.Map{{N: 4, C: 2, H: 32, W: 32}, {N: 4, C: 2, H: 31, W: 31}, {N: 64, C: 3, H: 1, W: 1}} {
		b := wgsl.BatchNorm{Map: m, Epsilon: 1e-3}
		x := normals(1, m.Len())
		for i := range x {
			x[i] += 10000
		}
		mean, invStd := make([]float32, m.C), make([]float32, m.C)
		runKernels(t, tensors{"x": x, "mean": mean, "inv_std": invStd, "partials": make([]float32, 2*m.Parts()*m.C)},
			wgsl.BatchNormStats(b), wgsl.BatchNormFinalize(b, false, 0.9))
		r := refNorm{BatchNorm: b}
		r.fit(wide(x))
		near(t, "mean", mean, r.mean, 4*halfULP, 0)
		// A mean that is off by an ulp of 10,000, 0.001, changes the variance by
		// its square; joining parts whose means are off by as much, by 0.001 of
		// their difference (about 1/16).
		near(t, "inv_std", invStd, r.scale, 1e-4, 0)
	}
}
