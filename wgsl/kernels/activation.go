package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Act is an activation that a kernel applies to what it computes. The zero
// value is none.
type Act struct {
	kind  int // as the shaders' ACTIVATION
	slope float64
}

// The activations without a parameter.
var (
	NoAct   = Act{}
	ReLU    = Act{kind: 1}
	Tanh    = Act{kind: 3}
	Sigmoid = Act{kind: 4}
)

// LeakyReLU is max(x, 0) + slope · min(x, 0), for slope > 0.
func LeakyReLU(slope float64) Act { return Act{kind: 2, slope: slope} }

func (a Act) String() string {
	return [...]string{"", "relu", "leaky", "tanh", "sigmoid"}[a.kind]
}

// Set adds the constants that activate.wgsl and activate4.wgsl read.
func (a Act) Set(p expand.Params) expand.Params {
	p["ACTIVATION"], p["SLOPE"] = a.kind, a.slope
	return p
}

// Activation is y = act(x) on n elements.
//
//	0 x  read        [n]
//	1 y  read_write  [n]
func Activation(n int, a Act) Kernel {
	return elementwise(fmt.Sprintf("%v %d", a, n), "activation.wgsl", a.Set(expand.Params{}), n, 2)
}

// ActivationGrad is dx = dy · act'(y), where y is what Activation returned, or with a
// dropout behind the activation, dy what follows it.
//
//	0 dy    read        [n]
//	1 y     read        [n]
//	2 dx    read_write  [n]
//	9 step  uniform     Step, with dropout
func ActivationGrad(n int, a Act, behind Dropout) Kernel {
	return elementwise(fmt.Sprintf("%v grad%v %d", a, behind, n), "activation_grad.wgsl",
		behind.mask().set(a.Set(expand.Params{})), n, 3)
}

// ActivationGradSum is ActivationGrad of [N, C, H, W] that also sums each part of
// each channel of dx, as ChannelSum does. Planes must be a multiple of four.
//
//	0 dy        read        [N, C, H, W]
//	1 y         read        [N, C, H, W]
//	2 dx        read_write  [N, C, H, W]
//	3 partials  read_write  [Parts, C]
//	9 step      uniform     Step, with dropout
func ActivationGradSum(m Map, a Act, behind Dropout) Kernel {
	p := m.reduction()
	delete(p, "WIDTH")
	return New(fmt.Sprintf("%v grad sum%v %v", a, behind, m), "activation_grad_sum.wgsl", behind.mask().set(a.Set(p)),
		[3]uint32{uint32(m.C), uint32(m.Parts()), 1}, 2*float64(m.Len()), 12*float64(m.Len()))
}

// elementwise builds a kernel whose invocations take four of n elements each
// and that touches each element of so many tensors once.
func elementwise(name, file string, p expand.Params, n, tensors int) Kernel {
	quads := CeilDiv(n, 4)
	p["QUADS"] = quads
	return New(name, file, p, Grid(CeilDiv(quads, 64)), float64(n), 4*float64(tensors*n))
}
