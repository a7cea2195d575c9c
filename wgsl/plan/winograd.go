package plan

import (
	"fmt"
	"math"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

// Winograd's F(4×4, 3×3) (Lavin and Gray, Fast Algorithms for Convolutional Neural
// Networks, 2016) makes a tile of 4 × 4 outputs of a 3 × 3 convolution from 36
// products a pair of channels instead of 144. Inputs, weights and sums are
// transformed apart, which costs accuracy, twice the rounding of direct sums, and
// traffic, 2¼ times the layer's inputs and outputs.
const frequencies = 36

// tiling is how winograd_*.wgsl divide an image into tiles.
type tiling struct {
	images int // of a dispatch
	quads  int // groups of four tiles side by side, of all these images
	depth  int // channels side by side in memory: 1, of four tiles each, or 4, tile by tile
	stride int // vec4 from depth channels to the next: filled up and moved off powers of two
	half   Half
}

// tiles returns the tiling for c, with images enough for a dispatch whose transformed
// tensors have mostFloats; false if Winograd's algorithm does not apply or pay.
func (c Conv) tiles(leastChannels, mostFloats int) (tiling, bool) {
	if c.KernelH != 3 || c.KernelW != 3 || c.Stride != 1 || c.Dilate != 1 || c.PadY != 1 || c.PadX != 1 ||
		c.OutH != c.InH || c.OutW != c.InW ||
		min(c.InC, c.OutC) < leastChannels || c.InC%4 != 0 || c.OutC%4 != 0 || c.OutW < 8 {
		return tiling{}, false
	}
	quads := kernels.CeilDiv(c.OutH, 4) * kernels.CeilDiv(c.OutW, 16) // of an image
	t := tiling{images: largestDivisor(c.N, mostFloats/(frequencies*max(c.InC, c.OutC)*quads*4)), depth: 1,
		half: c.Half}
	if t.images == 0 || t.images < c.N && (t.images*c.InC*c.InH*c.InW%64 != 0 ||
		t.images*c.OutC*c.OutH*c.OutW%64 != 0) {
		return tiling{}, false
	}
	t.quads = t.images * quads
	t.stride = offPower(t.quads, t.half.quadsPerLine())
	return t, true
}

// deep lets four channels lie side by side.
func (t tiling) deep() tiling {
	t.depth, t.stride = 4, offPower(t.quads*4, 4*t.half.quadsPerLine())
	return t
}

// bytes is the least traffic of a transform: floats on its plain side, and on the
// other what h says.
func (t tiling) bytes(channels, plain int, h Half) float64 {
	return 4 * float64(t.images*plain+h.floats(frequencies*channels*t.quads*4))
}

// input is winograd_input.wgsl for an input with its prologue, or for a gradient;
// 2^exponent multiplies what it stores.
func (t tiling) input(channels, h, w int, gradient bool, p Prologue, exponent int) kernels.Kernel {
	what, side := "input", 6
	if gradient {
		what, side = "gradient", 4
	}
	return kernels.New(fmt.Sprintf("winograd %s %d×%d×%d×%d%s%s", what, t.images, channels, h, w, p, t.half),
		"winograd_input.wgsl", p.Act.Set(expand.Params{
			"N": t.images, "C": channels, "DEPTH": t.depth, "IN_H": h, "IN_W": w, "SIDE": side, "UNIT": unit(w, 16),
			"STRIDE": t.stride, "NORM": p.Norm,
			"HALF": t.half.On, "SCALE": math.Ldexp(1, exponent),
		}), kernels.Grid(kernels.CeilDiv(channels/t.depth*t.quads, 64)), 0, t.bytes(channels, channels*h*w, t.half))
}

// winogradFilter is winograd_filter.wgsl.
func (c Conv) winogradFilter(block int) kernels.Kernel {
	blocks := kernels.CeilDiv(c.OutC, block)
	return kernels.New("winograd filter "+c.String(), "winograd_filter.wgsl", expand.Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "BLOCK": block, "BLOCKS": blocks, "TRANSPOSE": c.TransposedWeights,
		"HALF": c.Half.On,
	}, kernels.Grid(kernels.CeilDiv(c.InC*blocks*block, 128)), 0,
		float64(4*c.InC*c.OutC*9+4*c.Half.floats(c.InC*c.OutC*frequencies)))
}

// moments is in how many parts an output kernel finds the moments of what it stores,
// or 0: its workgroups are the parts of BatchNormStats where each takes whole tiles of
// depth channels, and as many as a part has.
func (c Conv) moments(t tiling) int {
	const workgroup = 64 // lanes, with 64 outputs each
	out, parts := c.out(), t.quads/workgroup
	if t.quads%workgroup != 0 || c.OutW%16 != 0 || c.OutH%4 != 0 || out.Chunk()*out.Width() != workgroup*64 ||
		t.images < c.N && parts*c.OutC*2%64 != 0 { // where a dispatch begins in partials
		return 0
	}
	return parts
}

