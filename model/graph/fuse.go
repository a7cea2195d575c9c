package graph

import (
	"iter"
	"maps"
	"slices"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// Fusion joins neighbouring operations into one kernel where that saves passes over
// memory: models and their gradients are written without regard to it. The rules know
// operations by these marks.
type (
	convolution struct {
		kernels.Conv
		epilogue kernels.Epilogue
	}
	weightGrad kernels.Conv      // of a convolution
	normStats  struct{}          // reads x, writes partials
	normApply  kernels.BatchNorm // in training
	normGrad   struct {          // either of the gradient's two passes, as kernel makes it
		kernels.BatchNorm
		kernel func(kernels.BatchNorm) kernels.Kernel
	}
	dropout        kernels.Dropout
	dropoutGrad    kernels.Dropout
	activationGrad struct {
		act    kernels.Act
		behind kernels.Dropout
	}
	channelSum kernels.Map
	sum        struct{} // of a and b
)

func (c convolution) ways(t *plan.Target) iter.Seq[plan.Plan] {
	return plan.Conv(c.Conv, c.epilogue, t)
}

func (c weightGrad) ways(t *plan.Target) iter.Seq[plan.Plan] {
	return plan.WeightGrad(kernels.Conv(c), t)
}

// fuse returns the operations of a program for a target with those that can be joined
// joined. Those of the graph stay as they are.
func fuse(nodes []*node, t *plan.Target) []*node {
	f := fusion{t, make([]*node, len(nodes))}
	for i, n := range nodes {
		c := *n
		f.nodes[i] = &c
	}
	for _, rule := range []func(*node) bool{f.dropoutIntoNorm, f.dropoutIntoGradients, f.sumIntoActivation,
		f.momentsIntoConv, f.sumIntoConv, f.normIntoConv} {
		for i := 0; i < len(f.nodes); {
			if rule(f.nodes[i]) {
				f.nodes = slices.Delete(f.nodes, i, i+1)
			} else {
				i++
			}
		}
	}
	return f.nodes
}

// fusion holds the operations while they are joined. Each rule reports whether what an
// operation did is now done elsewhere.
type fusion struct {
	target *plan.Target
	nodes  []*node
}

// dropoutIntoNorm lets a normalisation drop and add noise to what it stores, where
// nobody wants to see it before.
func (f *fusion) dropoutIntoNorm(n *node) bool {
	apply, ok := n.op.(normApply)
	if !ok || apply.Residual {
		return false
	}
	y := n.operands["y"]
	readers := f.readers(y)
	if len(readers) != 1 || y.buffer != "" {
		return false
	}
	drop := readers[0]
	d, ok := drop.op.(dropout)
	if !ok {
		return false
	}
	apply.Dropout = kernels.Dropout(d)
	drop.label, drop.op = n.label, apply
	drop.rewrite(kernels.BatchNormApply(kernels.BatchNorm(apply)), n.operands, "x", "mean", "inv_std", "beta")
	return true
}

// dropoutIntoGradients lets the gradients of what a dropout follows draw its mask
// themselves.
func (f *fusion) dropoutIntoGradients(n *node) bool {
	d, ok := n.op.(dropoutGrad)
	if !ok || n.effect {
		return false
	}
	readers := f.readers(n.operands["dx"])
	for _, r := range readers {
		switch op := r.op.(type) {
		case normGrad:
			ok = ok && op.Dropout == kernels.Dropout{}
		case activationGrad:
			ok = ok && op.behind == kernels.Dropout{}
		default:
			ok = false
		}
	}
	if !ok {
		return false
	}
	for _, r := range readers {
		var k kernels.Kernel
		switch op := r.op.(type) {
		case normGrad:
			op.Dropout = kernels.Dropout(d)
			r.op, k = op, op.kernel(op.BatchNorm)
		case activationGrad:
			op.behind = kernels.Dropout(d)
			r.op, k = op, kernels.ActivationGrad(r.outputs[0].Len(), op.act, op.behind)
		}
		r.rewrite(k, n.operands, "dy", "step")
	}
	return true
}

// sumIntoActivation lets the gradient of an activation add up the bias's.
func (f *fusion) sumIntoActivation(n *node) bool {
	m, ok := n.op.(channelSum)
	if !ok || m.H*m.W%4 != 0 {
		return false
	}
	p := f.producer(n.operands["x"])
	if p == nil {
		return false
	}
	op, ok := p.op.(activationGrad)
	if !ok {
		return false
	}
	p.op = nil // it is no plain gradient any more
	p.outputs = append(slices.Clip(p.outputs), n.outputs...)
	p.rewrite(kernels.ActivationGradSum(kernels.Map(m), op.act, op.behind), n.operands, "partials")
	return true
}

// after reports whether t is computed after n.
func (f *fusion) after(t *Tensor, n *node) bool {
	return slices.IndexFunc(f.nodes, func(m *node) bool {
		return slices.Contains(m.outputs, t.memory())
	}) > slices.Index(f.nodes, n)
}

// producer returns the operation that computes t, unless that is seen in another shape.
func (f *fusion) producer(t *Tensor) *node {
	for _, n := range f.nodes {
		if slices.Contains(n.outputs, t) {
			return n
		}
	}
	return nil
}

// readers lists the operations that read t's memory.
func (f *fusion) readers(t *Tensor) []*node {
	var readers []*node
	for _, n := range f.nodes {
		if slices.ContainsFunc(n.inputs, func(in *Tensor) bool { return in.memory() == t.memory() }) {
			readers = append(readers, n)
		}
	}
	return readers
}

// rewrite makes n the single kernel k, with some operands of another operation beside
// its own.
func (n *node) rewrite(k kernels.Kernel, operands map[string]*Tensor, names ...string) {
	only := plan.Single(k)
	n.only, n.ways = &only, nil
	n.operands = merged(n.operands, operands, names...)
	n.inputs = nil
	for _, b := range k.Bindings() {
		if t := n.operands[b.Name]; !slices.Contains(n.outputs, t) {
			n.inputs = append(n.inputs, t)
		}
	}
}

// merged is own with some of another operation's operands besides.
func merged(own, others map[string]*Tensor, names ...string) map[string]*Tensor {
	m := maps.Clone(own)
	for _, name := range names {
		m[name] = others[name]
	}
	return m
}
