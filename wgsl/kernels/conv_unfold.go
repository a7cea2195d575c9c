package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// ConvUnfold is conv_unfold.wgsl, which sorts the inputs of a convolution by the tap that
// meets them, four channels side by side.
//
//	x or x4  read        [N, InC, InH, InW]
//	v        read_write  [KernelH · KernelW, InC / 4, stride] vec4
func ConvUnfold(c Conv, stride int) Kernel {
	quads := c.N * c.OutH * CeilDiv(c.OutW, 4)
	return New(fmt.Sprintf("unfold %d×%d×%d×%d %d×%d /%d", c.N, c.InC, c.InH, c.InW, c.KernelH, c.KernelW, c.Stride),
		"conv_unfold.wgsl", expand.Params{
			"N": c.N, "C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_H": c.OutH, "OUT_W": c.OutW,
			"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "STRIDE": c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX,
			"UNIT": unit(c.InW, 4*c.Stride), "STRIDE_V": stride,
		}, Grid(CeilDiv(c.InC/4*quads, 64)), 0, float64(4*c.In().Len()+16*c.Taps()*c.InC*quads))
}
