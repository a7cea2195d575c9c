package plan

import (
	"fmt"

	"pixelda-wgpu/wgsl/kernels"
)

// winogradLimits say where Winograd's algorithm pays, and how much it does at a time.
type winogradLimits struct {
	leastChannels int // from so many input and output channels on
	// Floats of a transformed tensor: few enough to stay in a processor's cache until the
	// products have read them, and enough to make dispatches few or to fill a GPU.
	cached int
}

// tiles returns the tiling for c within the limits; false if the algorithm does not apply
// or pay.
func (l winogradLimits) tiles(c kernels.Conv) (kernels.WinogradTiling, bool) {
	var none kernels.WinogradTiling
	if c.KernelH != 3 || c.KernelW != 3 || c.Stride != 1 || c.Dilate != 1 || c.PadY != 1 || c.PadX != 1 ||
		c.OutH != c.InH || c.OutW != c.InW ||
		min(c.InC, c.OutC) < l.leastChannels || c.InC%4 != 0 || c.OutC%4 != 0 || c.OutW < 8 {
		return none, false
	}
	quads := kernels.CeilDiv(c.OutH, 4) * kernels.CeilDiv(c.OutW, 16) // of an image
	images := largestDivisor(c.N, l.cached/(kernels.WinogradFrequencies*max(c.InC, c.OutC)*quads*4))
	if images == 0 || images < c.N &&
		!(aligned(images*c.InC*c.InH*c.InW) && aligned(images*c.OutC*c.OutH*c.OutW)) {
		return none, false
	}
	t := kernels.WinogradTiling{Images: images, Quads: images * quads, Depth: 1, Half: c.Half}
	t.Stride = offPower(t.Quads, c.Half.QuadsPerLine())
	return t, true
}

