package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// PaddedConv is a convolution with pad rows and columns of zeros on each side,
// followed by bias (unless nil) and activation: x [N,I,H,W], w [O,I,K,K], bias
// [1,O,1,1] → [N,O,⌊(H + 2·pad − K) / stride⌋ + 1, …]. Pad 0 is TensorFlow's VALID.
func (g *Graph) PaddedConv(label string, x, w, bias *Tensor, stride, pad int, act kernels.Act) *Tensor {
	if w.C != x.C || w.H != w.W || stride < 1 || pad < 0 || pad >= w.H || min(x.H, x.W)+2*pad < w.H || bias != nil &&
		bias.Len() != w.N {
		fail("%s%s: convolution of %v with weights %v%s, stride %d and %d of padding", g.scope, label, x.Shape, w.Shape,
			andBias(bias), stride, pad)
	}
	return g.convolve(label, x, w, bias, kernels.PaddedConv(x.N, x.C, x.H, x.W, w.N, w.H, stride, pad), act)
}

// TransposedConv is the data gradient of a convolution taken as a layer, followed by
// bias (unless nil) and activation: x [N,I,H,W], w [I,O,K,K] as PyTorch has it, bias
// [1,O,1,1] → [N,O,(H − 1)·stride − 2·pad + K, …].
func (g *Graph) TransposedConv(label string, x, w, bias *Tensor, stride, pad int, act kernels.Act) *Tensor {
	outH, outW := (x.H-1)*stride-2*pad+w.H, (x.W-1)*stride-2*pad+w.W
	if w.N != x.C || w.H != w.W || stride < 1 || pad < 0 || pad >= w.H || min(outH, outW) < 1 || bias != nil &&
		bias.Len() != w.C {
		fail("%s%s: transposed convolution of %v with weights %v%s, stride %d and %d of padding", g.scope, label,
			x.Shape, w.Shape, andBias(bias), stride, pad)
	}
	c := kernels.PaddedConv(x.N, w.C, outH, outW, w.N, w.H, stride, pad) // from y to x
	c.Half = g.half.Swapped()
	operands := map[string]*Tensor{"x": x, "w": w}
	inputs := []*Tensor{x, w}
	if bias != nil {
		operands["bias"], inputs = bias, append(inputs, bias)
	}
	y := g.add(g.tensor(label, Shape{x.N, w.C, outH, outW}), "y",
		convolution{c.DataGrad(), kernels.Epilogue{Bias: bias != nil, Act: act}}.ways, operands, inputs...)
	y.node.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		dz := g.activationGrad(grads[0], y, act)
		in := make([]*Tensor, len(inputs))
		if needs[1] {
			in[1] = g.add(g.tensor("weight", w.Shape), "dw", weightGrad(c).ways, map[string]*Tensor{"x": dz, "dy": x},
				dz, x)
		}
		if bias != nil && needs[2] {
			in[2] = g.channelSum("bias", dz)
		}
		if needs[0] {
			in[0] = g.add(g.tensor("data", x.Shape), "y", convolution{Conv: c}.ways,
				map[string]*Tensor{"x": dz, "w": w}, dz, w)
		}
		return in
	}
	return y
}
