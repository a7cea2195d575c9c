package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// refNormalize scales rows of four to length 1; its gradient is that of kerneltest.Dot(dy, y).
func refNormalize(x, dy []float64) (y, dx []float64) {
	for n := 0; n < len(x); n += 4 {
		row, g := x[n:n+4], dy[n:n+4]
		length := math.Sqrt(max(kerneltest.Dot(row, row), 1e-12))
		for i := range row {
			y = append(y, row[i]/length)
			dx = append(dx, (g[i]-row[i]*kerneltest.Dot(row, g)/kerneltest.Dot(row, row))/length)
		}
	}
	return y, dx
}

func refQuaternionLoss(p, q []float64) (loss float64, grad []float64) {
	rows := float64(len(p) / 4)
	for n := 0; n < len(p); n += 4 {
		s := kerneltest.Dot(p[n:n+4], q[n:n+4])
		away := 1e-4 + 1 - math.Abs(s)
		loss += math.Log(away) / rows
		for i := range 4 {
			grad = append(grad, -math.Copysign(1, s)*q[n+i]/away/rows)
		}
	}
	return loss, grad
}

func TestNormalize(t *testing.T) {
	for _, n := range []int{1, 4, 100} {
		x, dy, y, dx := kerneltest.Normals(1, 4*n), kerneltest.Normals(2, 4*n), make([]float32, 4*n),
			make([]float32, 4*n)
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y, "dy": dy, "dx": dx}, kernels.Normalize(n, 4),
			kernels.NormalizeGrad(n, 4))
		wantY, wantDX := refNormalize(kerneltest.Wide(x), kerneltest.Wide(dy))
		kerneltest.GradientHolds(t, "reference", kerneltest.Wide(x), wantDX, func(x []float64) float64 {
			y, _ := refNormalize(x, kerneltest.Wide(dy))
			return kerneltest.Dot(y, kerneltest.Wide(dy))
		})
		kerneltest.Near(t, fmt.Sprint(n, " y"), y, wantY, 16*kerneltest.HalfULP, 0)
		// Short rows have large gradients whose parts cancel: relative to the largest.
		size := 0.0
		for _, g := range wantDX {
			size = max(size, math.Abs(g))
		}
		kerneltest.Near(t, fmt.Sprint(n, " dx"), dx, wantDX, 16*kerneltest.HalfULP, 16*size*kerneltest.HalfULP)
	}
	y, dx := make([]float32, 4), make([]float32, 4)
	kerneltest.Run(t, kerneltest.Tensors{"x": make([]float32, 4), "y": y, "dy": []float32{1, 0, 0, 0}, "dx": dx},
		kernels.Normalize(1, 4), kernels.NormalizeGrad(1, 4))
	kerneltest.Near(t, "y of 0", y, make([]float64, 4), 0, 0)
	kerneltest.Near(t, "dx of 0", dx, []float64{1e6, 0, 0, 0}, 16*kerneltest.HalfULP, 0)
}

func TestQuaternionLoss(t *testing.T) {
	for _, n := range []int{1, 4, 32, 100} {
		p, q := kerneltest.Normals(1, 4*n), kerneltest.Normals(2, 4*n)
		for _, v := range [][]float32{p, q} {
			unit, _ := refNormalize(kerneltest.Wide(v), kerneltest.Wide(v))
			for i := range v {
				v[i] = float32(unit[i])
			}
		}
		loss, dp := make([]float32, 1), make([]float32, 4*n)
		kerneltest.Run(t, kerneltest.Tensors{"p": p, "q": q, "loss": loss, "dp": dp}, kernels.QuaternionLoss(n),
			kernels.QuaternionLossGrad(n, 0.125))
		want, grad := refQuaternionLoss(kerneltest.Wide(p), kerneltest.Wide(q))
		kerneltest.GradientHolds(t, "reference", kerneltest.Wide(p), grad, func(p []float64) float64 {
			l, _ := refQuaternionLoss(p, kerneltest.Wide(q))
			return l
		})
		nearest := 1.0
		for i := range grad {
			grad[i] *= 0.125
			if i%4 == 0 {
				nearest = min(nearest, 1e-4+1-math.Abs(kerneltest.Dot(kerneltest.Wide(p[i:i+4]),
					kerneltest.Wide(q[i:i+4]))))
			}
		}
		// 1 − |q · p| keeps the absolute error of 1: relative to the smallest.
		kerneltest.Near(t, fmt.Sprint(n, " loss"), loss, []float64{want}, 8*kerneltest.HalfULP,
			8*kerneltest.HalfULP/nearest+1.0/(1<<21))
		kerneltest.Near(t, fmt.Sprint(n, " dp"), dp, grad, 16*kerneltest.HalfULP/nearest, 1e-9)
	}
	// The specification's check points: ln 1e-4 for equal rotations, whatever the
	// sign, and ln 1.0001 for opposite ones. A driver may add 1 and 1e-4 first,
	// which leaves an error of half an ulp of 1 in 1e-4.
	for _, c := range []struct {
		q    []float32
		want float64
	}{{[]float32{1, 0, 0, 0}, -9.2103404}, {[]float32{-1, 0, 0, 0}, -9.2103404}, {[]float32{0, 1, 0, 0}, 1.0e-4}} {
		loss := make([]float32, 1)
		kerneltest.Run(t, kerneltest.Tensors{"p": []float32{1, 0, 0, 0}, "q": c.q, "loss": loss},
			kernels.QuaternionLoss(1))
		kerneltest.Near(t, fmt.Sprint(c.q), loss, []float64{c.want}, 2*kerneltest.HalfULP/1e-4/9.2, 1.0/(1<<21))
	}
}
