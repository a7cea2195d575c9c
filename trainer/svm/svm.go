// Package svm trains linear support vector machines, one class against the rest, to the exact
// optimum: the classifier behind CORAL and the proxy A-distance.
//
// The problem is LIBLINEAR's with the squared hinge (Fan et al., JMLR 2008): minimise ½‖w‖² + C Σ
// max(0, 1 − y w·x)², where the bias is the weight of an additional feature that is 1. There are
// few features and many examples, so it is solved by Newton's method in the weights (Keerthi and
// DeCoste, JMLR 2005), whose steps cost a small linear system and whose optimum does not depend on
// the order of the examples.
package svm

import (
	"errors"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/svm"

// Grid is the values of C to try, those of CORAL's reference code.
var Grid = []float64{1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4}

// Set is labelled features: X [n,d], a label below Classes for each row.
type Set struct {
	X       *mat.Dense
	Labels  []uint32
	Classes int
}

func (s Set) check() error {
	n, _ := s.X.Dims()
	if n != len(s.Labels) {
		return origin.Errorf("%d rows of features but %d labels", n, len(s.Labels))
	}
	if s.Classes < 2 {
		return origin.Errorf("%d classes; want at least 2", s.Classes)
	}
	for i, l := range s.Labels {
		if int(l) >= s.Classes {
			return origin.Errorf("row %d has label %d of %d classes", i, l, s.Classes)
		}
	}
	for _, v := range s.X.RawMatrix().Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return origin.Errorf("a feature is not finite")
		}
	}
	return nil
}

// Model is a trained machine: the weights of each class, the bias last.
type Model struct {
	Weights *mat.Dense // [classes, d+1]
}

// Train finds the weights for a cost C of margin violations.
func Train(s Set, c float64) (*Model, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	_, d := s.X.Dims()
	m := &Model{mat.NewDense(s.Classes, d+1, nil)}
	return m, m.train(s, withBias(s.X), c)
}

// train continues from the weights that m has.
func (m *Model) train(s Set, x *mat.Dense, c float64) error {
	if !(c > 0) || math.IsInf(c, 0) {
		return origin.Errorf("C is %g; want a positive number", c)
	}
	failed := make([]error, s.Classes)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for class := range s.Classes {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p := newProblem(x, s.Labels, uint32(class), c)
			if err := p.solve(m.Weights.RawRowView(class)); err != nil {
				failed[class] = origin.Errorf("class %d, C %g: %w", class, c, err)
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

// Choose trains with each C of the grid, in order, and returns the machine that classifies the most
// validation examples correctly, the first if there are several, with its C and that share.
func Choose(train, valid Set, grid []float64) (best *Model, c, accuracy float64, err error) {
	if err := errors.Join(train.check(), valid.check()); err != nil {
		return nil, 0, 0, err
	}
	x := withBias(train.X)
	_, d := x.Dims()
	m := &Model{mat.NewDense(train.Classes, d, nil)}
	for _, value := range grid {
		if err := m.train(train, x, value); err != nil { // starting from the optimum for the previous C
			return nil, 0, 0, err
		}
		if a := m.Accuracy(valid); best == nil || a > accuracy {
			best, c, accuracy = &Model{mat.DenseCopyOf(m.Weights)}, value, a
		}
	}
	if best == nil {
		return nil, 0, 0, origin.Errorf("no value of C to try")
	}
	return best, c, accuracy, nil
}

// Predict returns the class of the largest score for each row.
func (m *Model) Predict(x *mat.Dense) []uint32 {
	var scores mat.Dense
	scores.Mul(withBias(x), m.Weights.T())
	n, _ := scores.Dims()
	classes := make([]uint32, n)
	for i := range classes {
		row := scores.RawRowView(i)
		for c, v := range row {
			if v > row[classes[i]] {
				classes[i] = uint32(c)
			}
		}
	}
	return classes
}

// Accuracy is the share of examples that are classified correctly.
func (m *Model) Accuracy(s Set) float64 {
	right := 0
	for i, c := range m.Predict(s.X) {
		if c == s.Labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(s.Labels))
}

// withBias appends a column of ones.
func withBias(x *mat.Dense) *mat.Dense {
	n, d := x.Dims()
	wide := mat.NewDense(n, d+1, nil)
	for i := range n {
		copy(wide.RawRowView(i), x.RawRowView(i))
		wide.Set(i, d, 1)
	}
	return wide
}

func dot(a, b []float64) float64 {
	return blas64.Dot(blas64.Vector{N: len(a), Data: a, Inc: 1}, blas64.Vector{N: len(b), Data: b, Inc: 1})
}
