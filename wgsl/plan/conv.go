package plan

import (
	"fmt"
	"iter"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
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
	outH, outW := kernels.CeilDiv(h, stride), kernels.CeilDiv(w, stride)
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
		N: n, InC: inC, InH: h, InW: w, OutC: outC, OutH: (h+2*pad-kernel)/stride + 1,
		OutW:    (w+2*pad-kernel)/stride + 1,
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
	return 2 * float64(c.N*c.OutC*c.InC) * float64(c.OutH*c.OutW*c.taps()) / float64(c.Dilate*c.Dilate)
}

func (c Conv) bytes() float64 {
	return 4 * float64(c.N*c.InC*c.InH*c.InW+c.N*c.OutC*c.OutH*c.OutW+c.OutC*c.InC*c.taps())
}

func (c Conv) taps() int { return c.KernelH * c.KernelW }

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

// out is the shape of the result.
func (c Conv) out() kernels.Map { return kernels.Map{N: c.N, C: c.OutC, H: c.OutH, W: c.OutW} }

// Epilogue is what a convolution or matrix product does with its sums before
// it stores them.
type Epilogue struct {
	Bias     bool // adds one value an output channel
	Residual bool // adds the operand residual, which has the result's shape; of convolutions only
	Act      kernels.Act
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
	if e.Act != kernels.NoAct {
		s += " " + e.Act.String()
	}
	if e.Moments {
		s += " moments"
	}
	return s
}

// Plans are the ways to compute the convolution on a target, in the order of preference.
// Operands: x [N,InC,InH,InW], w [OutC,InC,KernelH,KernelW] (of a data gradient: the
// forward weights), bias [OutC], residual and partials if the epilogue has them, those of
// the prologue, y [N,OutC,OutH,OutW]. There is none for what takes more workgroups than any
// adapter must run.
func (c Conv) Plans(e Epilogue, t *Target) iter.Seq[Plan] {
	op := "conv " + c.String() + c.Prologue.String() + e.String()
	return preferred(op, t, t.Conv, c.FLOPs() < t.Brief, func(w convWay) (Plan, bool) {
		p, ok := w.conv(t, c, e)
		if !ok {
			return p, false
		}
		if c.Prologue.Norm && !p.Winograd {
			p = c.normalizedFirst(p)
		}
		if e.Moments && !p.moments {
			p.Calls = append(p.Calls, Call{
				Kernel:   kernels.BatchNormStats(kernels.BatchNorm{Map: c.out()}),
				Operands: map[string]Operand{"x": {Name: "y"}},
			})
		}
		return p, true
	})
}

// inFloats is the convolution as the plans see it that have no use for halves.
func (c Conv) inFloats() Conv {
	c.Half = Half{}
	return c
}

// directTile is a register tile of conv_direct.wgsl.
type directTile struct {
	rows, columns, block int
	uniform              bool // weights
	images               bool // and images too, as many a dispatch as fit
}

// terms counts the products in the unrolled loop.
func (t directTile) terms(c Conv) int {
	return t.rows * t.columns * t.block * c.taps() / (c.Dilate * c.Dilate)
}

