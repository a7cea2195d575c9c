package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// HalfSquares is ½ Σx² of n elements, the penalty of L2 regularisation, in
// HalfSquaresParts partial sums that SumPartials adds up. Its gradient is x: see
// Scale.
//
//	0 x         read        [n]
//	1 partials  read_write  [HalfSquaresParts(n)]
func HalfSquares(n int) Kernel {
	return New(fmt.Sprintf("half squares %d", n), "half_squares.wgsl",
		expand.Params{"COUNT": n, "CHUNK": sumChunk(n)}, [3]uint32{uint32(HalfSquaresParts(n)), 1, 1}, 2*float64(n),
		4*float64(n))
}

// HalfSquaresParts is the number of partial sums that HalfSquares leaves.
func HalfSquaresParts(n int) int { return CeilDiv(CeilDiv(n, 4), sumChunk(n)) }

// sumChunk is how many vec4 of n elements a workgroup adds up: so many that
// their partial sums stay few.
func sumChunk(n int) int { return max(1024, 64*CeilDiv(CeilDiv(n, 4), 64*1024)) }
