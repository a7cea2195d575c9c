package wgsl

import "fmt"

// Winograd's F(4×4, 3×3) (Lavin and Gray, Fast Algorithms for Convolutional Neural
// Networks, 2016) makes a tile of 4 × 4 outputs of a 3 × 3 convolution from 36
// products a pair of channels instead of 144. Inputs, weights and sums are
// transformed apart, which costs accuracy, about a digit, and traffic, 2¼ times
// the layer's inputs and outputs.
const frequencies = 36

// tiling is how winograd_*.wgsl divide an image into tiles.
type tiling struct {
	images int // of a dispatch
	quads  int // groups of four tiles side by side, of all these images
	stride int // vec4 from a channel to the next: quads, filled up and moved off powers of two
}

// tiles returns the tiling for c, with as many images a dispatch as keep a transformed
// tensor in a processor's cache; false if Winograd's algorithm does not apply or pay.
func (c Conv) tiles(lavapipe bool) (tiling, bool) {
	const mostFloats = 3 << 19 // of a transformed tensor
	leastChannels := 16
	if lavapipe {
		leastChannels = 32
	}
	if c.KernelH != 3 || c.KernelW != 3 || c.Stride != 1 || c.Dilate != 1 || c.PadY != 1 || c.PadX != 1 || c.OutH != c.InH || c.OutW != c.InW ||
		min(c.InC, c.OutC) < leastChannels || c.InC%4 != 0 || c.OutC%4 != 0 || c.OutW < 8 {
		return tiling{}, false
	}
	quads := ceilDiv(c.OutH, 4) * ceilDiv(c.OutW, 16) // of an image
	t := tiling{images: largestDivisor(c.N, mostFloats/(frequencies*max(c.InC, c.OutC)*quads*4))}
	if t.images == 0 || t.images < c.N && (t.images*c.InC*c.InH*c.InW%64 != 0 || t.images*c.OutC*c.OutH*c.OutW%64 != 0) {
		return tiling{}, false
	}
	t.quads = t.images * quads
	t.stride = offPower(t.quads)
	return t, true
}

// bytesOf is the least traffic of a transform: floats on its plain side and on the
// other.
func (t tiling) bytes(channels, plain int) float64 {
	return 4 * float64(t.images*plain+frequencies*channels*t.quads*4)
}

// winogradInput is a call of winograd_input.wgsl, of an input or of a gradient.
func (t tiling) input(channels, h, w int, gradient bool, x Operand, v string) Call {
	what, side := "input", 6
	if gradient {
		what, side = "gradient", 4
	}
	k := build(fmt.Sprintf("winograd %s %d×%d×%d×%d", what, t.images, channels, h, w), "winograd_input.wgsl", Params{
		"N": t.images, "C": channels, "IN_H": h, "IN_W": w, "SIDE": side, "UNIT": unit(w, 16), "STRIDE": t.stride,
	}, grid(ceilDiv(channels*t.quads, 64)), 0, t.bytes(channels, channels*h*w))
	return Call{Kernel: k, Operands: map[string]Operand{"x": x, "x4": x, "v": {Name: v}}}
}

// filter is a call of winograd_filter.wgsl.
func (c Conv) winogradFilter(block int) Call {
	blocks := ceilDiv(c.OutC, block)
	return Call{Kernel: build("winograd filter "+c.String(), "winograd_filter.wgsl", Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "BLOCK": block, "BLOCKS": blocks, "TRANSPOSE": c.TransposedWeights,
	}, grid(ceilDiv(c.InC*blocks*block, 64)), 0, float64(4*c.InC*c.OutC*(9+frequencies)))}
}

// winogradOutput is a call of winograd_output.wgsl.
func (c Conv) winogradOutput(t tiling, e Epilogue, y Operand) Call {
	k := build(fmt.Sprintf("winograd output %d×%d×%d×%d%s", t.images, c.OutC, c.OutH, c.OutW, e), "winograd_output.wgsl", e.Act.set(Params{
		"N": t.images, "C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW, "STRIDE": t.stride, "BIAS": e.Bias,
	}), grid(ceilDiv(c.OutC*t.quads, 64)), 0, t.bytes(c.OutC, c.OutC*c.OutH*c.OutW))
	return Call{Kernel: k, Operands: map[string]Operand{"y": y, "y4": y}}
}

