package svm

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// gaussian draws n rows around shift in the first of d dimensions.
func gaussian(seed uint64, n, d int, shift float64) *mat.Dense {
	r := rand.New(rand.NewPCG(seed, 0))
	x := mat.NewDense(n, d, nil)
	x.Apply(func(_, j int, _ float64) float64 {
		v := r.NormFloat64()
		if j == 0 {
			v += shift
		}
		return v
	}, x)
	return x
}

// TestProxyADistance knows the answers: the best machine between two Gaussians of
// distance s errs with probability Φ(−s/2).
func TestProxyADistance(t *testing.T) {
	const n = 8000
	for _, shift := range []float64{0, 1, 2, 12} {
		got, err := ProxyADistance(gaussian(1, n, 4, 0), gaussian(2, n/2, 4, shift), 3)
		if err != nil {
			t.Fatal(err)
		}
		mistakes := math.Erfc(shift/2/math.Sqrt2) / 2
		want := 2 * (1 - 2*mistakes)
		// The error is measured on 2,000 rows: four of its standard errors, which 4
		// multiplies, and a machine that is not quite the best.
		if limit := 4*4*math.Sqrt(mistakes*(1-mistakes)/2000) + 0.02; math.Abs(got-want) > limit {
			t.Errorf("shift %g: distance %g, want %g within %g", shift, got, want, limit)
		}
	}
	if _, err := ProxyADistance(gaussian(1, 7, 2, 0), gaussian(2, 50, 2, 0), 1); err == nil {
		t.Error("seven rows are enough")
	}
	if _, err := ProxyADistance(gaussian(1, 50, 3, 0), gaussian(2, 50, 2, 0), 1); err == nil {
		t.Error("other dimensions are taken")
	}
}
