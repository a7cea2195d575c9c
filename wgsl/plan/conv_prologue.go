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

// AbsorbsNorm reports whether plans that every kind of adapter may prefer normalise x on
// a pass that they make anyway: the transform of Winograd's algorithm.
func (c Conv) AbsorbsNorm() bool {
	_, ok := c.tiles(leastChannels(true), cachedLavapipe)
	return ok && c.FLOPs() >= worthCompiling
}

// normalizeFirst completes the plans whose kernels do not know the prologue: they begin
// with a pass that leaves the normalised x in scratch memory.
func (c Conv) normalizeFirst(plans []Plan) {
	if !c.Prologue.Norm {
		return
	}
	in := kernels.Map{c.N, c.InC, c.InH, c.InW}
	apply := Call{Kernel: kernels.BatchNormApply(kernels.BatchNorm{Map: in, Act: c.Prologue.Act}), Operands: map[string]Operand{"y": {Name: "normalized"}}}
	for i := range plans {
		p := &plans[i]
		if p.Winograd {
			continue
		}
		scratch := map[string]int{"normalized": in.Len()}
		maps.Copy(scratch, p.Scratch)
		calls := []Call{apply}
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
		p.Scratch, p.Calls = scratch, calls
	}
}
