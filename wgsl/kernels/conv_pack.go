package kernels

import "pixelda-wgpu/wgsl/expand"

// Packing is the layout of packed weights: blocks of a part, vec4 of a block.
type Packing struct{ Blocks, Vec4 int }

// Packing divides the weights into blocks of output channels, for each of the
// parts of the input channels. A block that is bound alone begins on a multiple of
// 256 bytes.
func (c Conv) Packing(block, parts int) Packing {
	return Packing{CeilDiv(c.OutC, block), CeilDiv(1+CeilDiv(c.InC, parts)*c.Taps()*block/4, 16) * 16}
}

// ConvPack is conv_pack.wgsl, which rearranges the weights as c.Packing says, the blocks of
// one part after those of the other; the taps last, or the channels.
//
//	0 w     read        [OutC, InC, KernelH, KernelW], of transposed weights [InC, OutC, …]
//	1 pack  read_write  parts · Blocks · Vec4 vec4
func ConvPack(c Conv, block, parts int, tapsLast bool) Kernel {
	l := c.Packing(block, parts)
	return New("conv pack "+c.String(), "conv_pack.wgsl", expand.Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "CHANNELS": CeilDiv(c.InC, parts), "TAPS": c.Taps(), "BLOCK": block,
		"BLOCK_VEC4": l.Vec4, "BLOCKS": l.Blocks, "TRANSPOSE": c.TransposedWeights, "TAPS_LAST": tapsLast,
	}, Grid(CeilDiv(parts*l.Blocks*l.Vec4, 64)), 0, float64(2*16*parts*l.Blocks*l.Vec4))
}
