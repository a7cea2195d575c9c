package graph

import (
	"slices"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// momentsIntoConv lets a convolution find the moments of what it stores.
func (f *fusion) momentsIntoConv(n *node) bool {
	if _, ok := n.op.(normStats); !ok {
		return false
	}
	p := f.producer(n.operands["x"])
	if p == nil {
		return false
	}
	c, ok := p.op.(convolution)
	if !ok || c.epilogue.Moments {
		return false
	}
	c.epilogue.Moments = true
	p.op, p.ways = c, c.ways
	p.outputs = append(slices.Clip(p.outputs), n.outputs...)
	p.operands = merged(p.operands, n.operands, "partials")
	return true
}

// sumIntoConv lets a convolution add what its result is only wanted for together with:
// the gradient that passes a residual block by.
func (f *fusion) sumIntoConv(n *node) bool {
	if _, ok := n.op.(sum); !ok {
		return false
	}
	a, b := n.operands["a"], n.operands["b"]
	for _, pair := range [][2]*Tensor{{a, b}, {b, a}} {
		t, residual := pair[0], pair[1]
		p := f.producer(t)
		if p == nil || t.buffer != "" || len(f.readers(t)) != 1 || t == residual || f.after(residual, p) {
			continue
		}
		c, ok := p.op.(convolution)
		if !ok || c.epilogue != (kernels.Epilogue{}) {
			continue
		}
		c.epilogue.Residual = true
		n.label, n.op, n.only, n.ways = p.label, c, nil, c.ways
		n.operands = merged(map[string]*Tensor{"residual": residual, "y": n.outputs[0]}, p.operands, "x", "w")
		n.inputs = append(slices.Clip(p.inputs), residual)
		*p, *n = *n, *p // at the convolution's place
		return true
	}
	return false
}

// normIntoConv lets convolutions, and the gradients of their weights, normalise what they
// read where nobody else reads it: no kernel stores it, and no memory holds it for the
// backward pass. Where another plan than Winograd's is chosen for one of them, that begins
// with a pass of its own. The chooser that picks it has timed it so; at worst, if it does
// for both, there is one pass more than before, small beside either.
func (f *fusion) normIntoConv(n *node) bool {
	apply, ok := n.op.(normApply)
	y := n.operands["y"]
	if !ok || apply.Residual || apply.NoBeta || apply.Dropout != (kernels.Dropout{}) || y.buffer != "" {
		return false
	}
	readers := f.readers(y)
	joined := make([]node, len(readers))
	for i, r := range readers {
		joined[i] = *r
		j := &joined[i]
		switch op := r.op.(type) {
		case convolution:
			op.Prologue = kernels.Prologue{Norm: true, Act: apply.Act}
			j.op, j.ways, ok = op, op.ways, plan.AbsorbsNorm(op.Conv, f.target)
		case weightGrad:
			op.Prologue = kernels.Prologue{Norm: true, Act: apply.Act}
			j.op, j.ways, ok = op, op.ways, plan.AbsorbsNorm(kernels.Conv(op), f.target)
		default:
			return false
		}
		j.inputs = slices.DeleteFunc(slices.Clone(r.inputs), func(in *Tensor) bool { return in == y })
		if !ok || r.operands["x"] != y || len(j.inputs) != len(r.inputs)-1 {
			return false // it reads another view of it, or not only as its x
		}
		j.inputs = append(j.inputs, n.inputs...)
		j.operands = merged(r.operands, n.operands, "x", "mean", "inv_std", "beta")
	}
	for i, r := range readers {
		*r = joined[i]
	}
	return true
}