// conv is the plan of direct sums: an invocation keeps a tile of outputs in registers.
func (t directTile) conv(target *Target, c Conv, e Epilogue) (Plan, bool) {
	c = c.inFloats()
	if t.block > 4 && t.block >= 2*c.OutC || t.rows > 2 && t.rows > c.OutH || t.columns > 4 && t.columns > c.OutW {
		return Plan{}, false // mostly idle
	}
	if t.block > 4 && t.terms(c) > target.MostTerms || t.rows > 4 && c.Dilate == 1 {
		return Plan{}, false // tall tiles are for outputs that see few taps each
	}
	if t.rows%c.Dilate != 0 || t.columns%c.Dilate != 0 {
		return Plan{}, false // tiles would differ in the taps they see
	}
	parts := 1 // of the input channels, each with dispatches of its own
	if t.uniform {
		parts = c.uniformParts(t.block)
	}
	if parts == 0 || parts > 1 && (c.OutH%t.rows != 0 || c.OutW%t.columns != 0) {
		return Plan{}, false
	}
	pack, packed := c.pack(t.block, parts, true)
	blocks := packed.blocks // of a dispatch
	if t.uniform {
		blocks = largestDivisor(blocks, kernels.MaxUniformBinding/16/packed.vec4)
	}
	dispatches := parts * packed.blocks / blocks
	one := c // dispatch
	xs, ys := c.InC*c.InH*c.InW, c.OutC*c.OutH*c.OutW
	if t.images {
		one.N = largestDivisor(c.N, maxUniformFloats/xs)
		if one.N == 0 || one.FLOPs()/float64(dispatches) < target.ImagesWork || one.N < c.N &&
			(one.N*xs%64 != 0 || one.N*ys%64 != 0) {
			return Plan{}, false
		}
	}
	tiles := one.N * kernels.CeilDiv(c.OutH, t.rows) * kernels.CeilDiv(c.OutW, t.columns)
	group := 64
	if tiles < 128 {
		group = 16 // few patches: rather more workgroups than full ones
	}
	groups := [3]uint32{uint32(kernels.CeilDiv(tiles, group)), uint32(blocks), 1}
	name := fmt.Sprintf("direct %d×%d×%d", t.rows, t.columns, t.block)
	if t.uniform {
		name += " uniform"
	}
	if t.images {
		name += " images"
	}
	k := kernels.New("conv "+name+" "+c.String(), "conv_direct.wgsl", e.Act.Set(expand.Params{
		"N": one.N, "IN_C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW,
		"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "STRIDE": c.Stride, "DILATE": c.Dilate, "PAD_Y": c.PadY,
		"PAD_X":  c.PadX,
		"TILE_Y": t.rows, "TILE_X": t.columns, "CHANNELS": kernels.CeilDiv(c.InC, parts), "BLOCK": t.block,
		"BLOCK_VEC4": packed.vec4, "PACK_VEC4": blocks * packed.vec4, "WORKGROUP": group,
		"UNIFORM": t.uniform, "X_UNIFORM": t.images, "X_VEC4": kernels.CeilDiv(one.N*xs, 4),
		"UNIT": unit(c.InW, t.columns*c.Stride/c.Dilate),
		"BIAS": e.Bias, "RESIDUAL": e.Residual,
	}), groups, one.FLOPs()/float64(dispatches), one.bytes()/float64(dispatches))
	plan := Plan{Name: name, terms: t.terms(c),
		Scratch: map[string]int{"pack": parts * packed.blocks * packed.vec4 * 4}, Calls: []Call{pack}}
	for n := range c.N / one.N {
		x, y, r := Operand{Name: "x"}, Operand{Name: "y"}, Operand{Name: "residual"}
		if t.images {
			x, y, r = Operand{"x", n * one.N * xs, one.N * xs}, Operand{"y", n * one.N * ys, one.N * ys},
				Operand{"residual", n * one.N * ys, one.N * ys}
		}
		for b := range dispatches {
			call := Call{Kernel: k, Operands: map[string]Operand{"x": x, "x4": x, "x_uniform": x, "y": y, "y4": y,
				"residual": r, "residual4": r}}
			if t.uniform {
				call.Operands["pack_uniform"] = Operand{Name: "pack", Offset: b * blocks * packed.vec4 * 4,
					Size: blocks * packed.vec4 * 4}
			}
			plan.Calls = append(plan.Calls, call)
		}
	}
	return plan, true
}

// uniformParts returns into how many parts the input channels must be divided, so
// that a block of output channels' weights fits a uniform buffer, or 0.
func (c Conv) uniformParts(block int) int {
	const mostParts = 8 // each reads the sums of those before it
	for parts := range mostParts + 1 {
		if parts > 0 && c.packing(block, parts).vec4*16 <= kernels.MaxUniformBinding {
			return parts
		}
	}
	return 0
}

// maxUniformFloats is what a uniform binding holds on any adapter.
const maxUniformFloats = kernels.MaxUniformBinding / 4

// largestDivisor returns the largest divisor of n that is at most most, or 0.
func largestDivisor(n, most int) int {
	for d := min(n, most); d > 0; d-- {
		if n%d == 0 {
			return d
		}
	}
	return 0
}

// packing is the layout of packed weights: blocks of a part, vec4 of a block.
type packing struct{ blocks, vec4 int }

// unit is the number of columns that a load of x may take, where patches begin
// every step columns.
func unit(width, step int) int {
	if width%4 == 0 && step%4 == 0 {
		return 4
	}
	return 1
}

