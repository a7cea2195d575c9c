package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Similarity losses compare transferred images a with their sources b. Each
// leaves partial sums of its value, which SumPartials(parts, 1, …) adds up.

// PairwiseMSE is the mean squared error over all pairs of elements of an image,
// summed over the images (paper, equation 5):
//
//	Σ_n scale · (Σd²/k − (Σd)²/k²) with d = a − b and k = C · H · W
//
// The original's code computes it with scale 2; scale 1/N gives the paper's
// expectation. If masked, d is 0 wherever the source's depth, channel 3 of 4, is
// 0.99 or more; k counts those elements all the same.
//
//	0 a         read        [N, C, H, W]
//	1 b         read        [N, C, H, W]
//	2 mean      read_write  [N], for the gradient
//	3 partials  read_write  [N]
func PairwiseMSE(m Map, masked bool, scale float64) Kernel {
	return New(fmt.Sprintf("pairwise mse %v", m), "pairwise_mse.wgsl",
		expand.Params{"C": m.C, "HW": m.plane(), "WIDTH": m.Width(), "MASKED": masked, "FAR": 0.99, "SCALE": scale},
		[3]uint32{uint32(m.N), 1, 1}, 5*float64(m.Len()), 8*float64(m.Len()))
}

// PairwiseMSEGrad is weight times the gradient of a, for the mean of d that
// PairwiseMSE has left.
//
//	0 a     read        [N, C, H, W]
//	1 b     read        [N, C, H, W]
//	2 mean  read        [N]
//	3 da    read_write  [N, C, H, W]
func PairwiseMSEGrad(m Map, masked bool, scale, weight float64) Kernel {
	return arrange(fmt.Sprintf("pairwise mse grad %v", m), "pairwise_mse_grad.wgsl",
		expand.Params{"N": m.N, "C": m.C, "HW": m.plane(), "MASKED": masked, "FAR": 0.99, "SCALE": scale * weight},
		m.Len(), 3*m.Len(), 3*m.Len())
}

// MeanError is the mean over n elements of d², max(0, d² − Margin) or, if
// Absolute, max(0, |d| − Margin), with d = a − b.
type MeanError struct {
	Absolute bool
	Margin   float64 // of the hinged forms, else 0
}

// Parts is the number of partial sums that Loss leaves.
func (MeanError) Parts(n int) int { return CeilDiv(CeilDiv(n, 4), sumChunk(n)) }

// Loss computes the error.
//
//	0 a         read        [n]
//	1 b         read        [n]
//	2 partials  read_write  [Parts]
func (e MeanError) Loss(n int) Kernel {
	return New(fmt.Sprintf("mean error %d", n), "mean_error.wgsl",
		expand.Params{"COUNT": n, "CHUNK": sumChunk(n), "SQUARED": !e.Absolute, "MARGIN": e.Margin},
		[3]uint32{uint32(e.Parts(n)), 1, 1}, 3*float64(n), 8*float64(n))
}

// Grad is weight times the gradient of a.
//
//	0 a   read        [n]
//	1 b   read        [n]
//	2 da  read_write  [n]
func (e MeanError) Grad(n int, weight float64) Kernel {
	return elementwise(fmt.Sprintf("mean error grad %d", n), "mean_error_grad.wgsl",
		expand.Params{"FACTOR": weight / float64(n), "SQUARED": !e.Absolute, "MARGIN": e.Margin}, n, 3)
}
