package wgsl_test

import (
	"math"
	"testing"

	"pixelda-wgpu/wgsl"
)

// acts are the activations with their definitions.
var acts = map[wgsl.Act]func(x float64) float64{
	wgsl.NoAct:          func(x float64) float64 { return x },
	wgsl.ReLU:           func(x float64) float64 { return max(x, 0) },
	wgsl.LeakyReLU(0.2): func(x float64) float64 { return max(x, float64(float32(0.2))*x) },
	wgsl.Tanh:           math.Tanh,
	wgsl.Sigmoid:        func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
}

// refActGrad is act'(x) from y = act(x).
func refActGrad(a wgsl.Act, y float64) float64 {
	switch {
	case a == wgsl.Tanh:
		return 1 - y*y
	case a == wgsl.Sigmoid:
		return y * (1 - y)
	case a == wgsl.NoAct || y > 0:
		return 1
	case a == wgsl.ReLU:
		return 0
	}
	return float64(float32(0.2))
}

func TestActivation(t *testing.T) {
	for act, f := range acts {
		t.Run(act.String(), func(t *testing.T) {
			for _, n := range []int{1, 3, 64, 1030} {
				x, dy := normals(1, n), normals(2, n)
				x[0] = 100 // where a careless exponential overflows
				y, dx := make([]float32, n), make([]float32, n)
				runKernels(t, tensors{"x": x, "y": y, "dy": dy, "dx": dx}, wgsl.Activation(n, act), wgsl.ActivationGrad(n, act, wgsl.Dropout{}))
				wantY, wantDX, slope := make([]float64, n), make([]float64, n), make([]float64, n)
				for i := range x {
					wantY[i] = f(float64(x[i]))
					wantDX[i] = float64(dy[i]) * refActGrad(act, float64(y[i]))
					slope[i] = refActGrad(act, wantY[i])
				}
				// Drivers build tanh and sigmoid from exponentials: some ulps of 1.
				near(t, "y", y, wantY, 2*halfULP, 16*halfULP)
				near(t, "dx", dx, wantDX, 4*halfULP, 4*halfULP)
				gradientHolds(t, "reference", wide(x), slope, func(x []float64) float64 {
					var s float64
					for _, v := range x {
						s += f(v)
					}
					return s
				})
			}
		})
	}
}

// TestActivationGradSum: the gradient of TestActivation behind a dropout, its sums
// those of its own numbers.
func TestActivationGradSum(t *testing.T) {
	for _, m := range []wgsl.Map{{N: 3, C: 5, H: 4, W: 7}, {N: 2, C: 3, H: 64, W: 48}, {N: 1, C: 2, H: 2, W: 2}} {
		for _, behind := range []wgsl.Dropout{{}, {Keep: 0.6, Std: 0.3, Stream: 5}} {
			act := wgsl.LeakyReLU(0.2)
			k := key{seedLo: 3, stream: behind.Stream}
			y, dy, dx, sums := normals(1, m.Len()), normals(2, m.Len()), make([]float32, m.Len()), make([]float32, m.C)
			data := tensors{"y": y, "dy": dy, "dx": dx, "partials": make([]float32, m.Parts()*m.C), "out": sums}
			if behind != (wgsl.Dropout{}) {
				data["step"] = k.uniform()
			}
			runKernels(t, data, wgsl.ActivationGradSum(m, act, behind), wgsl.SumPartials(m.Parts(), m.C, false))
			wantDX, wantSums := make([]float64, m.Len()), make([]float64, m.C)
			for i := range wantDX {
				wantDX[i] = float64(dy[i]) * refActGrad(act, float64(y[i]))
				if behind != (wgsl.Dropout{}) {
					if uniform01(k.draw(2 * uint32(i/4))[i%4]) < float64(float32(behind.Keep)) {
						wantDX[i] /= behind.Keep
					} else {
						wantDX[i] = 0
					}
				}
				wantSums[i/(m.H*m.W)%m.C] += wantDX[i]
			}
			near(t, m.String()+behind.String()+": dx", dx, wantDX, 4*halfULP, 0)
			near(t, m.String()+behind.String()+": sums", sums, wantSums, 0, 16*math.Sqrt(float64(m.N*m.H*m.W))*halfULP)
		}
	}
}
