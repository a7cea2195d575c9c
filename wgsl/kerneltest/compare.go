package kerneltest

import (
	"math"
	"testing"
)

// HalfULP is the relative rounding error of one float32 operation.
const HalfULP = 1.0 / (1 << 24)

// Near checks got against a float64 reference: each element may be off by rel
// times its size plus abs.
func Near(t *testing.T, what string, got []float32, want []float64, rel, abs float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	worst, at := 0.0, -1
	for i := range want {
		e := math.Abs(float64(got[i]) - want[i])
		if e == 0 {
			continue
		}
		if e /= rel*math.Abs(want[i]) + abs; !(e <= worst) {
			worst, at = e, i
		}
	}
	if !(worst <= 1) {
		t.Errorf("%s: [%d] = %g, want %g: %.2g times the tolerance", what, at, got[at], want[at], worst)
	}
}

// GradientHolds checks a reference's gradient with central differences of its
// value, in float64: truncation and rounding leave about 1e-8 of its size.
func GradientHolds(t *testing.T, what string, x, grad []float64, value func(x []float64) float64) {
	t.Helper()
	const h = 1e-5
	size := 1e-3
	for _, g := range grad {
		size = max(size, math.Abs(g))
	}
	for i := range x {
		at := x[i]
		x[i] = at + h
		up := value(x)
		x[i] = at - h
		down := value(x)
		x[i] = at
		if d := (up - down) / (2 * h); math.Abs(d-grad[i]) > 1e-6*size {
			t.Fatalf("%s: d/dx[%d] = %g by differences, %g by formula", what, i, d, grad[i])
		}
	}
}

// Wide is v in float64.
func Wide(v []float32) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = float64(v[i])
	}
	return w
}

// Dot is Σ a·b.
func Dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}
