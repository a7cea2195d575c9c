package kernels_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// The operations of the baselines, each against its definition in float64.

func TestScaleStep(t *testing.T) {
	for _, n := range []int{1, 6, 1030} {
		x, y := kerneltest.Normals(1, n), make([]float32, n)
		step := kerneltest.Step(0)
		step[5] = math.Float32bits(0.375)
		kerneltest.Run(t, kerneltest.Tensors{"step": step, "x": x, "y": y}, kernels.ScaleStep(n, -2))
		want := kerneltest.Wide(x)
		for i := range want {
			want[i] *= -0.75
		}
		kerneltest.Near(t, fmt.Sprint(n), y, want, 2*kerneltest.HalfULP, 0)
	}
}

func refPReLU(x []float64, slope float64) (y []float64) {
	for _, v := range x {
		y = append(y, max(v, 0)+slope*min(v, 0))
	}
	return y
}

func TestPReLU(t *testing.T) {
	for _, n := range []int{1, 3, 64, 1030, 300_001} {
		x, dy, slope := kerneltest.Normals(1, n), kerneltest.Normals(2, n), []float32{0.25}
		y, dx, dslope := make([]float32, n), make([]float32, n), make([]float32, 1)
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "slope": slope, "y": y, "dy": dy, "dx": dx,
			"partials": make([]float32, kernels.PReLUParts(n)), "out": dslope},
			kernels.PReLU(n), kernels.PReLUGrad(n), kernels.SumPartials(kernels.PReLUParts(n), 1, false))
		wantDX, wantSlope := make([]float64, n), 0.0
		for i := range x {
			wantDX[i] = float64(dy[i])
			if x[i] <= 0 {
				wantDX[i] *= 0.25
				wantSlope += float64(dy[i]) * float64(x[i])
			}
		}
		if n <= 64 {
			value := func(x, slope []float64) float64 {
				return kerneltest.Dot(kerneltest.Wide(dy), refPReLU(x, slope[0]))
			}
			kerneltest.GradientHolds(t, "dx", kerneltest.Wide(x), wantDX, func(x []float64) float64 {
				return value(x, []float64{0.25})
			})
			kerneltest.GradientHolds(t, "dslope", []float64{0.25}, []float64{wantSlope}, func(s []float64) float64 {
				return value(kerneltest.Wide(x), s)
			})
		}
		kerneltest.Near(t, fmt.Sprint(n, " y"), y, refPReLU(kerneltest.Wide(x), 0.25), 2*kerneltest.HalfULP, 0)
		kerneltest.Near(t, fmt.Sprint(n, " dx"), dx, wantDX, 2*kerneltest.HalfULP, 0)
		// A sum of n products of about ½ that walks at random.
		kerneltest.Near(t, fmt.Sprint(n, " dslope"), dslope, []float64{wantSlope}, 0,
			8*kerneltest.HalfULP*float64(max(n, 64)))
	}
}

func refResizeNearest(m kernels.Map, outH, outW int, x []float64) (y []float64) {
	for p := range m.N * m.C {
		for oy := range outH {
			for ox := range outW {
				y = append(y, x[(p*m.H+oy*m.H/outH)*m.W+ox*m.W/outW])
			}
		}
	}
	return y
}

func TestResizeNearest(t *testing.T) {
	for _, c := range []struct {
		m    kernels.Map
		h, w int
	}{
		{kernels.Map{N: 2, C: 3, H: 10, W: 10}, 32, 32}, {kernels.Map{N: 3, C: 1, H: 10, W: 10}, 28, 28},
		{kernels.Map{N: 1, C: 2, H: 7, W: 5}, 4, 13},
		{kernels.Map{N: 1, C: 1, H: 1, W: 1}, 3, 1}, {kernels.Map{N: 5, C: 7, H: 9, W: 9}, 9, 9},
	} {
		x, dy := kerneltest.Normals(1, c.m.Len()), kerneltest.Normals(2, c.m.N*c.m.C*c.h*c.w)
		y, dx := make([]float32, len(dy)), make([]float32, len(x))
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y, "dy": dy, "dx": dx}, kernels.ResizeNearest(c.m, c.h, c.w),
			kernels.ResizeNearestGrad(c.m, c.h, c.w))
		kerneltest.Near(t, fmt.Sprint(c, " y"), y, refResizeNearest(c.m, c.h, c.w, kerneltest.Wide(x)), 0, 0)
		// The transpose: the number of each pixel of x, resized, says where dy goes.
		numbers := make([]float64, len(x))
		for i := range numbers {
			numbers[i] = float64(i)
		}
		want := make([]float64, len(x))
		for i, source := range refResizeNearest(c.m, c.h, c.w, numbers) {
			want[int(source)] += float64(dy[i])
		}
		kerneltest.Near(t, fmt.Sprint(c, " dx"), dx, want, 0, 32*kerneltest.HalfULP) // a dozen terms of about 1
	}
}

func refCenterColumns(n, c int, x []float64) []float64 {
	y := make([]float64, len(x))
	for j := range c {
		mean := 0.0
		for i := range n {
			mean += x[i*c+j] / float64(n)
		}
		for i := range n {
			y[i*c+j] = x[i*c+j] - mean
		}
	}
	return y
}

func refNormalizeRows(c int, x []float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		row := x[i/c*c : (i/c+1)*c]
		y[i] = x[i] / math.Sqrt(max(kerneltest.Dot(row, row), 1e-12))
	}
	return y
}

