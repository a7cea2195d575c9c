package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// Scale is factor · x.
func (g *Graph) Scale(label string, x *Tensor, factor float64) *Tensor {
	scaled := func(label string, x *Tensor) (*node, *Tensor) {
		y := g.tensor(label, x.Shape)
		return g.kernel(label, kernels.Scale(x.Len(), factor, false), x, y), y
	}
	n, y := scaled(label, x)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		_, d := scaled("data", grads[0])
		return []*Tensor{d}
	}
	return y
}

// PReLU is max(x, 0) + slope · min(x, 0) with one trained slope [1,1,1,1].
func (g *Graph) PReLU(label string, x, slope *Tensor) *Tensor {
	if slope.Len() != 1 {
		fail("%s%s: slopes %v; want one", g.scope, label, slope.Shape)
	}
	y := g.tensor(label, x.Shape)
	n := g.kernel(label, kernels.PReLU(x.Len()), x, slope, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d, partials := g.tensor("data", x.Shape), g.tensor("parts", Features(kernels.PReLUParts(x.Len()), 1))
		g.kernel("data", kernels.PReLUGrad(x.Len()), grads[0], x, slope, d, partials)
		return []*Tensor{d, g.sumRows("slope", partials, scalar)}
	}
	return y
}

// ResizeNearest makes h × w pixels of x's by the nearest neighbour, as TensorFlow 1
// counts them.
func (g *Graph) ResizeNearest(label string, x *Tensor, h, w int) *Tensor {
	y := g.tensor(label, Shape{x.N, x.C, h, w})
	n := g.kernel(label, kernels.ResizeNearest(x.kernelMap(), h, w), x, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d := g.tensor("data", x.Shape)
		g.kernel("data", kernels.ResizeNearestGrad(x.kernelMap(), h, w), grads[0], d)
		return []*Tensor{d}
	}
	return y
}

// Normal draws numbers from the normal distribution of mean 0 and deviation 1, anew
// each step.
func (g *Graph) Normal(label string, s Shape, stream uint32) *Tensor {
	y := g.tensor(label, s)
	g.kernel(label, kernels.FillNormal(s.Len(), 1, stream), g.step(), y)
	return y
}
