package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// FMAPeak does 384 · rounds multiplies and adds in each of n invocations, a
// multiple of 64: the arithmetic that an adapter is capable of.
//
//	0 y  read_write  [n]
func FMAPeak(n, rounds int) Kernel {
	return New(fmt.Sprintf("fma_peak %d·%d", n, rounds), "fma_peak.wgsl",
		expand.Params{"ROUNDS": rounds, "WORKGROUP": 64},
		[3]uint32{uint32(n / 64), 1, 1}, 2*12*16*float64(rounds)*float64(n), 4*float64(n))
}

// Copy is y = x on n elements, a multiple of 4: the bandwidth of an adapter.
//
//	0 x  read        [n]
//	1 y  read_write  [n]
func Copy(n int) Kernel {
	return New(fmt.Sprintf("copy %d", n), "copy.wgsl", expand.Params{"QUADS": n / 4}, Grid(CeilDiv(n/4, 64)), 0,
		8*float64(n))
}
