package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// MMD is the maximum mean discrepancy of the features of two domains, n rows of d
// each (Gretton et al., A Kernel Two-Sample Test, 2012), as the domain separation
// networks' code has it: the biased estimate, for the sum of 19 kernels
// exp(−|x − y|² / 2σ), σ from 1e-6 to 1e6, held at mmdFloor from below.
type MMD struct{ N, D int }

// mmdFloor is the least loss; a smaller one has no gradient.
const mmdFloor = 1e-4

func (m MMD) name(what string) string { return fmt.Sprintf("mmd %s 2×%d×%d", what, m.N, m.D) }

func (m MMD) pairs() float64 { return 4 * float64(m.N) * float64(m.N) }

// Pairs compares all rows with all.
//
//	0 f         read        [2n, d], one domain after the other
//	1 weights   read_write  [2n, 2n], for the gradient
//	2 partials  read_write  [2n]
func (m MMD) Pairs() Kernel {
	return New(m.name("pairs"), "mmd_pairs.wgsl",
		expand.Params{"N": m.N, "D": m.D, "S": 1 / (float64(m.N) * float64(m.N))},
		Grid(2*m.N), m.pairs()*float64(3*m.D+190), 4*(float64(2*m.N*m.D)+m.pairs()))
}

// Loss adds up what Pairs has left.
//
//	0 partials  read        [2n]
//	1 loss      read_write  [1]
func (m MMD) Loss() Kernel {
	return New(m.name("loss"), "mmd_loss.wgsl", expand.Params{"PARTS": 2 * m.N, "FLOOR": mmdFloor},
		[3]uint32{1, 1, 1}, float64(2*m.N), 8*float64(m.N))
}

// Grad is weight times the gradient.
//
//	0 f        read        [2n, d]
//	1 weights  read        [2n, 2n]
//	2 loss     read        [1]
//	3 df       read_write  [2n, d]
func (m MMD) Grad(weight float64) Kernel {
	return New(m.name("grad"), "mmd_grad.wgsl", expand.Params{"ROWS": 2 * m.N, "D": m.D, "FLOOR": mmdFloor,
		"WEIGHT": weight},
		Grid(CeilDiv(2*m.N*m.D, 64)), 3*m.pairs()*float64(m.D), 4*(m.pairs()+float64(4*m.N*m.D)))
}
