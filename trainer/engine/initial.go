package engine

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"pixelda-wgpu/model/graph"
)

// Initial says how variables begin: weights are normal or, with a gain, uniform by Xavier's rule.
type Initial struct {
	Std        float64 // of normal weights
	Gain, Bias float64
}

// slope is the initial slope of a PReLU, as in PyTorch.
const slope = 0.25

// Initialise gives the variables their initial values: weights and biases according to i, moments
// of mean 0 and variance 1. Each variable has a stream of its own, so that its values depend only
// on its name and the seed.
func (e *Engine) Initialise(seed uint64, i Initial) error {
	for _, s := range e.Networks.Stores() {
		err := e.Write(s, s.Values(), func(v *graph.Variable) ([]float32, error) { return i.values(seed, v), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

func (i Initial) values(seed uint64, v *graph.Variable) []float32 {
	x := make([]float32, v.Len())
	fill := func(f func() float64) {
		for j := range x {
			x[j] = float32(f())
		}
	}
	constant := func(v float64) { fill(func() float64 { return v }) }
	switch v.Role {
	case graph.Mean: // 0
	case graph.Variance:
		constant(1)
	case graph.Bias:
		constant(i.Bias)
	case graph.Slope:
		constant(slope)
	case graph.Weight:
		h := fnv.New64a()
		h.Write([]byte(v.Name))
		r := rand.New(rand.NewPCG(seed, h.Sum64()))
		if i.Gain == 0 {
			fill(func() float64 { return r.NormFloat64() * i.Std })
			break
		}
		fanIn, fanOut := v.Len()/v.Dims[0], v.Len()/v.Dims[1]
		bound := i.Gain * math.Sqrt(6/float64(fanIn+fanOut))
		fill(func() float64 { return (2*r.Float64() - 1) * bound })
	}
	return x
}
