package svm

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// problem is one class against the rest.
type problem struct {
	x      *mat.Dense // [n,d], including the bias's ones
	y      []float64  // 1 or −1
	c      float64
	margin []float64 // y w·x at the present w
}

func newProblem(x *mat.Dense, labels []uint32, class uint32, c float64) *problem {
	p := &problem{x: x, y: make([]float64, len(labels)), c: c, margin: make([]float64, len(labels))}
	for i, l := range labels {
		p.y[i] = -1
		if l == class {
			p.y[i] = 1
		}
	}
	return p
}

const (
	mostSteps = 200
	// tolerance is on the gradient's norm, relative to that at w = 0. The problem is strongly
	// convex with modulus 1, so the distance to the optimum is below the gradient's norm.
	tolerance = 1e-9
	// Armijo's condition: a step must gain this share of what the slope promises.
	armijo = 1e-4
)

// solve moves w to the optimum.
func (p *problem) solve(w []float64) error {
	d := len(w)
	for i := range p.margin {
		p.margin[i] = p.y[i] * dot(p.x.RawRowView(i), w)
	}
	limit := tolerance * p.slopeAtZero()
	value := p.value(dot(w, w), 0, nil)
	along := make([]float64, len(p.margin)) // y d·x: how margins change
	for range mostSteps {
		gradient, active := p.gradient(w)
		size := math.Sqrt(dot(gradient, gradient))
		if size <= limit {
			return nil
		}
		step, err := p.newton(gradient, active, d)
		if err != nil {
			return err
		}
		for i := range along {
			along[i] = p.y[i] * dot(p.x.RawRowView(i), step)
		}
		slope := dot(gradient, step)
		ww, wd, dd := dot(w, w), dot(w, step), dot(step, step)
		t, next := 1.0, 0.0
		for ; ; t /= 2 {
			next = p.value(ww+2*t*wd+t*t*dd, t, along)
			// The last steps gain less than rounding can show.
			if next <= value+armijo*t*slope || math.Abs(t*slope) <= 1e-13*math.Abs(value) {
				break
			}
		}
		for i := range w {
			w[i] += t * step[i]
		}
		for i := range p.margin {
			p.margin[i] += t * along[i]
		}
		value = next
	}
	return errors.New("no optimum after 200 steps; scale the features to a deviation of about 1")
}

// value is the objective for weights of squared norm ww, t along a direction.
func (p *problem) value(ww, t float64, along []float64) float64 {
	sum := 0.0
	for i, m := range p.margin {
		if along != nil {
			m += t * along[i]
		}
		if m < 1 {
			sum += (1 - m) * (1 - m)
		}
	}
	return ww/2 + p.c*sum
}

// gradient is w − 2C Σ y(1 − m)x over the active examples, those that violate the margin; it
// returns their indices too.
func (p *problem) gradient(w []float64) (g []float64, active []int) {
	g = append(g, w...)
	for i, m := range p.margin {
		if m < 1 {
			active = append(active, i)
			addScaled(g, -2*p.c*p.y[i]*(1-m), p.x.RawRowView(i))
		}
	}
	return g, active
}

// slopeAtZero is the norm of the gradient at w = 0.
func (p *problem) slopeAtZero() float64 {
	_, d := p.x.Dims()
	g := make([]float64, d)
	for i, y := range p.y {
		addScaled(g, 2*p.c*y, p.x.RawRowView(i))
	}
	return math.Sqrt(dot(g, g))
}

// newton solves (I + 2C X'X) step = −gradient over the active rows X.
func (p *problem) newton(gradient []float64, active []int, d int) ([]float64, error) {
	h := mat.NewSymDense(d, nil)
	if len(active) > 0 {
		rows := mat.NewDense(len(active), d, nil)
		for k, i := range active {
			copy(rows.RawRowView(k), p.x.RawRowView(i))
		}
		h.SymOuterK(2*p.c, rows.T())
	}
	for i := range d {
		h.SetSym(i, i, h.At(i, i)+1)
	}
	var factor mat.Cholesky
	if !factor.Factorize(h) {
		return nil,
			errors.New("the Hessian lost its definiteness to rounding; scale the features to a deviation of about 1")
	}
	var step mat.VecDense
	// An ill-conditioned system still gives a descent direction, and the gradient decides when to
	// stop.
	var condition mat.Condition
	if err := factor.SolveVecTo(&step, mat.NewVecDense(d, gradient)); err != nil && !errors.As(err, &condition) {
		return nil, err
	}
	step.ScaleVec(-1, &step)
	return step.RawVector().Data, nil
}

func addScaled(to []float64, factor float64, x []float64) {
	for i, v := range x {
		to[i] += factor * v
	}
}
