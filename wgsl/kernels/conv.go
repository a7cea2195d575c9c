package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Conv is the shape of a two-dimensional convolution over [N, InC, InH, InW]
// with weights [OutC, InC, KernelH, KernelW], giving [N, OutC, OutH, OutW].
type Conv struct {
	N, InC, InH, InW  int
	OutC, OutH, OutW  int
	KernelH, KernelW  int
	Stride            int
	Dilate            int // of the input: 1, but for the data gradient of a strided convolution
	PadY, PadX        int // rows and columns of zeros before the first
	TransposedWeights bool
	Half              Half
	Prologue          Prologue
}

// SameConv is the convolution with TensorFlow's SAME padding: ⌈size/stride⌉
// outputs, the odd row or column of padding after the last.
func SameConv(n, inC, h, w, outC, kernel, stride int) Conv {
	outH, outW := CeilDiv(h, stride), CeilDiv(w, stride)
	return Conv{
		N: n, InC: inC, InH: h, InW: w, OutC: outC, OutH: outH, OutW: outW,
		KernelH: kernel, KernelW: kernel, Stride: stride, Dilate: 1,
		PadY: max(0, (outH-1)*stride+kernel-h) / 2, PadX: max(0, (outW-1)*stride+kernel-w) / 2,
	}
}

// PaddedConv is the convolution with so many rows and columns of zeros on each side;
// ⌊(size + 2 · pad − kernel) / stride⌋ + 1 outputs.
func PaddedConv(n, inC, h, w, outC, kernel, stride, pad int) Conv {
	return Conv{
		N: n, InC: inC, InH: h, InW: w,
		OutC: outC, OutH: (h+2*pad-kernel)/stride + 1, OutW: (w+2*pad-kernel)/stride + 1,
		KernelH: kernel, KernelW: kernel, Stride: stride, Dilate: 1, PadY: pad, PadX: pad,
	}
}

// DataGrad is the convolution that takes the gradient of c's output to the
// gradient of its input: channels swapped, taps turned around, c's stride
// become a dilation.
func (c Conv) DataGrad() Conv {
	return Conv{
		N: c.N, InC: c.OutC, InH: c.OutH, InW: c.OutW, OutC: c.InC, OutH: c.InH, OutW: c.InW,
		KernelH: c.KernelH, KernelW: c.KernelW, Stride: 1, Dilate: c.Stride,
		PadY: c.KernelH - 1 - c.PadY, PadX: c.KernelW - 1 - c.PadX, TransposedWeights: true,
		Half: c.Half.Swapped(),
	}
}

// FLOPs counts two for each weight an output pixel needs, padding included.
func (c Conv) FLOPs() float64 {
	return 2 * float64(c.N*c.OutC*c.InC) * float64(c.OutH*c.OutW*c.Taps()) / float64(c.Dilate*c.Dilate)
}

// Bytes is the least traffic: input, output and weights once.
func (c Conv) Bytes() float64 { return 4 * float64(c.In().Len()+c.Out().Len()+c.OutC*c.InC*c.Taps()) }

// Taps is the number of weights for a pair of channels.
func (c Conv) Taps() int { return c.KernelH * c.KernelW }

// In is the shape of the input.
func (c Conv) In() Map { return Map{N: c.N, C: c.InC, H: c.InH, W: c.InW} }

// Out is the shape of the result.
func (c Conv) Out() Map { return Map{N: c.N, C: c.OutC, H: c.OutH, W: c.OutW} }

func (c Conv) String() string {
	s := fmt.Sprintf("%d×%d×%d×%d %d×%d→%d", c.N, c.InC, c.InH, c.InW, c.KernelH, c.KernelW, c.OutC)
	if c.Stride > 1 {
		s += fmt.Sprintf(" /%d", c.Stride)
	}
	if c.Dilate > 1 { // several sizes of the output fit this input
		s += fmt.Sprintf(" ·%d→%d×%d", c.Dilate, c.OutH, c.OutW)
	}
	if c.TransposedWeights {
		s += "ᵀ"
	}
	return s + c.Half.String()
}

// set adds the constants of the shape that the conv_*.wgsl of sums share.
func (c Conv) set(p expand.Params) expand.Params {
	p["N"], p["IN_C"], p["IN_H"], p["IN_W"] = c.N, c.InC, c.InH, c.InW
	p["OUT_C"], p["OUT_H"], p["OUT_W"] = c.OutC, c.OutH, c.OutW
	p["KERNEL_H"], p["KERNEL_W"], p["STRIDE"] = c.KernelH, c.KernelW, c.Stride
	return p
}

// unit is the number of columns that a load of x may take, where patches begin
// every step columns.
func unit(width, step int) int {
	if width%4 == 0 && step%4 == 0 {
		return 4
	}
	return 1
}

// Prologue is what a convolution and the gradient of its weights do with their input x
// before they sum. The zero value is nothing.
type Prologue struct {
	Norm bool // normalises it by the operands mean, inv_std and beta, all [InC], as BatchNormApply does
	Act  Act  // behind it
}

func (p Prologue) String() string {
	s := ""
	if p.Norm {
		s = " of norm"
	}
	if p.Act != NoAct {
		s += " " + p.Act.String()
	}
	return s
}

// Epilogue is what a convolution or matrix product does with its sums before
// it stores them.
type Epilogue struct {
	Bias     bool // adds one value an output channel
	Residual bool // adds the operand residual, which has the result's shape; of convolutions only
	Act      Act
	// Moments of what is stored, as BatchNormStats computes them, go to the operand
	// partials; of convolutions only.
	Moments bool
}

func (e Epilogue) String() string {
	s := ""
	if e.Bias {
		s = " bias"
	}
	if e.Residual {
		s += " residual"
	}
	if e.Act != NoAct {
		s += " " + e.Act.String()
	}
	if e.Moments {
		s += " moments"
	}
	return s
}

// set adds the constants of the epilogue, but for the moments.
func (e Epilogue) set(p expand.Params) expand.Params {
	p["BIAS"], p["RESIDUAL"] = e.Bias, e.Residual
	return e.Act.Set(p)
}
