package kernels

import "fmt"

// ChannelSum sums each part of each channel, as the bias gradient of a
// convolution needs; SumPartials(m.Parts(), m.C, …) completes it. Features
// [N, F] need no first stage: SumPartials(N, F, …) sums their rows.
//
//	0 x         read        [N, C, H, W]
//	1 partials  read_write  [Parts, C]
func ChannelSum(m Map) Kernel {
	return New(fmt.Sprintf("channel sum %v", m), "channel_sum.wgsl", m.reduction(),
		[3]uint32{uint32(m.C), uint32(m.Parts()), 1}, float64(m.Len()), 4*float64(m.Len()))
}
