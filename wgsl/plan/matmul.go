package plan

import (
	"fmt"
	"iter"
	"maps"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

// MatMul is the shape of C[M,N] = A·B with A [M,K] and B [K,N], of which either
// may be stored transposed.
type MatMul struct {
	M, N, K int
	TransA  bool // A is stored [K,M]
	TransB  bool // B is stored [N,K]
}

// FLOPs counts a multiply and an add for each term.
func (s MatMul) FLOPs() float64 { return 2 * float64(s.M) * float64(s.N) * float64(s.K) }

func (s MatMul) String() string {
	a, b := "", ""
	if s.TransA {
		a = "ᵀ"
	}
	if s.TransB {
		b = "ᵀ"
	}
	return fmt.Sprintf("%d×%d%s·%d×%d%s", s.M, s.K, a, s.K, s.N, b)
}

// Plans are the ways to compute the product on a target, in the order of preference.
// Operands: a, b, bias [N] if the epilogue has one, c [M,N]. There is none for what takes
// more workgroups or loops than any adapter must run.
func (s MatMul) Plans(e Epilogue, t *Target) iter.Seq[Plan] {
	return preferred("matmul "+s.String()+e.String(), t, t.MatMul, false, func(w matMulWay) (Plan, bool) {
		return w.matMul(s, e)
	})
}

// kernel is a form of the product for so many rows of A.
func (s MatMul) kernel(file string, e Epilogue, rows int, groups [3]uint32, form expand.Params) kernels.Kernel {
	p := e.Act.Set(expand.Params{
		"M": rows, "N": s.N, "K": s.K, "A_M": s.K, "A_K": 1, "B_K": s.N, "B_N": 1,
		"BIAS": e.Bias,
	})
	if s.TransA {
		p["A_M"], p["A_K"] = 1, s.M
	}
	if s.TransB {
		p["B_K"], p["B_N"] = 1, s.K
	}
	maps.Copy(p, form)
	share := float64(rows) / float64(s.M)
	bytes := 4 * float64(s.M*s.K+s.K*s.N+s.M*s.N)
	return kernels.New(fmt.Sprintf("%s %s", file[:len(file)-len(".wgsl")], s), file, p, groups, s.FLOPs()*share,
		bytes*share)
}

// direct is matmul_direct.wgsl: so many rows a dispatch, of which an invocation takes a
// tile for some columns.
func (s MatMul) direct(name string, e Epilogue, rows, tile, columns int, uniform bool) Plan {
	form, _ := s.form()
	group := 64
	if s.N/columns < 512 {
		group = 8 * max(1, min(2, s.N/columns/8)) // rather more workgroups than full ones
	}
	k := s.kernel("matmul_direct.wgsl", e, rows,
		[3]uint32{uint32(kernels.CeilDiv(s.N, columns*group)), uint32(kernels.CeilDiv(rows, tile)), 1},
		expand.Params{"TILE": tile, "WORKGROUP": group, "FORM": form, "COLUMNS": columns, "UNIFORM": uniform,
			"A_VEC4": max(1, rows*s.K/4)})
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

func (uniformRows) matMul(s MatMul, e Epilogue) (Plan, bool) {
	form, columns := s.form()
	rows := largestDivisor(s.M, min(16, maxUniformFloats/s.K))
	if form != 1 && form != 2 || s.K > kernels.MaxTurns || rows < s.M &&
		(rows < 4 || rows*s.K%64 != 0 || rows*s.N%64 != 0) {
		return Plan{}, false
	}
	if form == 1 && s.N >= 32 {
		columns = 4
	}
	return s.direct("direct uniform", e, rows, rows, columns, true), true
}

// rowTile is the product with so many rows of C an invocation.
type rowTile int

func (tile rowTile) matMul(s MatMul, e Epilogue) (Plan, bool) {
	_, columns := s.form()
	return s.direct(fmt.Sprintf("direct %d", int(tile)), e, s.M, int(tile), columns, false), s.K <= kernels.MaxTurns
}

// splitTile is the product with a workgroup for so many rows and columns, whose lanes
// share the terms.
type splitTile int

func (tile splitTile) matMul(s MatMul, e Epilogue) (Plan, bool) {
	if s.K > 64*kernels.MaxTurns {
		return Plan{}, false
	}
	p := Single(s.kernel("matmul_split.wgsl", e, s.M,
		[3]uint32{uint32(kernels.CeilDiv(s.N, int(tile))), uint32(kernels.CeilDiv(s.M, int(tile))), 1},
		expand.Params{"TILE": int(tile), "WORKGROUP": 64}))
	p.Name = fmt.Sprintf("split %d", int(tile))
	return p, true
}

// form is how matmul_direct.wgsl may read the operands by vec4, and how many
// columns a lane then takes.
func (s MatMul) form() (form, columns int) {
	switch {
	case s.TransB && !s.TransA && s.K%4 == 0:
		return 1, 1
	case !s.TransB && !s.TransA && s.N%4 == 0 && s.K%4 == 0:
		return 2, 4
	case !s.TransB && s.TransA && s.N%4 == 0 && s.M%4 == 0:
		return 3, 4
	}
	return 0, 1
}