// deep lets four channels lie side by side.
func deep(t kernels.WinogradTiling) kernels.WinogradTiling {
	t.Depth, t.Stride = 4, offPower(t.Quads*4, 4*t.Half.QuadsPerLine())
	return t
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

// winograd is the convolution by Winograd's algorithm, with weights in blocks of output
// channels and the products in the middle: u [36, blocks, InC, block] and v [36, InC /
// depth, stride], floats or halves, become m [36, OutC / depth, stride].
func winograd(name string, c kernels.Conv, e kernels.Epilogue, t kernels.WinogradTiling, block int,
	products Call) Plan {
	const frequencies = kernels.WinogradFrequencies
	p := Plan{
		Name: name, Winograd: true,
		Scratch: map[string]int{
			"u": t.Half.Floats(frequencies * kernels.CeilDiv(c.OutC, block) * block * c.InC),
			"v": t.Half.Floats(frequencies * c.InC / t.Depth * t.Stride * 4),
			"m": frequencies * c.OutC / t.Depth * t.Stride * 4,
		},
		Calls: []Call{{Kernel: kernels.WinogradFilter(c, block), Operands: map[string]Operand{"u_half": {Name: "u"}}}},
	}
	xs, ys := t.Images*c.InC*c.InH*c.InW, t.Images*c.OutC*c.OutH*c.OutW
	parts := 0
	if e.Moments {
		parts = momentParts(c, t)
	}
	p.moments = parts > 0
	input, output := kernels.WinogradInput(t, c), kernels.WinogradOutput(t, c, e, p.moments)
	for n := range c.N / t.Images {
		x, y := Operand{"x", n * xs, xs}, Operand{"y", n * ys, ys}
		r := Operand{"residual", n * ys, ys}
		partials := Operand{"partials", n * parts * c.OutC * 2, parts * c.OutC * 2}
		p.Calls = append(p.Calls,
			Call{Kernel: input, Operands: map[string]Operand{"x": x, "x4": x, "v_half": {Name: "v"}}},
			products,
			Call{Kernel: output, Operands: map[string]Operand{"y": y, "y4": y, "residual": r, "residual4": r,
				"partials": partials}})
	}
	return p
}

// momentParts is in how many parts an output kernel finds the moments of what it stores,
// or 0: its workgroups are the parts of BatchNormStats where each takes whole tiles of
// depth channels, and as many as a part has.
func momentParts(c kernels.Conv, t kernels.WinogradTiling) int {
	const workgroup = 64 // lanes, with 64 outputs each
	out, parts := c.Out(), t.Quads/workgroup
	if t.Quads%workgroup != 0 || c.OutW%16 != 0 || c.OutH%4 != 0 || out.Chunk()*out.Width() != workgroup*64 ||
		t.Images < c.N && !aligned(parts*c.OutC*2) { // where a dispatch begins in partials
		return 0
	}
	return parts
}

// winogradWeight is the gradient of the weights by Winograd's algorithm. The product in
// the middle makes of e [36, OutC / depth, stride] and v [36, InC / depth, stride] so many
// parts of s [parts, 36, OutC, InC].
func winogradWeight(name string, c kernels.Conv, t kernels.WinogradTiling, parts int, product kernels.Kernel) Plan {
	const frequencies = kernels.WinogradFrequencies
	runs := c.N / t.Images
	length := frequencies * c.OutC * c.InC
	p := Plan{
		Name: name, Winograd: true,
		Scratch: map[string]int{
			"v": t.Half.Floats(frequencies * c.InC / t.Depth * t.Stride * 4),
			"e": t.Half.Floats(frequencies * c.OutC / t.Depth * t.Stride * 4),
			"s": runs * parts * length,
		},
	}
	xs, ys := t.Images*c.InC*c.InH*c.InW, t.Images*c.OutC*c.OutH*c.OutW
	input, gradient := kernels.WinogradInput(t, c), kernels.WinogradGradient(t, c)
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
	p.Calls = append(p.Calls, Call{Kernel: kernels.WinogradFilterGrad(c, runs*parts)})
	return p
}

// winogradBlocks is Winograd's convolution with the products in registers, in blocks of
// output channels.
type winogradBlocks struct {
	winogradLimits
	block int // at most
}

func (w winogradBlocks) conv(_ *Target, c kernels.Conv, e kernels.Epilogue) (Plan, bool) {
	const least, mostWeights = 8, 2048
	t, ok := w.tiles(c)
	block := min(w.block, mostWeights/c.InC/least*least)
	if !ok || block == 0 || w.block > least && block == least { // which is a way of its own
		return Plan{}, false
	}
	t = deep(t)
	name := fmt.Sprintf("winograd %d", block)
	p := winograd(name, c, e, t, block, Call{Kernel: kernels.WinogradMultiply(name, t, c, block),
		Operands: map[string]Operand{"u_half": {Name: "u"}, "v_half": {Name: "v"}}})
	p.terms = c.InC * block
	return p, true
}

// winogradGEMM is Winograd's algorithm with the products as matrix products, for the
// convolution and for the gradient of its weights.
type winogradGEMM struct {
	winogradLimits
	tile gemmTile
}

func (w winogradGEMM) name() string { return "winograd " + kernels.GEMMTile(w.tile).String() }

func (w winogradGEMM) conv(_ *Target, c kernels.Conv, e kernels.Epilogue) (Plan, bool) {
	t, ok := w.tiles(c)
	if !ok {
		return Plan{}, false
	}
	return winograd(w.name(), c, e, t, c.OutC, Call{
		Kernel: kernels.WinogradGEMM(w.name(), t, c, kernels.GEMMTile(w.tile)),
		Operands: map[string]Operand{"a": {Name: "u"}, "a_half": {Name: "u"}, "b": {Name: "v"}, "b_half": {Name: "v"},
			"c": {Name: "m"}},
	}), true
}

func (w winogradGEMM) weightGrad(_ *Target, c kernels.Conv) (Plan, bool) {
	g := w.tile
	t, ok := w.tiles(c)
	if !ok {
		return Plan{}, false
	}
	const enoughGroups, leastChunk = 512, 256 // workgroups for the widest GPUs, tiles for each to sum
	const tileK = kernels.WinogradTileK
	tiles := t.Quads * 4
	groups := kernels.CeilDiv(c.OutC, g.M) * kernels.CeilDiv(c.InC, g.O) * kernels.WinogradFrequencies
	wanted := max(1, min(kernels.CeilDiv(enoughGroups, groups), tiles/leastChunk)) // parts
	chunk := kernels.CeilDiv(kernels.CeilDiv(tiles, wanted), tileK) * tileK
	k := kernels.WinogradGEMMWeight(w.name(), t, c, kernels.GEMMTile(g), chunk)
	return winogradWeight(w.name(), c, t, kernels.CeilDiv(tiles, chunk), k), true
}

// winogradCorrelation is the gradient of the weights by Winograd's algorithm, with the
// products in registers.
type winogradCorrelation struct {
	winogradLimits
	tile correlateTile
}

func (w winogradCorrelation) weightGrad(_ *Target, c kernels.Conv) (Plan, bool) {
	t, ok := w.tiles(c)
	if !ok {
		return Plan{}, false
	}
	t = deep(t)
	tile := w.tile.fit(c)
	name := "winograd " + kernels.CorrelateTile(tile).String()
	k, parts := kernels.Correlate(name, c, kernels.CorrelateTile(tile), kernels.Correlation{
		Frequencies: kernels.WinogradFrequencies, Tiles: t.Quads * 4, Stride: t.Stride, Half: c.Half},
		float64(t.Images)/float64(c.N))
	p := winogradWeight(name, c, t, parts, k)
	p.terms = tile.terms()
	return p, true
}
