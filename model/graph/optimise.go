package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// HealthBuffer holds one uint32 that is set as soon as a gradient is not finite;
// from then on the optimiser changes nothing.
const HealthBuffer = "health"

// PartsBuffer is the buffer of the optimiser's table, which the host fills with
// Parts once.
func (s *Store) PartsBuffer() string { return s.name + ".parts" }

// Parts is the optimiser's table of the store's variables.
func (s *Store) Parts() []uint32 { return kernels.OptimizerParts(s.extents()) }

func (s *Store) extents() []kernels.Variable {
	var v []kernels.Variable
	for _, x := range s.vars {
		v = append(v, kernels.Variable{Offset: x.Offset, Length: x.Len()})
	}
	return v
}

// Optimise clips each variable's gradient by its own norm and updates the store's
// values, with the learning rate from the Step buffer.
func (g *Graph) Optimise(s *Store, o kernels.Optimizer) {
	table := s.Parts()
	parts := g.Input(s.PartsBuffer(), Features(1, len(table)))
	health := g.Input(HealthBuffer, scalar)
	squares := g.tensor(s.name+" gradient squares", Features(1, len(table)/4))
	n := g.kernel(s.name+" gradient norms", kernels.GradNorm(s.extents()), parts, s.flat(s.Grads()), squares, health)
	n.effect = true
	k := o.Update(s.extents())
	var args []*Tensor
	for _, b := range k.Bindings() {
		args = append(args, map[string]*Tensor{
			"step": g.step(), "parts": parts, "partials": squares, "health": health,
			"grads": s.flat(s.Grads()), "params": s.flat(s.Values()), "m": s.flat(s.M()), "v": s.flat(s.V()),
		}[b.Name])
	}
	g.kernel(s.name+" update", k, args...)
}

// LoadImages brings images of bytes, channels interleaved, into the graph: the
// host writes form.Len() bytes to the buffer; they become [low, 1], low being −1 or
// 0, resized and repeated to shape.
func (g *Graph) LoadImages(buffer string, form, shape Shape, low float64) *Tensor {
	if form.N != shape.N || form.C != 1 && form.C != shape.C {
		fail("%s: images of %v cannot become %v", buffer, form, shape)
	}
	bytes := g.Input(buffer, Features(1, (form.Len()+3)/4))
	y := g.tensor(buffer, shape)
	g.kernel(buffer, kernels.ImageLoad(form.kernelMap(), shape.kernelMap(), low), bytes, y)
	return y
}

// StoreImages makes a computed image in (−1, 1) readable by the host as bytes,
// channels interleaved: RGB (channels 3) or RGBA (4), grey repeated.
func (g *Graph) StoreImages(buffer string, x *Tensor, channels int) {
	k := kernels.ImageStore(x.kernelMap(), channels)
	pixels := g.Input(buffer, Features(1, (x.N*x.H*x.W*channels+3)/4))
	g.kernel(buffer, k, x, pixels)
}

// Collect copies scalars into the row of a ring [rows,16] that the step's number
// chooses, each into the column of its place in the list. A nil leaves its column
// as it is.
func (g *Graph) Collect(buffer string, rows int, scalars ...*Tensor) {
	if len(scalars) > kernels.MetricColumns {
		fail("%s: %d scalars; a row takes %d", buffer, len(scalars), kernels.MetricColumns)
	}
	ring := g.Input(buffer, Features(rows, kernels.MetricColumns))
	for first := 0; first < len(scalars); {
		count := 0 // of scalars side by side
		for first+count < len(scalars) && scalars[first+count] != nil && count < kernels.MaxMetrics {
			count++
		}
		if count > 0 {
			args := append([]*Tensor{g.step(), ring}, scalars[first:first+count]...)
			g.kernel(buffer, kernels.CollectMetrics(count, first, rows), args...)
		}
		first += max(count, 1)
	}
}
