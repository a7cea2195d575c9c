// Package spread says how much results vary that differ only in their seed, and what that says
// about their mean.
package spread

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/spread"

// Confidence is the probability with which intervals contain the mean.
const Confidence = 0.95

// Spread is the mean of a sample and its uncertainty. For a single value only the mean is known:
// the rest is nil.
type Spread struct {
	N         int      `json:"n"`
	Mean      float64  `json:"mean"`
	Deviation *float64 `json:"deviation,omitempty"` // of the sample, by n − 1
	Margin    *float64 `json:"margin,omitempty"`    // the 95 % confidence interval is mean ± margin, by Student's t
}

// Of measures values, at least one.
func Of(values []float64) (Spread, error) {
	n := len(values)
	if n == 0 {
		return Spread{}, origin.Errorf("no values")
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Spread{}, origin.Errorf("value %d is %g", i, v)
		}
	}
	if n == 1 {
		return Spread{N: 1, Mean: values[0]}, nil
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile((1 + Confidence) / 2)
	margin := t * deviation / math.Sqrt(float64(n))
	return Spread{n, mean, &deviation, &margin}, nil
}

// Differ reports whether the means of two samples differ by more than chance, at the level of
// Confidence by Welch's test, and whether there are enough values to say so: two in each.
func Differ(a, b Spread) (differ, known bool) {
	if a.N < 2 || b.N < 2 {
		return false, false
	}
	va, vb := *a.Deviation**a.Deviation/float64(a.N), *b.Deviation**b.Deviation/float64(b.N)
	if va+vb == 0 {
		return a.Mean != b.Mean, true
	}
	freedom := (va + vb) * (va + vb) / (va*va/float64(a.N-1) + vb*vb/float64(b.N-1))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile((1 + Confidence) / 2)
	return math.Abs(a.Mean-b.Mean) > t*math.Sqrt(va+vb), true
}