// winogradOutput is winograd_output.wgsl.
func (c Conv) winogradOutput(t tiling, e Epilogue, moments bool) kernels.Kernel {
	return kernels.New(fmt.Sprintf("winograd output %d×%d×%d×%d%s%s", t.images, c.OutC, c.OutH, c.OutW, e, t.half),
		"winograd_output.wgsl", e.Act.Set(expand.Params{
			"N": t.images, "C": c.OutC, "DEPTH": t.depth, "OUT_H": c.OutH, "OUT_W": c.OutW, "STRIDE": t.stride,
			"HALF": t.half.On, "SCALE": math.Ldexp(1, -c.Half.X), "BIAS": e.Bias, "RESIDUAL": e.Residual,
			"MOMENTS": moments,
		}), kernels.Grid(kernels.CeilDiv(c.OutC/t.depth*t.quads, 64)), 0, t.bytes(c.OutC, c.OutC*c.OutH*c.OutW, Half{}))
}

// winograd is the convolution by Winograd's algorithm, with weights in blocks of output
// channels and the products in the middle: u [36, blocks, InC, block] and v [36, InC /
// depth, stride], floats or halves, become m [36, OutC / depth, stride].
func (c Conv) winograd(name string, e Epilogue, t tiling, block int, products []Call) Plan {
	p := Plan{
		Name: name, Winograd: true,
		Scratch: map[string]int{
			"u": t.half.floats(frequencies * kernels.CeilDiv(c.OutC, block) * block * c.InC),
			"v": t.half.floats(frequencies * c.InC / t.depth * t.stride * 4),
			"m": frequencies * c.OutC / t.depth * t.stride * 4,
		},
		Calls: []Call{{Kernel: c.winogradFilter(block), Operands: map[string]Operand{"u_half": {Name: "u"}}}},
	}
	xs, ys := t.images*c.InC*c.InH*c.InW, t.images*c.OutC*c.OutH*c.OutW
	parts := 0
	if e.Moments {
		parts = c.moments(t)
	}
	p.moments = parts > 0
	input, output := t.input(c.InC, c.InH, c.InW, false, c.Prologue, c.Half.X), c.winogradOutput(t, e, p.moments)
	for n := range c.N / t.images {
		x, y := Operand{"x", n * xs, xs}, Operand{"y", n * ys, ys}
		p.Calls = append(p.Calls, Call{Kernel: input,
			Operands: map[string]Operand{"x": x, "x4": x, "v_half": {Name: "v"}}})
		p.Calls = append(p.Calls, products...)
		r := Operand{"residual", n * ys, ys}
		partials := Operand{"partials", n * parts * c.OutC * 2, parts * c.OutC * 2}
		p.Calls = append(p.Calls, Call{Kernel: output, Operands: map[string]Operand{"y": y, "y4": y, "residual": r,
			"residual4": r, "partials": partials}})
	}
	return p
}

// winogradWeight is the gradient of the weights by Winograd's algorithm. The product in
// the middle makes of e [36, OutC / depth, stride] and v [36, InC / depth, stride] so many
// parts of s [parts, 36, OutC, InC].
func (c Conv) winogradWeight(name string, t tiling, parts int, product kernels.Kernel) Plan {
	runs := c.N / t.images
	length := frequencies * c.OutC * c.InC
	p := Plan{
		Name: name, Winograd: true,
		Scratch: map[string]int{
			"v": t.half.floats(frequencies * c.InC / t.depth * t.stride * 4),
			"e": t.half.floats(frequencies * c.OutC / t.depth * t.stride * 4),
			"s": runs * parts * length,
		},
	}
	xs, ys := t.images*c.InC*c.InH*c.InW, t.images*c.OutC*c.OutH*c.OutW
	input, gradient := t.input(c.InC, c.InH, c.InW, false, c.Prologue, c.Half.X),
		t.input(c.OutC, c.OutH, c.OutW, true, Prologue{}, c.Half.DY)
	for n := range runs {
		x, dy, s := Operand{"x", n * xs, xs}, Operand{"dy", n * ys, ys},
			Operand{"s", n * parts * length, parts * length}
		p.Calls = append(p.Calls,
			Call{Kernel: input, Operands: map[string]Operand{"x": x, "x4": x, "v_half": {Name: "v"}}},
			Call{Kernel: gradient, Operands: map[string]Operand{"x": dy, "x4": dy, "v": {Name: "e"},
				"v_half": {Name: "e"}}},
			Call{Kernel: product, Operands: map[string]Operand{
				"s": s, "e_half": {Name: "e"}, "v_half": {Name: "v"}, "a": {Name: "e"}, "b": {Name: "v"},
				"a_half": {Name: "e"}, "b_half": {Name: "v"}, "c": s,
			}})
	}
	p.Calls = append(p.Calls, Call{Kernel: kernels.New("winograd filter grad "+c.String(), "winograd_filter_grad.wgsl",
		expand.Params{
			"OUT_C": c.OutC, "IN_C": c.InC, "PARTS": runs * parts, "SCALE": math.Ldexp(1, -c.Half.X-c.Half.DY),
			"HALF": c.Half.On,
		}, kernels.Grid(kernels.CeilDiv(c.OutC*c.InC, 64)), 0, 4*float64(runs*parts*length+9*c.OutC*c.InC))})
	return p
}

// offPower is the least stride for rows of so many quads, in quads of which so many fill
// a line of a cache: channels a power of two apart would share few lines.
func offPower(quads, line int) int {
	stride := kernels.CeilDiv(quads, line) * line
	if stride%(8*line) == 0 {
		stride += line
	}
	return stride
}
