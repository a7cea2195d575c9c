package plan

import (
	"fmt"
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

// Plans lists the ways to compute the product. Operands: a, b, bias [N] if the
// epilogue has one, c [M,N]. There is none for what takes more workgroups or
// loops than any adapter must run.
func (s MatMul) Plans(e Epilogue) []Plan {
	p := e.Act.Set(expand.Params{
		"M": s.M, "N": s.N, "K": s.K, "A_M": s.K, "A_K": 1, "B_K": s.N, "B_N": 1,
		"BIAS": e.Bias,
	})
	if s.TransA {
		p["A_M"], p["A_K"] = 1, s.M
	}
	if s.TransB {
		p["B_K"], p["B_N"] = 1, s.K
	}
	bytes := 4 * float64(s.M*s.K+s.K*s.N+s.M*s.N)
	variant := func(file string, rows int, groups [3]uint32, more expand.Params) kernels.Kernel { // for so many rows of A
		maps.Copy(more, p)
		more["M"] = rows
		share := float64(rows) / float64(s.M)
		return kernels.New(fmt.Sprintf("%s %s", file[:len(file)-len(".wgsl")], s), file, more, groups, s.FLOPs()*share, bytes*share)
	}
	var plans []Plan
	form, columns := s.form()
	direct := func(name string, rows, tile, columns int, uniform bool) Plan {
		group := 64
		if s.N/columns < 512 {
			group = 8 * max(1, min(2, s.N/columns/8)) // rather more workgroups than full ones
		}
		k := variant("matmul_direct.wgsl", rows, [3]uint32{uint32(kernels.CeilDiv(s.N, columns*group)), uint32(kernels.CeilDiv(rows, tile)), 1},
			expand.Params{"TILE": tile, "WORKGROUP": group, "FORM": form, "COLUMNS": columns, "UNIFORM": uniform, "A_VEC4": max(1, rows*s.K/4)})
		pl := Plan{Name: name, CPU: true, Lavapipe: uniform}
		for m := 0; m < s.M; m += rows {
			a, c := Operand{Name: "a"}, Operand{Name: "c"}
			if rows < s.M {
				a, c = Operand{"a", m * s.K, rows * s.K}, Operand{"c", m * s.N, rows * s.N}
			}
			pl.Calls = append(pl.Calls, Call{Kernel: k, Operands: map[string]Operand{"a": a, "a4": a, "a_uniform": a, "b4": {Name: "b"}, "c": c, "c4": c}})
		}
		return pl
	}
	if rows := largestDivisor(s.M, min(16, maxUniformFloats/s.K)); (form == 1 || form == 2) && s.K <= kernels.MaxTurns &&
		(rows == s.M || rows >= 4 && rows*s.K%64 == 0 && rows*s.N%64 == 0) {
		wide := columns
		if form == 1 && s.N >= 32 {
			wide = 4
		}
		plans = append(plans, direct("direct uniform", rows, rows, wide, true))
	}
	for _, tile := range []int{16, 32} {
		if s.K > kernels.MaxTurns {
			break
		}
		plans = append(plans, direct(fmt.Sprintf("direct %d", tile), s.M, tile, columns, false))
	}
	for _, tile := range []int{4, 2} {
		if s.K > 64*kernels.MaxTurns {
			break
		}
		pl := Single(variant("matmul_split.wgsl", s.M, [3]uint32{uint32(kernels.CeilDiv(s.N, tile)), uint32(kernels.CeilDiv(s.M, tile)), 1},
			expand.Params{"TILE": tile, "WORKGROUP": 64}))
		pl.Name = fmt.Sprintf("split %d", tile)
		plans = append(plans, pl)
	}
	return fitting("matmul "+s.String()+e.String(), plans)
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
