package wgsl_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/wgsl"
)

// The operations of the baselines, each against its definition in float64.

func TestScaleStep(t *testing.T) {
	for _, n := range []int{1, 6, 1030} {
		x, y := normals(1, n), make([]float32, n)
		step := stepOf(0)
		step[5] = math.Float32bits(0.375)
		runKernels(t, tensors{"step": step, "x": x, "y": y}, wgsl.ScaleStep(n, -2))
		want := wide(x)
		for i := range want {
			want[i] *= -0.75
		}
		near(t, fmt.Sprint(n), y, want, 2*halfULP, 0)
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
		x, dy, slope := normals(1, n), normals(2, n), []float32{0.25}
		y, dx, dslope := make([]float32, n), make([]float32, n), make([]float32, 1)
		runKernels(t, tensors{"x": x, "slope": slope, "y": y, "dy": dy, "dx": dx, "partials": make([]float32, wgsl.PReLUParts(n)), "out": dslope},
			wgsl.PReLU(n), wgsl.PReLUGrad(n), wgsl.SumPartials(wgsl.PReLUParts(n), 1, false))
		wantDX, wantSlope := make([]float64, n), 0.0
		for i := range x {
			wantDX[i] = float64(dy[i])
			if x[i] <= 0 {
				wantDX[i] *= 0.25
				wantSlope += float64(dy[i]) * float64(x[i])
			}
		}
		if n <= 64 {
			value := func(x, slope []float64) float64 { return dot(wide(dy), refPReLU(x, slope[0])) }
			gradientHolds(t, "dx", wide(x), wantDX, func(x []float64) float64 { return value(x, []float64{0.25}) })
			gradientHolds(t, "dslope", []float64{0.25}, []float64{wantSlope}, func(s []float64) float64 { return value(wide(x), s) })
		}
		near(t, fmt.Sprint(n, " y"), y, refPReLU(wide(x), 0.25), 2*halfULP, 0)
		near(t, fmt.Sprint(n, " dx"), dx, wantDX, 2*halfULP, 0)
		// A sum of n products of about ½ that walks at random.
		near(t, fmt.Sprint(n, " dslope"), dslope, []float64{wantSlope}, 0, 8*halfULP*float64(max(n, 64)))
	}
}

func refResizeNearest(m wgsl.Map, outH, outW int, x []float64) (y []float64) {
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
		m    wgsl.Map
		h, w int
	}{
		{wgsl.Map{N: 2, C: 3, H: 10, W: 10}, 32, 32}, {wgsl.Map{N: 3, C: 1, H: 10, W: 10}, 28, 28}, {wgsl.Map{N: 1, C: 2, H: 7, W: 5}, 4, 13},
		{wgsl.Map{N: 1, C: 1, H: 1, W: 1}, 3, 1}, {wgsl.Map{N: 5, C: 7, H: 9, W: 9}, 9, 9},
	} {
		x, dy := normals(1, c.m.Len()), normals(2, c.m.N*c.m.C*c.h*c.w)
		y, dx := make([]float32, len(dy)), make([]float32, len(x))
		runKernels(t, tensors{"x": x, "y": y, "dy": dy, "dx": dx}, wgsl.ResizeNearest(c.m, c.h, c.w), wgsl.ResizeNearestGrad(c.m, c.h, c.w))
		near(t, fmt.Sprint(c, " y"), y, refResizeNearest(c.m, c.h, c.w, wide(x)), 0, 0)
		// The transpose: the number of each pixel of x, resized, says where dy goes.
		numbers := make([]float64, len(x))
		for i := range numbers {
			numbers[i] = float64(i)
		}
		want := make([]float64, len(x))
		for i, source := range refResizeNearest(c.m, c.h, c.w, numbers) {
			want[int(source)] += float64(dy[i])
		}
		near(t, fmt.Sprint(c, " dx"), dx, want, 0, 32*halfULP) // a dozen terms of about 1
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
		y[i] = x[i] / math.Sqrt(max(dot(row, row), 1e-12))
	}
	return y
}

