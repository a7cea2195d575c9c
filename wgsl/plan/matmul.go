package plan

import (
	"fmt"
	"iter"

	"pixelda-wgpu/wgsl/kernels"
)

// MatMul lists the ways to compute a product on a target, in the order of preference.
// Operands: a, b, bias [N] if the epilogue has one, c [M,N]. There is none for what takes
// more workgroups or loops than any adapter must run.
func MatMul(s kernels.MatMul, e kernels.Epilogue, t *Target) iter.Seq[Plan] {
	return preferred("matmul "+s.String()+e.String(), t, t.MatMul, false, func(w matMulWay) (Plan, bool) {
		return w.matMul(s, e)
	})
}

// rowsByRows is the product by matmul_direct.wgsl, so many rows a dispatch.
func rowsByRows(name string, s kernels.MatMul, e kernels.Epilogue, rows, tile, columns int, uniform bool) Plan {
	k := kernels.MatMulDirect(s, e, rows, tile, columns, uniform)
	p := Plan{Name: name}
	for m := 0; m < s.M; m += rows {
		a, c := Operand{Name: "a"}, Operand{Name: "c"}
		if rows < s.M {
			a, c = Operand{"a", m * s.K, rows * s.K}, Operand{"c", m * s.N, rows * s.N}
		}
		p.Calls = append(p.Calls, Call{Kernel: k, Operands: map[string]Operand{"a": a, "a4": a, "a_uniform": a,
			"b4": {Name: "b"}, "c": c, "c4": c}})
	}
	return p
}

// uniformRows is the product with A in a uniform buffer, as many rows a dispatch as fit.
type uniformRows struct{}

func (uniformRows) matMul(s kernels.MatMul, e kernels.Epilogue) (Plan, bool) {
	form, columns := s.Form()
	rows := largestDivisor(s.M, min(16, maxUniformFloats/s.K))
	if form != 1 && form != 2 || s.K > kernels.MaxTurns || rows < s.M &&
		(rows < 4 || !aligned(rows*s.K) || !aligned(rows*s.N)) {
		return Plan{}, false
	}
	if form == 1 && s.N >= 32 {
		columns = 4
	}
	return rowsByRows("direct uniform", s, e, rows, rows, columns, true), true
}

// rowTile is the product with so many rows of C an invocation.
type rowTile int

func (tile rowTile) matMul(s kernels.MatMul, e kernels.Epilogue) (Plan, bool) {
	_, columns := s.Form()
	name := fmt.Sprintf("direct %d", int(tile))
	return rowsByRows(name, s, e, s.M, int(tile), columns, false), s.K <= kernels.MaxTurns
}

// splitTile is the product with a workgroup for so many rows and columns, whose lanes
// share the terms.
type splitTile int

func (tile splitTile) matMul(s kernels.MatMul, e kernels.Epilogue) (Plan, bool) {
	if s.K > 64*kernels.MaxTurns {
		return Plan{}, false
	}
	p := Single(kernels.MatMulSplit(s, e, int(tile)))
	p.Name = fmt.Sprintf("split %d", int(tile))
	return p, true
}
