package kernels

import "pixelda-wgpu/wgsl/expand"

// DirectWeightTile is a register tile of conv_direct_weight.wgsl: lanes over
// input or output channels, rows and columns of a patch, channels of the other operand.
type DirectWeightTile struct {
	LanesIn              bool
	Rows, Columns, Block int
}

// LanesIn tells which operand's channels the lanes of conv_direct_weight.wgsl run over: the
// input's, or the output's.
func (c Conv) LanesIn() bool { return c.InC >= 8 || c.InC >= c.OutC }

// ConvDirectWeight is conv_direct_weight.wgsl, the gradient of the weights as direct sums,
// over workgroups of group lanes and in so many splits. The operand that the lanes share
// lies in a uniform buffer of so many vec4, unless that is 0. A dispatch takes so many
// workgroups, and does one of so many equal parts of the work.
//
//	x or x4, dy or dy4            read        one of them as x_uniform or dy_uniform
//	partials                      read_write  [splits, OutC, InC, KernelH, KernelW]
func ConvDirectWeight(name string, c Conv, t DirectWeightTile, group, splits, uniform int, groups [3]uint32,
	parts float64) Kernel {
	return New("conv weight "+name+" "+c.String(), "conv_direct_weight.wgsl", c.set(expand.Params{
		"PAD_Y": c.PadY, "PAD_X": c.PadX, "TILE_Y": t.Rows, "TILE_X": t.Columns,
		"UNIT": unit(c.InW, t.Columns*c.Stride), "LANES_IN": t.LanesIn, "BLOCK": t.Block,
		"WORKGROUP": group, "SPLITS": splits, "UNIFORM": uniform > 0, "SHARED_VEC4": max(1, uniform),
	}), groups, c.FLOPs()/parts, c.Bytes()/parts)
}
