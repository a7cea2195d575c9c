package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Add is y = a + b on n elements. Up to three floats behind the last of y
// become zero.
//
//	0 a  read        [n]
//	1 b  read        [n]
//	2 y  read_write  [n]
func Add(n int) Kernel {
	return elementwise(fmt.Sprintf("add %d", n), "add.wgsl", expand.Params{"TAIL": (n-1)%4 + 1}, n, 3)
}

// Scale is y = factor · x on n elements, or y = y + factor · x if accumulate.
//
//	0 x  read        [n]
//	1 y  read_write  [n]
func Scale(n int, factor float64, accumulate bool) Kernel {
	tensors := 2
	if accumulate {
		tensors = 3
	}
	return elementwise(fmt.Sprintf("scale %d", n), "scale.wgsl",
		expand.Params{"SCALE": factor, "ACCUMULATE": accumulate}, n, tensors)
}

// ScaleStep is y = factor · strength · x on n elements, with the strength of the
// Step buffer.
//
//	0 step  uniform     Step
//	1 x     read        [n]
//	2 y     read_write  [n]
func ScaleStep(n int, factor float64) Kernel {
	return elementwise(fmt.Sprintf("scale by step %d", n), "scale_step.wgsl", expand.Params{"FACTOR": factor}, n, 2)
}

// Concat2 puts the channels of b behind those of a, of channels bC.
//
//	0 a  read        [N, C, H, W]
//	1 b  read        [N, bC, H, W]
//	2 y  read_write  [N, C+bC, H, W]
func Concat2(a Map, bC int) Kernel {
	y := a
	y.C += bC
	return arrange(fmt.Sprintf("concat %v + %d", a, bC), "concat.wgsl",
		expand.Params{"N": a.N, "A": a.C * a.plane(), "B": bC * a.plane()}, y.Len(), 2*y.Len(), 0)
}

// SliceChannels takes the count channels from first on.
//
//	0 x  read        [N, C, H, W]
//	1 y  read_write  [N, count, H, W]
func SliceChannels(x Map, first, count int) Kernel {
	y := x
	y.C = count
	return arrange(fmt.Sprintf("slice %v %d+%d", x, first, count), "slice.wgsl",
		expand.Params{"N": x.N, "SIZE": x.C * x.plane(), "FIRST": first * x.plane(), "LENGTH": count * x.plane()},
		y.Len(), 2*y.Len(), 0)
}

// TileChannels repeats the one channel of x C times, for y of the given shape.
//
//	0 x  read        [N, 1, H, W]
//	1 y  read_write  [N, C, H, W]
func TileChannels(y Map) Kernel {
	return arrange(fmt.Sprintf("tile %v", y), "tile.wgsl",
		expand.Params{"N": y.N, "C": y.C, "HW": y.plane()}, y.Len(), y.Len()+y.Len()/y.C, 0)
}

// TileChannelsGrad sums the gradient over the repetitions.
//
//	0 dy  read        [N, C, H, W]
//	1 dx  read_write  [N, 1, H, W]
func TileChannelsGrad(dy Map) Kernel {
	return arrange(fmt.Sprintf("tile grad %v", dy), "tile_grad.wgsl",
		expand.Params{"N": dy.N, "C": dy.C, "HW": dy.plane()}, dy.Len()/dy.C, dy.Len()+dy.Len()/dy.C, dy.Len())
}

// arrange builds a kernel whose invocations write four of n elements each.
func arrange(name, file string, p expand.Params, n, traffic, flops int) Kernel {
	return New(name, file, p, Grid(CeilDiv(n, 256)), float64(flops), 4*float64(traffic))
}
