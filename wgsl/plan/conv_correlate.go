package plan

import "pixelda-wgpu/wgsl/kernels"

// correlateTile is a register tile of correlate.wgsl.
type correlateTile kernels.CorrelateTile

// fit is t with as few idle channels as can be, in fours.
func (t correlateTile) fit(c kernels.Conv) correlateTile {
	block := func(channels, most int) int {
		return kernels.CeilDiv(kernels.CeilDiv(channels, kernels.CeilDiv(channels, most)), 4) * 4
	}
	return correlateTile{block(c.OutC, t.Out), block(c.InC, t.In)}
}

// terms counts the products in the unrolled loop, which takes two tiles a turn.
func (t correlateTile) terms() int { return 2 * t.Out * t.In }

// unfoldedCorrelation is the weight gradient of a strided convolution: its
// inputs are sorted by the tap that meets them, whose products are then as those in
// Winograd's algorithm. Direct sums load and mask four times as many inputs as they use.
type unfoldedCorrelation struct {
	tile   correlateTile
	cached int // floats of the sorted inputs, few enough to stay in a cache
}

func (u unfoldedCorrelation) weightGrad(_ *Target, c kernels.Conv) (Plan, bool) {
	c = inFloats(c)
	const leastChannels = 16
	if c.Stride == 1 || min(c.InC, c.OutC) < leastChannels || c.InC%4 != 0 || c.OutC%4 != 0 {
		return Plan{}, false
	}
	tile := u.tile.fit(c)
	quads := c.OutH * kernels.CeilDiv(c.OutW, 4) // of an image
	xs, ys := c.InC*c.InH*c.InW, c.OutC*c.OutH*c.OutW
	images := largestDivisor(c.N, u.cached/(c.Taps()*c.InC*quads*4))
	if images == 0 || images < c.N && !(aligned(images*xs) && aligned(images*ys)) {
		return Plan{}, false
	}
	runs, stride := c.N/images, offPower(images*quads*4, 16)
	name := "unfolded " + kernels.CorrelateTile(tile).String()
	product, parts := kernels.Correlate(name, c, kernels.CorrelateTile(tile),
		kernels.Correlation{Frequencies: c.Taps(), Taps: true, Tiles: images * quads * 4, Stride: stride},
		1/float64(runs))
	length := c.OutC * c.InC * c.Taps()
	if runs > 1 && !aligned(parts*length) || runs*parts > kernels.MaxPartials {
		return Plan{}, false
	}
	p := Plan{Name: name, terms: tile.terms(), Scratch: map[string]int{
		"v": c.Taps() * c.InC * stride, "e": c.OutC * stride, "partials": runs * parts * length,
	}}
	one := c
	one.N = images
	inputs := kernels.ConvUnfold(one, stride)
	gradient := kernels.ConvUnfold(kernels.SameConv(images, c.OutC, c.OutH, c.OutW, c.OutC, 1, 1), stride)
	for n := range runs {
		x, dy := Operand{"x", n * images * xs, images * xs}, Operand{"dy", n * images * ys, images * ys}
		p.Calls = append(p.Calls,
			Call{Kernel: inputs, Operands: map[string]Operand{"x": x, "x4": x}},
			Call{Kernel: gradient, Operands: map[string]Operand{"x": dy, "x4": dy, "v": {Name: "e"}}},
			Call{Kernel: product, Operands: map[string]Operand{"s": {"partials", n * parts * length, parts * length}}})
	}
	p.Calls = append(p.Calls, Call{Kernel: kernels.SumPartials(runs*parts, length, false),
		Operands: map[string]Operand{"out": {Name: "dw"}}})
	return p, true
}
