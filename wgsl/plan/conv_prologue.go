package plan

import (
	"maps"

	"pixelda-wgpu/wgsl/kernels"
)

// Prologue is what a convolution and the gradient of its weights do with their input x
// before they sum. The zero value is nothing.
type Prologue struct {
	Norm bool        // normalises it by the operands mean, inv_std and beta, all [InC], as BatchNormApply does
	Act  kernels.Act // behind it
}

func (p Prologue) String() string {
	s := ""
	if p.Norm {
		s = " of norm"
	}
	if p.Act != kernels.NoAct {
		s += " " + p.Act.String()
	}
	return s
}

// AbsorbsNorm reports whether plans that the target may prefer normalise x on a pass that
// they make anyway: the transform of Winograd's algorithm.
func (c Conv) AbsorbsNorm(t *Target) bool {
	_, ok := c.tiles(t.Absorbs.leastChannels, t.Absorbs.cached)
	return ok && c.FLOPs() >= t.AbsorbsWork
}

// normalizedFirst completes a plan whose kernels do not know the prologue: it begins with
// a pass that leaves the normalised x in scratch memory.
func (c Conv) normalizedFirst(p Plan) Plan {
	in := kernels.Map{N: c.N, C: c.InC, H: c.InH, W: c.InW}
	calls := []Call{{
		Kernel:   kernels.BatchNormApply(kernels.BatchNorm{Map: in, Act: c.Prologue.Act}),
		Operands: map[string]Operand{"y": {Name: "normalized"}},
	}}
	for _, call := range p.Calls {
		operands := map[string]Operand{"x": {Name: "x"}}
		maps.Copy(operands, call.Operands)
		for binding, o := range operands {
			if o.Name == "x" {
				o.Name = "normalized"
				operands[binding] = o
			}
		}
		calls = append(calls, Call{call.Kernel, operands})
	}
	scratch := map[string]int{"normalized": in.Len()}
	maps.Copy(scratch, p.Scratch)
	p.Scratch, p.Calls = scratch, calls
	return p
}
