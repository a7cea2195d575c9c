package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// ReverseGradient is x itself, whose gradient is turned around: times −1, or times
// −λ with the step's strength for λ (Ganin et al., JMLR 2016, section 4.2).
func (g *Graph) ReverseGradient(label string, x *Tensor, byStrength bool) *Tensor {
	if byStrength {
		return g.scaleGradient(label, x, -1)
	}
	return g.passing(label, x, func(dy, dx *Tensor) { g.kernel("data", kernels.Scale(x.Len(), -1, false), dy, dx) })
}

// Gate is x itself, whose gradient is multiplied by the step's strength: what lies
// behind it trains what lies before it as far as that says.
func (g *Graph) Gate(label string, x *Tensor) *Tensor { return g.scaleGradient(label, x, 1) }

func (g *Graph) scaleGradient(label string, x *Tensor, factor float64) *Tensor {
	return g.passing(label, x, func(dy, dx *Tensor) {
		g.kernel("data", kernels.ScaleStep(x.Len(), factor), g.step(), dy, dx)
	})
}

// passing is a view of x whose gradient backward computes.
func (g *Graph) passing(label string, x *Tensor, backward func(dy, dx *Tensor)) *Tensor {
	y := &Tensor{Shape: x.Shape, label: g.scope + label, base: x}
	y.node = &node{label: g.scope + label, inputs: []*Tensor{x}, outputs: []*Tensor{y}}
	y.node.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		dx := g.tensor("data", x.Shape)
		backward(grads[0], dx)
		return []*Tensor{dx}
	}
	g.nodes = append(g.nodes, y.node)
	return y
}
