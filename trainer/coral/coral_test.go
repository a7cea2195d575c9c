package coral

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// features draws n rows of d correlated features.
func features(seed uint64, n, d int) *mat.Dense {
	r := rand.New(rand.NewPCG(seed, 0))
	mix, x := mat.NewDense(d, d, nil), mat.NewDense(n, d, nil)
	mix.Apply(func(_, _ int, _ float64) float64 { return r.NormFloat64() }, mix)
	x.Apply(func(_, _ int, _ float64) float64 { return r.NormFloat64() }, x)
	var out mat.Dense
	out.Mul(x, mix)
	return &out
}

func covariance(x mat.Matrix, lambda float64) *mat.SymDense {
	var c mat.SymDense
	stat.CovarianceMatrix(&c, x, nil)
	for i := range c.SymmetricDim() {
		c.SetSym(i, i, c.At(i, i)+lambda)
	}
	return &c
}

// TestAlignmentAsNumPy compares with numpy.cov and numpy.linalg.eigh on small
// numbers that both sides make.
func TestAlignmentAsNumPy(t *testing.T) {
	s, g := mat.NewDense(8, 3, nil), mat.NewDense(7, 3, nil)
	s.Apply(func(i, j int, _ float64) float64 { return float64((7*i + 3*j) * (i + j + 1) % 11) }, s)
	g.Apply(func(i, j int, _ float64) float64 { return float64((5*i + 2*j + 1) * (i + 2*j + 2) % 13) }, g)
	got, err := Alignment(s, g, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := mat.NewDense(3, 3, []float64{
		1.09856632, -0.60238488, 0.16721102,
		-0.5499291, 1.47255001, 0.04782574,
		0.33548331, -0.22519909, 0.87696147,
	})
	if !mat.EqualApprox(got, want, 1e-8) { // the digits that were printed
		t.Errorf("A is\n%v\nwant\n%v", mat.Formatted(got), mat.Formatted(want))
	}
}

// TestAlignmentMatchesCovariances checks what the paper derives: A' C_s A = C_t
// with λ in both, so that without λ the aligned source has the target's covariance.
// Rounding grows with the condition of the covariances, here about 1e4.
func TestAlignmentMatchesCovariances(t *testing.T) {
	for _, d := range []int{1, 2, 7, 30} {
		s, g := features(1, 200, d), features(2, 150, d)
		for _, lambda := range []float64{0, 1} {
			a, err := Alignment(s, g, lambda)
			if err != nil {
				t.Fatal(err)
			}
			var left, got mat.Dense
			left.Mul(a.T(), covariance(s, lambda))
			got.Mul(&left, a)
			want := covariance(g, lambda)
			if scale := mat.Norm(want, 2); !mat.EqualApprox(&got, want, 1e-9*scale) {
				t.Errorf("d %d, lambda %g: covariance\n%v\nwant\n%v", d, lambda, mat.Formatted(&got),
					mat.Formatted(want))
			}
		}
		a, _ := Alignment(s, g, 0)
		var aligned mat.Dense
		aligned.Mul(s, a)
		want := covariance(g, 0)
		if got := covariance(&aligned, 0); !mat.EqualApprox(got, want, 1e-9*mat.Norm(want, 2)) {
			t.Errorf("d %d: aligned features have another covariance than the target's", d)
		}
	}
}

func TestAlignmentRefuses(t *testing.T) {
	x := features(1, 20, 3)
	flat := mat.DenseCopyOf(x)
	for i := range 20 {
		flat.Set(i, 1, 5)
	}
	if _, err := Alignment(flat, x, 1); err != nil {
		t.Errorf("a feature that never varies, with lambda 1: %v", err)
	}
	nan := mat.DenseCopyOf(x)
	nan.Set(3, 1, math.NaN())
	for _, c := range []struct {
		s, t *mat.Dense
		want string
	}{
		{x, features(1, 20, 4), "3 dimensions, target features 4"},
		{flat, x, "source: the covariance is singular"},
		{x, features(1, 1, 3), "target: 1 rows"},
		{nan, x, "did not converge"},
	} {
		if _, err := Alignment(c.s, c.t, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

func TestScaling(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 7, 2, 7, 3, 7, 6, 7})
	s, err := NewScaling(x)
	if err != nil {
		t.Fatal(err)
	}
	// Column 1 has mean 3 and squares 4+1+0+9 about it; column 2 never varies.
	other := mat.NewDense(1, 2, []float64{3 + math.Sqrt(14./3), 9})
	s.Apply(other)
	if want := mat.NewDense(1, 2, []float64{1, 2}); !mat.EqualApprox(other, want, 1e-14) {
		t.Errorf("scaled to %v, want %v", mat.Formatted(other), mat.Formatted(want))
	}
	s.Apply(x)
	again, err := NewScaling(x)
	if err != nil || math.Abs(again.mean[0]) > 1e-14 || math.Abs(again.deviation[0]-1) > 1e-14 {
		t.Errorf("scaled features have %+v, %v", again, err)
	}
	if _, err := NewScaling(mat.NewDense(1, 2, nil)); err == nil || !strings.Contains(err.Error(), "1 rows") {
		t.Errorf("one row: %v", err)
	}
	x.Set(2, 1, math.Inf(1))
	if _, err := NewScaling(x); err == nil || !strings.Contains(err.Error(), "feature 1 is not finite") {
		t.Errorf("an infinite feature: %v", err)
	}
}
