package plan

import (
	"iter"
	"maps"

	"pixelda-wgpu/wgsl/kernels"
)

// Conv lists the ways to compute a convolution on a target, in the order of preference.
// Operands: x [N,InC,InH,InW], w [OutC,InC,KernelH,KernelW] (of a data gradient: the
// forward weights), bias [OutC], residual and partials if the epilogue has them, those of
// the prologue, y [N,OutC,OutH,OutW]. There is none for what takes more workgroups than any
// adapter must run.
func Conv(c kernels.Conv, e kernels.Epilogue, t *Target) iter.Seq[Plan] {
	op := "conv " + c.String() + c.Prologue.String() + e.String()
	return preferred(op, t, t.Conv, c.FLOPs() < t.Brief, func(w convWay) (Plan, bool) {
		p, ok := w.conv(t, c, e)
		if !ok {
			return p, false
		}
		if c.Prologue.Norm && !p.Winograd {
			p = normalizedFirst(p, c)
		}
		if e.Moments && !p.moments {
			p.Calls = append(p.Calls, Call{
				Kernel:   kernels.BatchNormStats(kernels.BatchNorm{Map: c.Out()}),
				Operands: map[string]Operand{"x": {Name: "y"}},
			})
		}
		return p, true
	})
}

// WeightGrad lists the ways to compute the gradient of the weights of a forward
// convolution on a target, in the order of preference. Operands: x [N,InC,InH,InW],
// dy [N,OutC,OutH,OutW], dw [OutC,InC,KernelH,KernelW], those of the prologue.
func WeightGrad(c kernels.Conv, t *Target) iter.Seq[Plan] {
	op := "conv weight " + c.String() + c.Prologue.String()
	return preferred(op, t, t.WeightGrad, c.FLOPs() < t.Brief, func(w weightWay) (Plan, bool) {
		p, ok := w.weightGrad(t, c)
		if ok && c.Prologue.Norm && !p.Winograd {
			p = normalizedFirst(p, c)
		}
		return p, ok
	})
}

// AbsorbsNorm reports whether plans that the target may prefer normalise x on a pass that
// they make anyway: the transform of Winograd's algorithm.
func AbsorbsNorm(c kernels.Conv, t *Target) bool {
	_, ok := t.Absorbs.tiles(c)
	return ok && c.FLOPs() >= t.AbsorbsWork
}

// normalizedFirst completes a plan whose kernels do not know the prologue: it begins with
// a pass that leaves the normalised x in scratch memory.
func normalizedFirst(p Plan, c kernels.Conv) Plan {
	calls := []Call{{
		Kernel:   kernels.BatchNormApply(kernels.BatchNorm{Map: c.In(), Act: c.Prologue.Act}),
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
	scratch := map[string]int{"normalized": c.In().Len()}
	maps.Copy(scratch, p.Scratch)
	p.Scratch, p.Calls = scratch, calls
	return p
}

// inFloats is the convolution as the plans see it that have no use for halves.
func inFloats(c kernels.Conv) kernels.Conv {
	c.Half = kernels.Half{}
	return c
}

// maxUniformFloats is what a uniform binding holds on any adapter.
const maxUniformFloats = kernels.MaxUniformBinding / 4

// aligned reports whether a binding may begin after so many floats.
func aligned(floats int) bool { return floats%64 == 0 }

// largestDivisor returns the largest divisor of n that is at most most, or 0.
func largestDivisor(n, most int) int {
	for d := min(n, most); d > 0; d-- {
		if n%d == 0 {
			return d
		}
	}
	return 0
}
