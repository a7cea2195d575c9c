package plan

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

// correlateTile is a register tile of correlate.wgsl: output and input channels.
type correlateTile struct{ out, in int }

func (t correlateTile) String() string { return fmt.Sprintf("%d×%d", t.out, t.in) }

// fit is t with as few idle channels as can be, in fours.
func (t correlateTile) fit(c Conv) correlateTile {
	block := func(channels, most int) int {
		return kernels.CeilDiv(kernels.CeilDiv(channels, kernels.CeilDiv(channels, most)), 4) * 4
	}
	return correlateTile{block(c.OutC, t.out), block(c.InC, t.in)}
}

// terms counts the products in the unrolled loop, which takes two tiles a turn.
func (t correlateTile) terms() int { return 2 * t.out * t.in }

// correlation is what correlate.wgsl sums over: tiles or pixels, stride from four
// channels to the next, for each of so many frequencies or taps.
type correlation struct {
	frequencies   int
	taps          bool
	tiles, stride int
	half          Half
}

// correlate is correlate.wgsl, as a share of the convolution's work, and into how
// many parts it divides the sums.
func (c Conv) correlate(name string, tile correlateTile, r correlation, share float64) (k kernels.Kernel, parts int) {
	const enoughLanes, leastChunk, workgroup = 256, 256, 8
	blocks := kernels.CeilDiv(c.OutC, tile.out) * kernels.CeilDiv(c.InC, tile.in)
	parts = min(kernels.CeilDiv(enoughLanes, blocks*r.frequencies), kernels.CeilDiv(r.tiles, leastChunk))
	chunk := kernels.CeilDiv(kernels.CeilDiv(r.tiles, parts), 2) * 2
	parts = kernels.CeilDiv(r.tiles, chunk)
	gradients := c.OutC
	if !r.taps {
		gradients *= r.frequencies
	}
	return kernels.New(name, "correlate.wgsl", expand.Params{
		"FREQUENCIES": r.frequencies, "TAPS": r.taps, "OUT_C": c.OutC, "IN_C": c.InC, "TILE_O": tile.out,
		"TILE_I": tile.in,
		"STRIDE": r.stride, "HALF": r.half.On, "TILES": r.tiles, "CHUNK": chunk, "PARTS": parts, "WORKGROUP": workgroup,
	}, [3]uint32{uint32(kernels.CeilDiv(blocks*parts, workgroup)), uint32(r.frequencies), 1},
		c.FLOPs()*share, float64(4*r.half.floats(r.tiles*(r.frequencies*c.InC+gradients))+
			4*parts*r.frequencies*c.OutC*c.InC)), parts
}

// unfoldedCorrelation is the weight gradient of a strided convolution: its
// inputs are sorted by the tap that meets them, whose products are then as those in
// Winograd's algorithm. Direct sums load and mask four times as many inputs as they use.
type unfoldedCorrelation struct {
	tile   correlateTile
	cached int // floats of the sorted inputs, few enough to stay in a cache
}

func (u unfoldedCorrelation) weightGrad(_ *Target, c Conv) (Plan, bool) {
	c = c.inFloats()
	const leastChannels = 16
	if c.Stride == 1 || min(c.InC, c.OutC) < leastChannels || c.InC%4 != 0 || c.OutC%4 != 0 {
		return Plan{}, false
	}
	tile := u.tile.fit(c)
	quads := c.OutH * kernels.CeilDiv(c.OutW, 4) // of an image
	xs, ys := c.InC*c.InH*c.InW, c.OutC*c.OutH*c.OutW
	images := largestDivisor(c.N, u.cached/(c.taps()*c.InC*quads*4))
	if images == 0 || images < c.N && (images*xs%64 != 0 || images*ys%64 != 0) {
		return Plan{}, false
	}
	runs, stride := c.N/images, offPower(images*quads*4, 16)
	name := "unfolded " + tile.String()
	product, parts := c.correlate("conv weight "+name+" "+c.String(), tile,
		correlation{c.taps(), true, images * quads * 4, stride, Half{}}, 1/float64(runs))
	length := c.OutC * c.InC * c.taps()
	if runs > 1 && parts*length%64 != 0 || runs*parts > kernels.MaxPartials {
		return Plan{}, false
	}
	p := Plan{Name: name, terms: tile.terms(), Scratch: map[string]int{
		"v": c.taps() * c.InC * stride, "e": c.OutC * stride, "partials": runs * parts * length,
	}}
	one := c
	one.N = images
	inputs, gradient := one.unfold(stride), Conv{
		N: images, InC: c.OutC, InH: c.OutH, InW: c.OutW, OutC: c.OutC, OutH: c.OutH, OutW: c.OutW, KernelH: 1,
		KernelW: 1, Stride: 1, Dilate: 1,
	}.unfold(stride)
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

// unfold is conv_unfold.wgsl.
func (c Conv) unfold(stride int) kernels.Kernel {
	quads := c.N * c.OutH * kernels.CeilDiv(c.OutW, 4)
	return kernels.New(fmt.Sprintf("unfold %d×%d×%d×%d %d×%d /%d", c.N, c.InC, c.InH, c.InW, c.KernelH, c.KernelW,
		c.Stride), "conv_unfold.wgsl", expand.Params{
		"N": c.N, "C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_H": c.OutH, "OUT_W": c.OutW, "KERNEL_H": c.KernelH,
		"KERNEL_W": c.KernelW,
		"STRIDE":   c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX, "UNIT": unit(c.InW, 4*c.Stride), "STRIDE_V": stride,
	}, kernels.Grid(kernels.CeilDiv(c.InC/4*quads, 64)), 0, float64(4*c.N*c.InC*c.InH*c.InW+16*c.taps()*c.InC*quads))
}
