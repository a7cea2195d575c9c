package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// Add is the sum of two tensors of one shape.
func (g *Graph) Add(a, b *Tensor) *Tensor {
	if a.Shape != b.Shape {
		fail("%sadd: %v and %v", g.scope, a.Shape, b.Shape)
	}
	y := g.tensor("add", a.Shape)
	n := g.kernel("add", kernels.Add(a.Len()), a, b, y)
	n.exact, n.op = true, sum{}
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor { return []*Tensor{grads[0], grads[0]} }
	return y
}

// Concat puts the channels of b behind those of a.
func (g *Graph) Concat(label string, a, b *Tensor) *Tensor {
	if a.N != b.N || a.H != b.H || a.W != b.W {
		fail("%s%s: concatenation of %v and %v", g.scope, label, a.Shape, b.Shape)
	}
	y := g.tensor(label, Shape{a.N, a.C + b.C, a.H, a.W})
	n := g.kernel(label, kernels.Concat2(a.kernelMap(), b.C), a, b, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d := make([]*Tensor, 2)
		if needs[0] {
			d[0] = g.slice("first", grads[0], 0, a.C)
		}
		if needs[1] {
			d[1] = g.slice("second", grads[0], a.C, b.C)
		}
		return d
	}
	return y
}

// slice takes count channels of x from first on.
func (g *Graph) slice(label string, x *Tensor, first, count int) *Tensor {
	y := g.tensor(label, Shape{x.N, count, x.H, x.W})
	g.kernel(label, kernels.SliceChannels(x.kernelMap(), first, count), x, y)
	return y
}

// TileChannels repeats an image of one channel to have channels of them.
func (g *Graph) TileChannels(label string, x *Tensor, channels int) *Tensor {
	if x.C != 1 {
		fail("%s%s: %v has not one channel to repeat", g.scope, label, x.Shape)
	}
	y := g.tensor(label, Shape{x.N, channels, x.H, x.W})
	n := g.kernel(label, kernels.TileChannels(y.kernelMap()), x, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d := g.tensor(label, x.Shape)
		g.kernel(label, kernels.TileChannelsGrad(y.kernelMap()), grads[0], d)
		return []*Tensor{d}
	}
	return y
}

// MaxPool is the maximum over size × size windows, stride apart, inside the image.
func (g *Graph) MaxPool(label string, x *Tensor, size, stride int) *Tensor {
	if x.H < size || x.W < size {
		fail("%s%s: %v is smaller than the window %d", g.scope, label, x.Shape, size)
	}
	p := kernels.Pool{Map: x.kernelMap(), Kernel: size, Stride: stride}
	out := p.Out()
	y := g.tensor(label, Shape{out.N, out.C, out.H, out.W})
	n := g.kernel(label, kernels.MaxPool(p), x, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d := g.tensor("data", x.Shape)
		g.kernel("data", kernels.MaxPoolGrad(p), x, grads[0], d)
		return []*Tensor{d}
	}
	return y
}

// stepWords is the size of the Step uniform (step.wgsl).
const stepWords = 8

// StepBuffer holds what changes from step to step: the host writes StepState
// there before it replays a program.
const StepBuffer = "step"

func (g *Graph) step() *Tensor { return g.Input(StepBuffer, Features(1, stepWords)) }

// Uniform draws numbers from (−1, 1), anew each step. Streams tell the places
// that draw apart.
func (g *Graph) Uniform(label string, s Shape, stream uint32) *Tensor {
	y := g.tensor(label, s)
	g.kernel(label, kernels.FillUniform(s.Len(), stream), g.step(), y)
	return y
}

// DropoutNoise keeps each element with probability keep, scaled by 1 / keep,
// and adds normal noise. With keep 1 and std 0 it is x itself.
func (g *Graph) DropoutNoise(label string, x *Tensor, keep, std float64, stream uint32) *Tensor {
	if keep == 1 && std == 0 {
		return x
	}
	if !(keep > 0 && keep <= 1 && std >= 0) {
		fail("%s%s: dropout with keep probability %g and noise %g", g.scope, label, keep, std)
	}
	y := g.tensor(label, x.Shape)
	drop := kernels.Dropout{Keep: keep, Std: std, Stream: stream}
	n := g.kernel(label, kernels.DropoutNoise(x.Len(), drop), x, y, g.step())
	n.op = dropout(drop)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		if keep == 1 {
			return []*Tensor{grads[0], nil}
		}
		d := g.tensor("data", x.Shape)
		g.kernel("data", kernels.DropoutNoiseGrad(x.Len(), drop), grads[0], d, g.step()).op = dropoutGrad(drop)
		return []*Tensor{d, nil}
	}
	return y
}
