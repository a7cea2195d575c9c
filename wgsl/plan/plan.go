// Package plan lists the ways to compute an operation: which kernels, with which tiles,
// in which order, with how much memory between them.
//
// Its words:
//
//	plan   one way to compute an operation: calls of kernels, and scratch memory
//	tile   the outputs that one invocation, or one workgroup, keeps in registers
//	block  the output channels of a tile; weights are packed block by block
//	quad   four tiles side by side, one vec4 of Winograd's transformed tensors
//	part   a share of a sum that is computed apart; a later kernel adds the parts
//	turn   one pass of a loop that stays a loop
//	unit   how many neighbouring columns of an image one load takes: 1 or 4
//	terms  the products in a kernel's unrolled loops: how long its code is
package plan

import (
	"slices"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

// Plan is one way to compute an operation. Its calls run in order; the
// operands carry the names of the kernels' bindings, as the operation's
// constructor documents them.
type Plan struct {
	Op       string  // the operation and its shapes, the same for all its plans
	Name     string  // of the variant, unique among an operation's
	Target   *Target // whose list it is of
	Winograd bool    // by Winograd's algorithm, which rounds twice as much as direct sums do
	Scratch  map[string]int
	terms    int  // products in its unrolled loops: how long its code is
	moments  bool // the kernel that stores the result computes its moments too
	Calls    []Call
}

// Call runs a kernel on operands of the plan.
type Call struct {
	Kernel   kernels.Kernel
	Operands map[string]Operand // by binding; a binding not named here takes the operand of its own name, whole
}

// Operand is a range of an operand or of scratch memory.
type Operand struct {
	Name         string
	Offset, Size int // in floats; Size 0 is all of it
}

// Operand returns what a binding of the call stands for.
func (c Call) Operand(b expand.Binding) Operand {
	if o, ok := c.Operands[b.Name]; ok {
		return o
	}
	return Operand{Name: b.Name}
}

// fits reports whether every adapter must be able to dispatch the plan's kernels.
func (p Plan) fits() bool {
	return !slices.ContainsFunc(p.Calls, func(c Call) bool { return !c.Kernel.Fits() })
}

// Single is the plan of an operation that is one kernel.
func Single(k kernels.Kernel) Plan { return Plan{Op: k.Name, Name: "only", Calls: []Call{{Kernel: k}}} }
