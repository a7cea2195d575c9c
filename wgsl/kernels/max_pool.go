package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Pool is a maximum over square windows that lie inside each plane of a map.
type Pool struct {
	Map
	Kernel, Stride int
}

// Out is the shape of the result: windows that would reach outside are left out.
func (p Pool) Out() Map {
	return Map{p.N, p.C, (p.H-p.Kernel)/p.Stride + 1, (p.W-p.Kernel)/p.Stride + 1}
}

// pairs reports whether the windows are those of the 2 × 2 kernels.
func (p Pool) pairs() bool { return p.Kernel == 2 && p.Stride == 2 && p.W%4 == 0 }

func (p Pool) String() string { return fmt.Sprintf("%v %d/%d", p.Map, p.Kernel, p.Stride) }

// MaxPool is the maximum of each window.
//
//	0 x  read        [N, C, H, W]
//	1 y  read_write  Out
func MaxPool(p Pool) Kernel {
	out := p.Out().Len()
	flops, bytes := float64(out*p.Kernel*p.Kernel), 4*float64(p.Len()+out)
	if p.pairs() {
		return New("max pool "+p.String(), "max_pool_2x2.wgsl",
			expand.Params{"PLANES": p.N * p.C, "IN_H": p.H, "IN_W": p.W},
			Grid(CeilDiv(out/2, 64)), flops, bytes)
	}
	return New("max pool "+p.String(), "max_pool.wgsl", p.params(), Grid(CeilDiv(out, 64)), flops, bytes)
}

// MaxPoolGrad gives the gradient of each window to the first of its maxima, row
// by row; where windows overlap the gradients add up.
//
//	0 x   read        [N, C, H, W]
//	1 dy  read        Out
//	2 dx  read_write  [N, C, H, W]
func MaxPoolGrad(p Pool) Kernel {
	out := p.Out().Len()
	flops, bytes := float64(out*p.Kernel*p.Kernel), 4*float64(2*p.Len()+out)
	if p.pairs() && p.H%2 == 0 {
		return New("max pool grad "+p.String(), "max_pool_2x2_grad.wgsl",
			expand.Params{"PLANES": p.N * p.C, "IN_H": p.H, "IN_W": p.W},
			Grid(CeilDiv(out/2, 64)), flops, bytes)
	}
	return New("max pool grad "+p.String(), "max_pool_grad.wgsl", p.params(), Grid(CeilDiv(p.Len(), 64)), flops, bytes)
}

func (p Pool) params() expand.Params {
	return expand.Params{"PLANES": p.N * p.C, "IN_H": p.H, "IN_W": p.W, "KERNEL": p.Kernel, "STRIDE": p.Stride}
}