// winograd is the convolution by Winograd's algorithm for CPU drivers. A dispatch takes
// all frequencies, or as many as have weights that fit a uniform buffer.
func (c Conv) winograd(e Epilogue, block int, uniform bool) (Plan, bool) {
	t, ok := c.tiles(uniform)
	blocks := ceilDiv(c.OutC, block)
	each := blocks * c.InC * block // floats of the weights of one frequency
	if !ok || uniform && (each > maxUniformFloats || each%64 != 0) {
		return Plan{}, false
	}
	group := frequencies
	if uniform {
		group = largestDivisor(frequencies, maxUniformFloats/each)
	}
	lanes := ceilDiv(t.quads, 4)
	width := min(64, ceilDiv(lanes, 16)*8) // two workgroups or more for a block
	name := fmt.Sprintf("winograd %d", block)
	if uniform {
		name += " uniform"
	}
	share := float64(t.images) / float64(c.N) * float64(group) / frequencies
	k := build("conv "+name+" "+c.String(), "winograd_multiply.wgsl", Params{
		"IN_C": c.InC, "OUT_C": c.OutC, "BLOCK": block, "BLOCKS": blocks, "FREQUENCIES": group, "UNIFORM": uniform, "STRIDE": t.stride, "LANES": lanes, "WORKGROUP": width,
	}, [3]uint32{uint32(ceilDiv(lanes, width)), uint32(blocks), uint32(group)}, c.FLOPs()*share, float64(4*group*(each+(c.InC+c.OutC)*t.quads*4)))
	p := Plan{
		Name: name, CPU: true, Lavapipe: uniform, terms: 64 * block,
		Scratch: map[string]int{"u": frequencies * each, "v": frequencies * c.InC * t.stride * 4, "m": frequencies * c.OutC * t.stride * 4},
		Calls:   []Call{c.winogradFilter(block)},
	}
	xs, ys := t.images*c.InC*c.InH*c.InW, t.images*c.OutC*c.OutH*c.OutW
	for n := range c.N / t.images {
		p.Calls = append(p.Calls, t.input(c.InC, c.InH, c.InW, false, Operand{"x", n * xs, xs}, "v"))
		for f := 0; f < frequencies; f += group {
			part := func(name string, each int) Operand { return Operand{name, f * each, group * each} }
			p.Calls = append(p.Calls, Call{Kernel: k, Operands: map[string]Operand{
				"u": part("u", each), "u4": part("u", each), "v": part("v", c.InC*t.stride*4), "m": part("m", c.OutC*t.stride*4),
			}})
		}
		p.Calls = append(p.Calls, c.winogradOutput(t, e, Operand{"y", n * ys, ys}))
	}
	return p, true
}

// winogradWeight is the gradient of the weights by Winograd's algorithm for CPU
// drivers.
func (c Conv) winogradWeight(tile int, lavapipe bool) (Plan, bool) {
	t, ok := c.tiles(lavapipe)
	if !ok {
		return Plan{}, false
	}
	const enoughLanes, leastChunk = 512, 64
	lanes := ceilDiv(c.OutC, tile) * ceilDiv(c.InC, tile)
	group := min(64, ceilDiv(lanes, 8)*8)
	chunk := ceilDiv(t.quads, min(ceilDiv(enoughLanes, lanes*frequencies), ceilDiv(t.quads, leastChunk)))
	parts := ceilDiv(t.quads, chunk)
	runs := c.N / t.images
	length := frequencies * c.OutC * c.InC
	name := fmt.Sprintf("winograd %d", tile)
	k := build("conv weight "+name+" "+c.String(), "winograd_correlate.wgsl", Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "TILE_O": tile, "TILE_I": tile, "STRIDE": t.stride, "QUADS": t.quads, "CHUNK": chunk, "WORKGROUP": group,
	}, [3]uint32{uint32(ceilDiv(lanes, group)), uint32(parts), frequencies}, c.FLOPs()/float64(runs), float64(4*frequencies*((c.InC+c.OutC)*t.quads*4+parts*c.OutC*c.InC)))
	p := Plan{
		Name: name, CPU: true, Lavapipe: lavapipe, terms: 4 * tile * tile,
		Scratch: map[string]int{"v": frequencies * c.InC * t.stride * 4, "e": frequencies * c.OutC * t.stride * 4, "s": runs * parts * length},
	}
	xs, ys := t.images*c.InC*c.InH*c.InW, t.images*c.OutC*c.OutH*c.OutW
	for n := range runs {
		p.Calls = append(p.Calls,
			t.input(c.InC, c.InH, c.InW, false, Operand{"x", n * xs, xs}, "v"),
			t.input(c.OutC, c.OutH, c.OutW, true, Operand{"dy", n * ys, ys}, "e"),
			Call{Kernel: k, Operands: map[string]Operand{"s": {"s", n * parts * length, parts * length}}})
	}
	p.Calls = append(p.Calls, Call{Kernel: build("winograd filter grad "+c.String(), "winograd_filter_grad.wgsl", Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "PARTS": runs * parts,
	}, grid(ceilDiv(c.OutC*c.InC, 64)), 0, 4*float64(runs*parts*length+9*c.OutC*c.InC))})
	return p, true
}

// offPower is the least stride, in vec4, for rows of so many: channels a power of
// two apart would share few lines of a cache.
func offPower(quads int) int {
	stride := ceilDiv(quads, 4) * 4
	if stride%32 == 0 {
		stride += 4
	}
	return stride
}
