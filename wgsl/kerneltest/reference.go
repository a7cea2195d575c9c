package kerneltest

import (
	"math"
	"math/rand/v2"

	"pixelda-wgpu/wgsl/kernels"
)

// Acts are the activations with their definitions.
var Acts = map[kernels.Act]func(x float64) float64{
	kernels.NoAct:          func(x float64) float64 { return x },
	kernels.ReLU:           func(x float64) float64 { return max(x, 0) },
	kernels.LeakyReLU(0.2): func(x float64) float64 { return max(x, float64(float32(0.2))*x) },
	kernels.Tanh:           math.Tanh,
	kernels.Sigmoid:        func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
}

// Norm is the float64 batch normalisation: x̂ = (x − mean) / √(var + ε),
// y = act(x̂ + beta + residual), times mask, which is nil for ones.
type Norm struct {
	kernels.BatchNorm
	Mean, Variance, Scale []float64 // [C]; Scale is 1 / √(variance + ε)
	Mask                  []float64 // nil for ones
}

// Kept is what dropout multiplies element i by.
func (r *Norm) Kept(i int) float64 {
	if r.Mask == nil {
		return 1
	}
	return r.Mask[i]
}

// Channel is that of element i of an [N, C, H, W] tensor.
func (r *Norm) Channel(i int) int { return i / (r.H * r.W) % r.C }

// Fit takes the moments of x, as training does.
func (r *Norm) Fit(x []float64) {
	m := float64(r.N * r.H * r.W)
	r.Mean, r.Variance, r.Scale = make([]float64, r.C), make([]float64, r.C), make([]float64, r.C)
	for i, v := range x {
		r.Mean[r.Channel(i)] += v / m
	}
	for i, v := range x {
		d := v - r.Mean[r.Channel(i)]
		r.Variance[r.Channel(i)] += d * d / m
	}
	for c := range r.Scale {
		r.Scale[c] = 1 / math.Sqrt(r.Variance[c]+r.Epsilon)
	}
}

// Forward is y of x, with the moments at hand.
func (r *Norm) Forward(x, beta, residual []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		c := r.Channel(i)
		y[i] = (v-r.Mean[c])*r.Scale[c] + beta[c]
		if r.Residual {
			y[i] += residual[i]
		}
		y[i] = Acts[r.Act](y[i]) * r.Kept(i)
	}
	return y
}

// Backward is the gradients of x and of beta for those of y, whose moments are x's.
func (r *Norm) Backward(dy, x, y []float64) (dx, dbeta []float64) {
	m := float64(r.N * r.H * r.W)
	dx, dbeta = make([]float64, len(x)), make([]float64, r.C)
	projected := make([]float64, r.C) // Σ g · x̂
	for i := range x {
		c, g := r.Channel(i), dy[i]*r.Kept(i)*ActGrad(r.Act, y[i])
		dbeta[c] += g
		projected[c] += g * (x[i] - r.Mean[c]) * r.Scale[c]
	}
	for i := range x {
		c, g := r.Channel(i), dy[i]*r.Kept(i)*ActGrad(r.Act, y[i])
		dx[i] = r.Scale[c] * (g - dbeta[c]/m - (x[i]-r.Mean[c])*r.Scale[c]*projected[c]/m)
	}
	return dx, dbeta
}

// Normals draws n normal numbers.
func Normals(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 7))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// Step is the Step buffer with a learning rate.
func Step(rate float64) []uint32 {
	return []uint32{0, 0, 0, 0, math.Float32bits(float32(rate)), 0, 0, 0}
}

// ActGrad is act'(x) from y = act(x).
func ActGrad(a kernels.Act, y float64) float64 {
	switch {
	case a == kernels.Tanh:
		return 1 - y*y
	case a == kernels.Sigmoid:
		return y * (1 - y)
	case a == kernels.NoAct || y > 0:
		return 1
	case a == kernels.ReLU:
		return 0
	}
	return float64(float32(0.2))
}
