package wgsl

import "fmt"

// correlateTile is a register tile of correlate.wgsl: output and input channels.
type correlateTile struct{ out, in int }

func (t correlateTile) String() string { return fmt.Sprintf("%d×%d", t.out, t.in) }

// terms counts the products in the unrolled loop.
func (t correlateTile) terms() int { return 4 * t.out * t.in }

// correlation is what correlate.wgsl sums over: quads of tiles or pixels, stride from a
// channel to the next, for each of so many frequencies or taps.
type correlation struct {
	frequencies   int
	taps          bool
	quads, stride int
	half          Half
}

// correlate is correlate.wgsl for CPU drivers, as a share of the convolution's work, and
// into how many parts it divides the sums.
func (c Conv) correlate(name string, tile correlateTile, r correlation, share float64) (k Kernel, parts int) {
	const enoughLanes, leastChunk = 512, 64
	lanes := ceilDiv(c.OutC, tile.out) * ceilDiv(c.InC, tile.in)
	group := min(64, ceilDiv(lanes, 8)*8)
	chunk := ceilDiv(r.quads, min(ceilDiv(enoughLanes, lanes*r.frequencies), ceilDiv(r.quads, leastChunk)))
	step := r.half.quadsPerLoad()
	chunk = ceilDiv(chunk, step) * step
	parts = ceilDiv(r.quads, chunk)
	gradients := c.OutC
	if !r.taps {
		gradients *= r.frequencies
	}
	return build(name, "correlate.wgsl", Params{
		"FREQUENCIES": r.frequencies, "TAPS": r.taps, "OUT_C": c.OutC, "IN_C": c.InC, "TILE_O": tile.out, "TILE_I": tile.in,
		"STRIDE": r.stride, "STEP": step, "QUADS": r.quads, "CHUNK": chunk, "WORKGROUP": group,
	}, [3]uint32{uint32(ceilDiv(lanes, group)), uint32(parts), uint32(r.frequencies)},
		c.FLOPs()*share, float64(16*r.half.floats(r.quads*(r.frequencies*c.InC+gradients))+4*parts*r.frequencies*c.OutC*c.InC)), parts
}

// unfoldedWeight is the weight gradient of a strided convolution on CPU drivers: its
// inputs are sorted by the tap that meets them, whose products are then as those in
// Winograd's algorithm. Direct sums load and mask four times as many inputs as they use.
func (c Conv) unfoldedWeight(tile correlateTile) (Plan, bool) {
	if c.Stride == 1 || min(c.InC, c.OutC) < tile.in {
		return Plan{}, false
	}
	quads := c.OutH * ceilDiv(c.OutW, 4) // of an image
	xs, ys := c.InC*c.InH*c.InW, c.OutC*c.OutH*c.OutW
	images := largestDivisor(c.N, cachedLavapipe/(c.taps()*c.InC*quads*4))
	if images == 0 || images < c.N && (images*xs%64 != 0 || images*ys%64 != 0) {
		return Plan{}, false
	}
	runs, stride := c.N/images, offPower(images*quads, 4)
	name := "unfolded " + tile.String()
	product, parts := c.correlate("conv weight "+name+" "+c.String(), tile, correlation{c.taps(), true, images * quads, stride, Half{}}, 1/float64(runs))
	length := c.OutC * c.InC * c.taps()
	if runs > 1 && parts*length%64 != 0 || runs*parts > MaxPartials {
		return Plan{}, false
	}
	p := Plan{Name: name, CPU: true, Lavapipe: true, terms: tile.terms(), Scratch: map[string]int{
		"v": c.taps() * c.InC * stride * 4, "e": c.OutC * stride * 4, "partials": runs * parts * length,
	}}
	one := c
	one.N = images
	inputs, gradient := one.unfold(stride), Conv{
		N: images, InC: c.OutC, InH: c.OutH, InW: c.OutW, OutC: c.OutC, OutH: c.OutH, OutW: c.OutW, KernelH: 1, KernelW: 1, Stride: 1, Dilate: 1,
	}.unfold(stride)
	for n := range runs {
		x, dy := Operand{"x", n * images * xs, images * xs}, Operand{"dy", n * images * ys, images * ys}
		p.Calls = append(p.Calls,
			Call{Kernel: inputs, Operands: map[string]Operand{"x": x, "x4": x}},
			Call{Kernel: gradient, Operands: map[string]Operand{"x": dy, "x4": dy, "v": {Name: "e"}}},
			Call{Kernel: product, Operands: map[string]Operand{"s": {"partials", n * parts * length, parts * length}}})
	}
	p.Calls = append(p.Calls, Call{Kernel: SumPartials(runs*parts, length, false), Operands: map[string]Operand{"out": {Name: "dw"}}})
	return p, true
}

// unfold is conv_unfold.wgsl.
func (c Conv) unfold(stride int) Kernel {
	quads := c.N * c.OutH * ceilDiv(c.OutW, 4)
	return build(fmt.Sprintf("unfold %d×%d×%d×%d %d×%d /%d", c.N, c.InC, c.InH, c.InW, c.KernelH, c.KernelW, c.Stride), "conv_unfold.wgsl", Params{
		"N": c.N, "C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_H": c.OutH, "OUT_W": c.OutW, "KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW,
		"STRIDE": c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX, "UNIT": unit(c.InW, 4*c.Stride), "QUAD_STRIDE": stride,
	}, grid(ceilDiv(c.InC*quads, 64)), 0, float64(4*c.N*c.InC*c.InH*c.InW+16*c.taps()*c.InC*quads))
}
