package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// PReLU is max(x, 0) + slope · min(x, 0) with one trained slope (He et al., Delving
// Deep into Rectifiers, 2015; their channel-shared form).
//
//	0 x      read        [n]
//	1 slope  read        [1]
//	2 y      read_write  [n]
func PReLU(n int) Kernel {
	return elementwise(fmt.Sprintf("prelu %d", n), "prelu.wgsl", expand.Params{}, n, 2)
}

// PReLUParts is the number of partial sums that PReLUGrad leaves for n elements.
func PReLUParts(n int) int { return CeilDiv(CeilDiv(n, 4), sumChunk(n)) }

// PReLUGrad is the gradient of x, and in parts, which SumPartials adds up, that of
// the slope.
//
//	0 dy        read        [n]
//	1 x         read        [n]
//	2 slope     read        [1]
//	3 dx        read_write  [n]
//	4 partials  read_write  [PReLUParts]
func PReLUGrad(n int) Kernel {
	return New(fmt.Sprintf("prelu grad %d", n), "prelu_grad.wgsl", expand.Params{"COUNT": n, "CHUNK": sumChunk(n)},
		[3]uint32{uint32(PReLUParts(n)), 1, 1}, 5*float64(n), 12*float64(n))
}