func TestColumnsAndRows(t *testing.T) {
	for _, s := range []struct{ n, c int }{{1, 3}, {5, 1}, {7, 100}, {32, 65}, {33, 130}} {
		x, dy := normals(1, s.n*s.c), normals(2, s.n*s.c)
		for i := range x {
			x[i] += 3 // off centre
		}
		if s.n > 1 {
			clear(x[s.c : 2*s.c]) // a row without length
		}
		y, dx := make([]float32, len(x)), make([]float32, len(x))
		runKernels(t, tensors{"x": x, "y": y}, wgsl.CenterColumns(s.n, s.c))
		near(t, fmt.Sprint(s, " centred"), y, refCenterColumns(s.n, s.c, wide(x)), 0, 64*halfULP) // sums of numbers of about 3
		runKernels(t, tensors{"x": dy, "y": dx}, wgsl.CenterColumns(s.n, s.c))
		near(t, fmt.Sprint(s, " centred dx"), dx, refCenterColumns(s.n, s.c, wide(dy)), 0, 32*halfULP)

		runKernels(t, tensors{"x": x, "y": y, "dy": dy, "dx": dx}, wgsl.Normalize(s.n, s.c), wgsl.NormalizeGrad(s.n, s.c))
		near(t, fmt.Sprint(s, " normalised"), y, refNormalizeRows(s.c, wide(x)), 16*halfULP, 0)
		want := make([]float64, len(x))
		for r := range s.n {
			row, g := wide(x[r*s.c:(r+1)*s.c]), wide(dy[r*s.c:(r+1)*s.c])
			square := dot(row, row)
			along := 0.0
			if square > 1e-12 {
				along = dot(row, g) / square
			}
			for i := range row {
				want[r*s.c+i] = (g[i] - row[i]*along) / math.Sqrt(max(square, 1e-12))
			}
		}
		if s.n == 1 { // the others hold the kink, a row of zeros
			gradientHolds(t, "normalised reference", wide(x), want, func(x []float64) float64 { return dot(wide(dy), refNormalizeRows(s.c, x)) })
		}
		near(t, fmt.Sprint(s, " normalised dx"), dx, want, 16*halfULP, 32*halfULP)
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
	for _, m := range []wgsl.MMD{{N: 1, D: 1}, {N: 3, D: 7}, {N: 32, D: 100}, {N: 33, D: 5}} {
		for _, spread := range []float32{0.02, 1, 8} { // where narrow kernels matter, and wide ones
			f := normals(1, 2*m.N*m.D)
			for i := range f {
				f[i] *= spread
				if i >= m.N*m.D {
					f[i] += spread / 2
				}
			}
			loss, df := make([]float32, 1), make([]float32, len(f))
			runKernels(t, tensors{"f": f, "weights": make([]float32, 4*m.N*m.N), "partials": make([]float32, 2*m.N), "loss": loss, "df": df},
				m.Pairs(), m.Loss(), m.Grad(0.25))
			want, grad := refMMD(m.N, m.D, wide(f))
			if len(f) < 50 {
				gradientHolds(t, "reference", wide(f), grad, func(f []float64) float64 { l, _ := refMMD(m.N, m.D, f); return l })
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
			near(t, what+": loss", loss, []float64{want}, 0, 19*16*halfULP)
			near(t, what+": df", df, grad, 0, 64*halfULP*size+1e-30)
		}
	}
}

// Equal domains are held at the floor, which has no gradient.
func TestMMDFloor(t *testing.T) {
	m := wgsl.MMD{N: 4, D: 6}
	f := normals(1, m.N*m.D)
	f = append(f, f...)
	loss, df := make([]float32, 1), make([]float32, len(f))
	df[0] = 1
	runKernels(t, tensors{"f": f, "weights": make([]float32, 64), "partials": make([]float32, 8), "loss": loss, "df": df}, m.Pairs(), m.Loss(), m.Grad(1))
	near(t, "loss", loss, []float64{1e-4}, halfULP, 0)
	near(t, "df", df, make([]float64, len(f)), 0, 0)
}

// Convolutions with padding of their own, and those that a transposed convolution
// is the data gradient of: of one pixel, of odd sizes, of a kernel of even width.
func TestPaddedConv(t *testing.T) {
	for _, c := range []wgsl.Conv{
		wgsl.PaddedConv(3, 2, 9, 8, 5, 5, 1, 0), wgsl.PaddedConv(2, 6, 4, 4, 7, 4, 1, 0), wgsl.PaddedConv(2, 5, 7, 7, 9, 3, 2, 1),
		wgsl.PaddedConv(2, 4, 13, 13, 6, 3, 2, 1), wgsl.PaddedConv(2, 3, 14, 14, 8, 6, 1, 1), wgsl.PaddedConv(1, 16, 12, 12, 16, 3, 1, 0),
		wgsl.PaddedConv(2, 16, 10, 12, 20, 3, 1, 2),
	} {
		if want := (c.InH+2*c.PadY-c.KernelH)/c.Stride + 1; c.OutH != want {
			t.Fatalf("%v: %d rows, want %d", c, c.OutH, want)
		}
		x, w, dy := operandsOf(c)
		check := func(what string, plans []wgsl.Plan, operands map[string][]float32, result string, want []float64, terms int) {
			for _, p := range tiles(t, plans) {
				t.Run(what+" "+name(p, c), func(t *testing.T) {
					closeToSums(t, what, runPlan(t, p, operands, result, len(want)), want, terms)
				})
			}
		}
		taps := c.KernelH * c.KernelW
		check("y", c.Plans(wgsl.Epilogue{}), map[string][]float32{"x": x, "w": w}, "y", refConv(c, x, w), c.InC*taps)
		check("dx", c.DataGrad().Plans(wgsl.Epilogue{}), map[string][]float32{"x": dy, "w": w}, "y", refDataGrad(c, dy, w), c.OutC*taps)
		check("dw", c.WeightGradPlans(), map[string][]float32{"x": x, "dy": dy}, "dw", refWeightGrad(c, x, dy), c.N*c.OutH*c.OutW)
	}
}
