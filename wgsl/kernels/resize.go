package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// ResizeNearest repeats or drops the pixels of x to make outH × outW of them, as
// TensorFlow 1's resize_nearest_neighbor does.
//
//	0 x  read        [N, C, H, W]
//	1 y  read_write  [N, C, outH, outW]
func ResizeNearest(x Map, outH, outW int) Kernel {
	n := x.N * x.C * outH * outW
	return resize("resize nearest", "resize_nearest.wgsl", x, outH, outW, n, 2*n, 0)
}

// ResizeNearestGrad is the gradient of x.
//
//	0 dy  read        [N, C, outH, outW]
//	1 dx  read_write  [N, C, H, W]
func ResizeNearestGrad(x Map, outH, outW int) Kernel {
	n := x.N * x.C * outH * outW
	return resize("resize nearest grad", "resize_nearest_grad.wgsl", x, outH, outW, x.Len(), n+x.Len(), n)
}

// resize builds a kernel whose invocations write one of n elements each.
func resize(name, file string, x Map, outH, outW, n, traffic, flops int) Kernel {
	return New(fmt.Sprintf("%s %v → %d×%d", name, x, outH, outW), file,
		expand.Params{"PLANES": x.N * x.C, "IN_H": x.H, "IN_W": x.W, "OUT_H": outH, "OUT_W": outW},
		Grid(CeilDiv(n, 64)), float64(flops), 4*float64(traffic))
}