// packing divides the weights into blocks of output channels, for each of the
// parts of the input channels. A block that is bound alone begins on a multiple of
// 256 bytes.
func (c Conv) packing(block, parts int) packing {
	return packing{kernels.CeilDiv(c.OutC, block), kernels.CeilDiv(1+kernels.CeilDiv(c.InC, parts)*c.taps()*block/4,
		16) * 16}
}

// pack rearranges the weights as packing says, the blocks of one part after
// those of the other.
func (c Conv) pack(block, parts int, tapsLast bool) (Call, packing) {
	l := c.packing(block, parts)
	return Call{Kernel: kernels.New("conv pack "+c.String(), "conv_pack.wgsl", expand.Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "CHANNELS": kernels.CeilDiv(c.InC, parts), "TAPS": c.taps(), "BLOCK": block,
		"BLOCK_VEC4": l.vec4, "BLOCKS": l.blocks,
		"TRANSPOSE": c.TransposedWeights, "TAPS_LAST": tapsLast,
	}, kernels.Grid(kernels.CeilDiv(parts*l.blocks*l.vec4, 64)), 0, float64(2*16*parts*l.blocks*l.vec4))}, l
}

// gemmTile is a tile of conv_gemm.wgsl and conv_gemm_weight.wgsl: pixels and
// channels of a workgroup, and of an invocation.
type gemmTile struct{ m, o, threadM, threadO int }

func (t gemmTile) String() string {
	return fmt.Sprintf("%d×%d %d×%d", t.m, t.o, t.threadM, t.threadO)
}

// conv is the plan of a matrix product whose operands the kernel gathers tile by tile.
func (t gemmTile) conv(_ *Target, c Conv, e Epilogue) (Plan, bool) {
	c = c.inFloats()
	block := kernels.CeilDiv(c.OutC, 4) * 4
	pack, packed := c.pack(block, 1, false)
	plan := Plan{
		Name:    "gemm " + t.String(),
		Scratch: map[string]int{"pack": packed.vec4 * 4}, Calls: []Call{pack},
	}
	tileK := 16
	for tileK > 4 && tileK >= 2*c.InC {
		tileK /= 2
	}
	for phase := range c.Dilate * c.Dilate {
		y, x := phasesOf(c.OutH, c.KernelH, c.PadY, c.Dilate, phase/c.Dilate),
			phasesOf(c.OutW, c.KernelW, c.PadX, c.Dilate, phase%c.Dilate)
		if y.size == 0 || x.size == 0 {
			continue
		}
		m := c.N * y.size * x.size
		k := kernels.New(fmt.Sprintf("conv %s %s", plan.Name, c), "conv_gemm.wgsl", e.Act.Set(expand.Params{
			"N": c.N, "IN_C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW,
			"OUT_STEP": c.Dilate, "PHASE_Y": phase / c.Dilate, "PHASE_X": phase % c.Dilate, "ROWS": y.size,
			"COLS":   x.size,
			"STRIDE": c.Stride, "OFFSET_Y": y.offset, "OFFSET_X": x.offset,
			"TAPS_Y": y.taps, "TAPS_X": x.taps, "TAP_Y": y.tap, "TAP_X": x.tap, "TAP_STEP": c.Dilate,
			"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "BLOCK": block,
			"TILE_M": t.m, "TILE_O": t.o, "TILE_K": tileK, "THREAD_M": t.threadM, "THREAD_O": t.threadO,
			"BIAS": e.Bias, "RESIDUAL": e.Residual,
		}), [3]uint32{uint32(kernels.CeilDiv(m, t.m)), uint32(kernels.CeilDiv(c.OutC, t.o)), 1},
			2*float64(m*c.OutC)*float64(c.InC*y.taps*x.taps), c.bytes()/float64(c.Dilate*c.Dilate))
		plan.Calls = append(plan.Calls, Call{Kernel: k})
	}
	return plan, true
}

// phase is one axis of the outputs p·dilate + phase of a dilated convolution:
// they see every dilate-th tap, from tap on, at inputs p + offset, p + offset + 1…
type phase struct{ size, taps, tap, offset int }

func phasesOf(size, kernel, pad, dilate, first int) phase {
	tap := ((pad-first)%dilate + dilate) % dilate
	p := phase{size: kernels.CeilDiv(size-first, dilate), tap: tap, offset: (first + tap - pad) / dilate}
	if tap < kernel {
		p.taps = kernels.CeilDiv(kernel-tap, dilate)
	}
	return p
}
