package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// MaxPartials is how many partial sums SumPartials adds up.
const MaxPartials = 4096

// SumPartials adds up count partial results of length floats each, in their
// order: out[i] = Σ_s partials[s·length + i], plus what out holds if accumulate.
// Up to three floats behind the last of out become zero, and count may not pass
// MaxPartials. It is also the bias gradient of a linear layer: the sum of the rows of
// [batch, features].
//
//	0 partials  read        [count, length]
//	1 out       read_write  [length]
func SumPartials(count, length int, accumulate bool) Kernel {
	return New(fmt.Sprintf("sum_partials %d×%d", count, length), "sum_partials.wgsl",
		expand.Params{"COUNT": count, "LENGTH": length, "ACCUMULATE": accumulate},
		Grid(CeilDiv(length, 256)), float64(count*length), 4*float64((count+1)*length))
}
