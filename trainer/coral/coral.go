// Package coral aligns the second-order statistics of two domains' features (Sun, Feng, Saenko:
// Return of Frustratingly Easy Domain Adaptation, AAAI 2016): source features are whitened, then
// re-coloured with the target's covariance.
package coral

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/coral"

// Scaling brings the features of one domain to mean 0 and deviation 1 each.
type Scaling struct {
	mean, deviation []float64
}

// NewScaling measures features [n,d], with n at least 2. A feature that never varies, such as a
// unit that is never active, is only shifted.
func NewScaling(x *mat.Dense) (Scaling, error) {
	n, d := x.Dims()
	if n < 2 {
		return Scaling{}, origin.Errorf("%d rows of features; want at least 2 to measure their deviation", n)
	}
	s := Scaling{make([]float64, d), make([]float64, d)}
	column := make([]float64, n)
	for j := range d {
		mat.Col(column, j, x)
		s.mean[j], s.deviation[j] = stat.MeanStdDev(column, nil)
		if math.IsNaN(s.deviation[j]) || math.IsInf(s.deviation[j], 0) {
			return Scaling{}, origin.Errorf("feature %d is not finite", j)
		}
		if s.deviation[j] == 0 {
			s.deviation[j] = 1
		}
	}
	return s, nil
}

// Apply scales features [n,d] of the measured domain in place.
func (s Scaling) Apply(x *mat.Dense) {
	x.Apply(func(_, j int, v float64) float64 { return (v - s.mean[j]) / s.deviation[j] }, x)
}

// Alignment returns A = (C_s + λI)^(-1/2) · (C_t + λI)^(1/2), where C are the
// covariances of source features [n,d] and target features [m,d]: source · A has
// the target's covariance, as far as λ allows. The paper's λ is 1.
func Alignment(source, target *mat.Dense, lambda float64) (*mat.Dense, error) {
	_, d := source.Dims()
	if _, other := target.Dims(); other != d {
		return nil, origin.Errorf("source features have %d dimensions, target features %d", d, other)
	}
	whiten, err := power(source, lambda, -0.5)
	if err != nil {
		return nil, origin.Errorf("source: %w", err)
	}
	colour, err := power(target, lambda, 0.5)
	if err != nil {
		return nil, origin.Errorf("target: %w", err)
	}
	var a mat.Dense
	a.Mul(whiten, colour)
	return &a, nil
}

// power is (cov(x) + λI)^exponent, by eigenvalues.
func power(x *mat.Dense, lambda, exponent float64) (*mat.Dense, error) {
	n, d := x.Dims()
	if n < 2 {
		return nil, fmt.Errorf("%d rows of features; want at least 2 for a covariance", n)
	}
	var c mat.SymDense
	stat.CovarianceMatrix(&c, x, nil)
	for i := range d {
		c.SetSym(i, i, c.At(i, i)+lambda)
	}
	var e mat.EigenSym
	if !e.Factorize(&c, true) {
		return nil, fmt.Errorf("the eigenvalues of the covariance did not converge; are all features finite?")
	}
	var vectors, scaled, result mat.Dense
	e.VectorsTo(&vectors)
	values := e.Values(nil)
	for i, v := range values {
		// Rounding leaves the zero eigenvalues of a singular matrix slightly off.
		if v <= 0 {
			if exponent < 0 {
				return nil, fmt.Errorf("the covariance is singular; raise lambda above %g", lambda)
			}
			v = 0
		}
		values[i] = math.Pow(v, exponent)
	}
	scaled.Mul(&vectors, mat.NewDiagDense(d, values))
	result.Mul(&scaled, vectors.T())
	return &result, nil
}
