package kernels_test

import (
	"math"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

func TestActivation(t *testing.T) {
	for act, f := range kerneltest.Acts {
		t.Run(act.String(), func(t *testing.T) {
			for _, n := range []int{1, 3, 64, 1030} {
				x, dy := kerneltest.Normals(1, n), kerneltest.Normals(2, n)
				x[0] = 100 // where a careless exponential overflows
				y, dx := make([]float32, n), make([]float32, n)
				kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y, "dy": dy, "dx": dx}, kernels.Activation(n, act),
					kernels.ActivationGrad(n, act, kernels.Dropout{}))
				wantY, wantDX, slope := make([]float64, n), make([]float64, n), make([]float64, n)
				for i := range x {
					wantY[i] = f(float64(x[i]))
					wantDX[i] = float64(dy[i]) * kerneltest.ActGrad(act, float64(y[i]))
					slope[i] = kerneltest.ActGrad(act, wantY[i])
				}
				// Drivers build tanh and sigmoid from exponentials: some ulps of 1.
				kerneltest.Near(t, "y", y, wantY, 2*kerneltest.HalfULP, 16*kerneltest.HalfULP)
				kerneltest.Near(t, "dx", dx, wantDX, 4*kerneltest.HalfULP, 4*kerneltest.HalfULP)
				kerneltest.GradientHolds(t, "reference", kerneltest.Wide(x), slope, func(x []float64) float64 {
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
	for _, m := range []kernels.Map{{N: 3, C: 5, H: 4, W: 7}, {N: 2, C: 3, H: 64, W: 48}, {N: 1, C: 2, H: 2, W: 2}} {
		for _, behind := range []kernels.Dropout{{}, {Keep: 0.6, Std: 0.3, Stream: 5}} {
			act := kernels.LeakyReLU(0.2)
			k := key{seedLo: 3, stream: behind.Stream}
			y, dy, dx, sums := kerneltest.Normals(1, m.Len()), kerneltest.Normals(2, m.Len()), make([]float32, m.Len()),
				make([]float32, m.C)
			data := kerneltest.Tensors{"y": y, "dy": dy, "dx": dx, "partials": make([]float32, m.Parts()*m.C),
				"out": sums}
			if behind != (kernels.Dropout{}) {
				data["step"] = k.uniform()
			}
			kerneltest.Run(t, data, kernels.ActivationGradSum(m, act, behind),
				kernels.SumPartials(m.Parts(), m.C, false))
			wantDX, wantSums := make([]float64, m.Len()), make([]float64, m.C)
			for i := range wantDX {
				wantDX[i] = float64(dy[i]) * kerneltest.ActGrad(act, float64(y[i]))
				if behind != (kernels.Dropout{}) {
					if uniform01(k.draw(2 * uint32(i/4))[i%4]) < float64(float32(behind.Keep)) {
						wantDX[i] /= behind.Keep
					} else {
						wantDX[i] = 0
					}
				}
				wantSums[i/(m.H*m.W)%m.C] += wantDX[i]
			}
			kerneltest.Near(t, m.String()+behind.String()+": dx", dx, wantDX, 4*kerneltest.HalfULP, 0)
			kerneltest.Near(t, m.String()+behind.String()+": sums", sums, wantSums, 0,
				16*math.Sqrt(float64(m.N*m.H*m.W))*kerneltest.HalfULP)
		}
	}
}