func TestColumnsAndRows(t *testing.T) {
	for _, s := range []struct{ n, c int }{{1, 3}, {5, 1}, {7, 100}, {32, 65}, {33, 130}} {
		x, dy := kerneltest.Normals(1, s.n*s.c), kerneltest.Normals(2, s.n*s.c)
		for i := range x {
			x[i] += 3 // off centre
		}
		if s.n > 1 {
			clear(x[s.c : 2*s.c]) // a row without length
		}
		y, dx := make([]float32, len(x)), make([]float32, len(x))
		kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y}, kernels.CenterColumns(s.n, s.c))
		// sums of numbers of about 3
		kerneltest.Near(t, fmt.Sprint(s, " centred"), y, refCenterColumns(s.n, s.c, kerneltest.Wide(x)), 0,
			64*kerneltest.HalfULP)
		kerneltest.Run(t, kerneltest.Tensors{"x": dy, "y": dx}, kernels.CenterColumns(s.n, s.c))
		kerneltest.Near(t, fmt.Sprint(s, " centred dx"), dx, refCenterColumns(s.n, s.c, kerneltest.Wide(dy)), 0,
			32*kerneltest.HalfULP)

		kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y, "dy": dy, "dx": dx}, kernels.Normalize(s.n, s.c),
			kernels.NormalizeGrad(s.n, s.c))
		kerneltest.Near(t, fmt.Sprint(s, " normalised"), y, refNormalizeRows(s.c, kerneltest.Wide(x)),
			16*kerneltest.HalfULP, 0)
		want := make([]float64, len(x))
		for r := range s.n {
			row, g := kerneltest.Wide(x[r*s.c:(r+1)*s.c]), kerneltest.Wide(dy[r*s.c:(r+1)*s.c])
			square := kerneltest.Dot(row, row)
			along := 0.0
			if square > 1e-12 {
				along = kerneltest.Dot(row, g) / square
			}
			for i := range row {
				want[r*s.c+i] = (g[i] - row[i]*along) / math.Sqrt(max(square, 1e-12))
			}
		}
		if s.n == 1 { // the others hold the kink, a row of zeros
			kerneltest.GradientHolds(t, "normalised reference", kerneltest.Wide(x), want, func(x []float64) float64 {
				return kerneltest.Dot(kerneltest.Wide(dy), refNormalizeRows(s.c, x))
			})
		}
		kerneltest.Near(t, fmt.Sprint(s, " normalised dx"), dx, want, 16*kerneltest.HalfULP, 32*kerneltest.HalfULP)
	}
}

// refMMD is the definition: means of the 19 kernels within and across the domains.
func refMMD(n, d int, f []float64) (squared float64, grad []float64) {
	sigmas := []float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 5, 10, 15, 20, 25, 30, 35, 100, 1e3, 1e4, 1e5, 1e6}
	grad = make([]float64, len(f))
	for i := range 2 * n {
		for j := range 2 * n {
			sign := 1.0
			if (i < n) != (j < n) {
				sign = -1
			}
			distance := 0.0
			for c := range d {
				distance += (f[i*d+c] - f[j*d+c]) * (f[i*d+c] - f[j*d+c])
			}
			for _, sigma := range sigmas {
				k := sign * math.Exp(-distance/(2*sigma)) / float64(n*n)
				squared += k
				for c := range d {
					grad[i*d+c] -= 2 * k / sigma * (f[i*d+c] - f[j*d+c])
				}
			}
		}
	}
	return squared, grad
}

func TestMMD(t *testing.T) {
	for _, m := range []kernels.MMD{{N: 1, D: 1}, {N: 3, D: 7}, {N: 32, D: 100}, {N: 33, D: 5}} {
		for _, spread := range []float32{0.02, 1, 8} { // where narrow kernels matter, and wide ones
			f := kerneltest.Normals(1, 2*m.N*m.D)
			for i := range f {
				f[i] *= spread
				if i >= m.N*m.D {
					f[i] += spread / 2
				}
			}
			loss, df := make([]float32, 1), make([]float32, len(f))
			kerneltest.Run(t, kerneltest.Tensors{"f": f, "weights": make([]float32, 4*m.N*m.N),
				"partials": make([]float32, 2*m.N), "loss": loss, "df": df},
				m.Pairs(), m.Loss(), m.Grad(0.25))
			want, grad := refMMD(m.N, m.D, kerneltest.Wide(f))
			if len(f) < 50 {
				kerneltest.GradientHolds(t, "reference", kerneltest.Wide(f), grad, func(f []float64) float64 {
					l, _ := refMMD(m.N, m.D, f)
					return l
				})
			}
			size := 0.0
			for i := range grad {
				grad[i] *= 0.25
				size = max(size, math.Abs(grad[i]))
			}
			what := fmt.Sprintf("%+v, spread %g", m, spread)
			if want < 1e-4 {
				t.Fatalf("%s: MMD² is %g, below the floor", what, want)
			}
			// exp(t) of a driver is good to 3 + 2|t| ulps; the terms cancel down
			// from their mean, at most 19.
			kerneltest.Near(t, what+": loss", loss, []float64{want}, 0, 19*16*kerneltest.HalfULP)
			kerneltest.Near(t, what+": df", df, grad, 0, 64*kerneltest.HalfULP*size+1e-30)
		}
	}
}

// Equal domains are held at the floor, which has no gradient.
func TestMMDFloor(t *testing.T) {
	m := kernels.MMD{N: 4, D: 6}
	f := kerneltest.Normals(1, m.N*m.D)
	f = append(f, f...)
	loss, df := make([]float32, 1), make([]float32, len(f))
	df[0] = 1
	kerneltest.Run(t, kerneltest.Tensors{"f": f, "weights": make([]float32, 64), "partials": make([]float32, 8),
		"loss": loss, "df": df}, m.Pairs(), m.Loss(), m.Grad(1))
	kerneltest.Near(t, "loss", loss, []float64{1e-4}, kerneltest.HalfULP, 0)
	kerneltest.Near(t, "df", df, make([]float64, len(f)), 0, 0)
}
