package graph

import "slices"

// Term is a scalar loss and its weight in the sum that is minimised.
type Term struct {
	Loss   *Tensor
	Weight float64
}

// Backward differentiates the weighted sum of losses with respect to the
// variables of stores, and leaves each variable's gradient at its place in the
// store's gradient buffer. Variables of other stores count as constants, so
// nothing is computed for them. A variable that the losses do not depend on
// keeps a gradient of zero.
func (g *Graph) Backward(losses []Term, stores ...*Store) {
	wanted := map[string]*Store{}
	for _, s := range stores {
		wanted[s.Values()] = s
	}
	isVariable := func(t *Tensor) bool { return t.node == nil && t.base == nil && wanted[t.buffer] != nil }

	// Which tensors depend on a wanted variable.
	depends := map[*Tensor]bool{}
	dependsOn := func(t *Tensor) bool { return depends[t] || isVariable(t) }
	forward := g.nodes
	for _, n := range forward {
		for _, in := range n.inputs {
			if dependsOn(in) {
				for _, out := range n.outputs {
					depends[out] = true
				}
			}
		}
	}

	// A variable read in several places is several tensors: gather by place.
	type place struct {
		buffer string
		offset int
	}
	contributions := map[*Tensor][]*Tensor{}
	variables := map[place][]*Tensor{}
	shapes := map[place]*Tensor{}
	var order []place
	contribute := func(t, grad *Tensor) {
		if !isVariable(t) {
			contributions[t] = append(contributions[t], grad)
			return
		}
		p := place{wanted[t.buffer].Grads(), t.offset}
		if variables[p] == nil {
			order, shapes[p] = append(order, p), t
		}
		variables[p] = append(variables[p], grad)
	}

	for _, l := range losses {
		if l.Weight == 0 || !depends[l.Loss] {
			continue
		}
		n := l.Loss.node
		if n == nil || n.lossGrad == nil || l.Loss != n.outputs[0] {
			fail("backward: %s is not a loss", l.Loss.label)
		}
		for _, c := range n.constants {
			if dependsOn(c) {
				fail("backward: %s has no gradient for %s", l.Loss.label, c.label)
			}
		}
		in, grad := n.lossGrad(l.Weight)
		contribute(in, grad)
	}
	outer := g.scope
	defer func() { g.scope = outer }()
	for _, n := range slices.Backward(forward) {
		grads := make([]*Tensor, len(n.outputs))
		any := false
		for j, out := range n.outputs {
			if c := contributions[out]; len(c) > 0 {
				g.scope = n.label + ".grad."
				grads[j], any = g.sum(c), true
			}
		}
		if !any {
			continue
		}
		if n.backward == nil {
			fail("backward: %s has no gradient", n.label)
		}
		needs := make([]bool, len(n.inputs))
		for j, in := range n.inputs {
			needs[j] = dependsOn(in)
		}
		g.scope = n.label + ".grad."
		for j, grad := range n.backward(grads, needs) {
			if needs[j] && grad != nil {
				contribute(n.inputs[j], grad)
			}
		}
	}
	totals := make([]*Tensor, len(order))
	for i, p := range order {
		g.scope = shapes[p].label + ".grad."
		totals[i] = g.sum(variables[p]).memory()
	}
	read := g.read(totals)
	for i, p := range order {
		g.scope = shapes[p].label + ".grad."
		m := totals[i]
		if read[m] || !m.node.exact {
			m = g.sumRows("copy", m, shapes[p].Shape)
		}
		m.buffer, m.offset = p.buffer, p.offset
		m.node.effect = true
	}
}

// read lists the tensors that operations read, and of totals those that are to
// be copied to several places. Such a gradient cannot lie beside those that its
// readers write: no dispatch may read one part of a buffer and write another.
func (g *Graph) read(totals []*Tensor) map[*Tensor]bool {
	read := map[*Tensor]bool{}
	for _, n := range g.nodes {
		if n.view() {
			continue // a view
		}
		for _, in := range n.inputs {
			read[in.memory()] = true
		}
	}
	seen := map[*Tensor]bool{}
	for _, m := range totals {
		read[m] = read[m] || seen[m]
		seen[m] = true
	}
	return read
}

// sum adds up gradients that reach a tensor on several ways.
func (g *Graph) sum(grads []*Tensor) *Tensor {
	total := grads[0]
	for _, t := range grads[1:] {
		total = g.Add(total, t)
	}
	return total
}
