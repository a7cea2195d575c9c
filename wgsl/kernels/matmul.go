package kernels

import (
	"fmt"
	"maps"

	"pixelda-wgpu/wgsl/expand"
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

// Form is how matmul_direct.wgsl may read the operands by vec4, and how many
// columns a lane then takes.
func (s MatMul) Form() (form, columns int) {
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

// MatMulDirect is matmul_direct.wgsl for so many rows of C: an invocation takes a tile of
// them, for some columns. A comes from a uniform buffer or from storage.
//
//	a, a4 or a_uniform  read        the rows of A
//	b or b4             read        [K, N]
//	bias                read        [N], if the epilogue has it
//	c or c4             read_write  the rows of C
func MatMulDirect(s MatMul, e Epilogue, rows, tile, columns int, uniform bool) Kernel {
	form, _ := s.Form()
	group := 64
	if s.N/columns < 512 {
		group = 8 * max(1, min(2, s.N/columns/8)) // rather more workgroups than full ones
	}
	return s.kernel("matmul_direct.wgsl", e, rows,
		[3]uint32{uint32(CeilDiv(s.N, columns*group)), uint32(CeilDiv(rows, tile)), 1},
		expand.Params{"TILE": tile, "WORKGROUP": group, "FORM": form, "COLUMNS": columns, "UNIFORM": uniform,
			"A_VEC4": max(1, rows*s.K/4)})
}

// MatMulSplit is matmul_split.wgsl: a workgroup takes tile × tile of C, and its lanes share
// the terms. Operands as MatMulDirect's.
func MatMulSplit(s MatMul, e Epilogue, tile int) Kernel {
	return s.kernel("matmul_split.wgsl", e, s.M,
		[3]uint32{uint32(CeilDiv(s.N, tile)), uint32(CeilDiv(s.M, tile)), 1},
		expand.Params{"TILE": tile, "WORKGROUP": 64})
}

// kernel is a form of the product for so many rows of A.
func (s MatMul) kernel(file string, e Epilogue, rows int, groups [3]uint32, form expand.Params) Kernel {
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
	return New(fmt.Sprintf("%s %s", file[:len(file)-len(".wgsl")], s), file, p, groups, s.FLOPs()*share, bytes*share)
}
