package graph

import (
	"errors"
	"fmt"
	"slices"

	"pixelda-wgpu/wgsl"
)

// The rules by which convolutions take over what their neighbours do.

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
	p.op, p.plans = c, c.Plans(c.epilogue)
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
		if !ok || c.epilogue != (wgsl.Epilogue{}) {
			continue
		}
		c.epilogue.Residual = true
		n.label, n.op, n.plans = p.label, c, c.Plans(c.epilogue)
		n.operands = merged(map[string]*Tensor{"residual": residual, "y": n.outputs[0]}, p.operands, "x", "w")
		n.inputs = append(slices.Clip(p.inputs), residual)
		*p, *n = *n, *p // at the convolution's place
		return true
	}
	return false
}

// normIntoConvs lets convolutions and the gradients of their weights normalise what they
// load, so that nobody needs to store it. It looks at plans and so must come last: if one
// that is chosen cannot, storing it once is better.
func (f *fusion) normIntoConvs(n *node) bool {
	norm, ok := n.op.(normApply)
	if !ok || norm.Residual || norm.NoBeta || norm.Dropout != (wgsl.Dropout{}) || n.effect {
		return false
	}
	y := n.outputs[0]
	readers := f.readers(y)
	plans := make([]wgsl.Plan, len(readers))
	for i, r := range readers {
		if plans[i], ok = f.normalising(r, y, wgsl.Prologue{Norm: true, Act: norm.Act}); !ok {
			return false
		}
	}
	for i, r := range readers {
		r.plans = plans[i : i+1]
		r.operands = merged(r.operands, n.operands, "x", "mean", "inv_std", "beta")
		r.inputs = slices.DeleteFunc(slices.Concat(r.inputs, n.inputs), func(t *Tensor) bool { return t == y })
	}
	return true
}

// normalising returns the plan that is chosen for r, but with a prologue that makes y,
// if it can have one and y is only the input that has one.
func (f *fusion) normalising(r *node, y *Tensor, p wgsl.Prologue) (plan wgsl.Plan, ok bool) {
	var plans []wgsl.Plan
	switch op := r.op.(type) {
	case convolution:
		op.Prologue = p
		plans = op.Plans(op.epilogue)
	case weightGrad:
		op.Prologue = p
		plans = wgsl.Conv(op).WeightGradPlans()
	}
	reads := 0
	for _, in := range r.inputs {
		if in.memory() == y {
			reads++
		}
	}
	if len(plans) == 0 || r.operands["x"] != y || reads != 1 {
		return wgsl.Plan{}, false
	}
	chosen, err := r.plan(f.choose)
	if err != nil {
		f.err = errors.Join(f.err, fmt.Errorf("%s: %w", r.label, err))
		return wgsl.Plan{}, false
	}
	i := slices.IndexFunc(plans, func(p wgsl.Plan) bool { return p.Name == chosen.Name })
	if i < 0 {
		return wgsl.Plan{}, false
	}
	return plans[i], true
}

// after reports whether t is computed after n.
func (f *fusion) after(t *Tensor, n *node) bool {
	return slices.IndexFunc(f.nodes, func(m *node) bool { return slices.Contains(m.outputs, t.memory()) }) > slices.Index(f.nodes, n)
}
