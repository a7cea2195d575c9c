package kernels

import "pixelda-wgpu/wgsl/expand"

// DirectTile is a register tile of conv_direct.wgsl: rows and columns of a patch of
// outputs, and a block of output channels.
type DirectTile struct {
	Rows, Columns, Block int
	Uniform              bool // weights come from uniform buffers
	Images               bool // and images too, as many a dispatch as fit
}

// DirectSlice is what one dispatch of ConvDirect does of a convolution.
type DirectSlice struct {
	Images int // that it takes
	Blocks int // of output channels that it takes
	Parts  int // of the input channels, of which it takes one
	Share  int // the dispatches among which its images are divided
}

// ConvDirect is conv_direct.wgsl, the convolution as direct sums: an invocation keeps a tile
// of outputs in registers. The weights come packed as c.Packing says.
//
//	x, x4 or x_uniform            read        [Images, InC, InH, InW]
//	pack or pack_uniform          read        the blocks of the dispatch
//	bias                          read        [OutC], if the epilogue has it
//	residual or residual4         read        [Images, OutC, OutH, OutW], if the epilogue has it
//	y or y4                       read_write  [Images, OutC, OutH, OutW]
func ConvDirect(name string, c Conv, t DirectTile, e Epilogue, s DirectSlice) Kernel {
	packed := c.Packing(t.Block, s.Parts)
	one := c
	one.N = s.Images
	tiles := s.Images * CeilDiv(c.OutH, t.Rows) * CeilDiv(c.OutW, t.Columns)
	group := 64
	if tiles < 128 {
		group = 16 // few patches: rather more workgroups than full ones
	}
	return New("conv "+name+" "+c.String(), "conv_direct.wgsl", e.set(one.set(expand.Params{
		"DILATE": c.Dilate, "PAD_Y": c.PadY, "PAD_X": c.PadX,
		"TILE_Y": t.Rows, "TILE_X": t.Columns, "BLOCK": t.Block,
		"CHANNELS": CeilDiv(c.InC, s.Parts), "BLOCK_VEC4": packed.Vec4, "PACK_VEC4": s.Blocks * packed.Vec4,
		"UNIFORM": t.Uniform, "X_UNIFORM": t.Images, "X_VEC4": CeilDiv(one.In().Len(), 4),
		"UNIT": unit(c.InW, t.Columns*c.Stride/c.Dilate), "WORKGROUP": group,
	})), [3]uint32{uint32(CeilDiv(tiles, group)), uint32(s.Blocks), 1}, one.FLOPs()/float64(s.Share),
		one.Bytes()/float64(s.Share))
}
