package plan

import (
	"fmt"
	"maps"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

// winogradLimits say where Winograd's algorithm pays, and how much it does at a time.
type winogradLimits struct {
	leastChannels int // from so many input and output channels on
	// Floats of a transformed tensor: few enough to stay in a processor's cache until the
	// products have read them, and enough to make dispatches few or to fill a GPU.
	cached int
}

// tiles is the tiling within the limits; false if the algorithm does not apply or pay.
func (l winogradLimits) tiles(c Conv) (tiling, bool) { return c.tiles(l.leastChannels, l.cached) }

// winogradBlocks is Winograd's convolution with the products in registers, in blocks of
// output channels.
type winogradBlocks struct {
	winogradLimits
	block int // at most
}

func (w winogradBlocks) conv(_ *Target, c Conv, e Epilogue) (Plan, bool) {
	const least, mostWeights, mostTurns, workgroup = 8, 2048, 64, 8
	t, ok := w.tiles(c)
	t = t.deep()
	block := min(w.block, mostWeights/c.InC/least*least)
	if !ok || block == 0 || w.block > least && block == least { // which is a way of its own
		return Plan{}, false
	}
	blocks, tiles := kernels.CeilDiv(c.OutC, block), t.quads*4
	turns := min(mostTurns, kernels.CeilDiv(tiles, workgroup))
	name := fmt.Sprintf("winograd %d", block)
	k := kernels.New("conv "+name+" "+c.String(), "winograd_multiply.wgsl", expand.Params{
		"IN_C": c.InC, "OUT_C": c.OutC, "BLOCK": block, "BLOCKS": blocks, "HALF": c.Half.On, "STRIDE": t.stride,
		"TILES": tiles, "TURNS": turns, "WORKGROUP": workgroup,
	}, [3]uint32{uint32(kernels.CeilDiv(tiles, workgroup*turns)), uint32(blocks), frequencies},
		c.FLOPs()*float64(t.images)/float64(c.N), c.productsBytes(t, blocks*block))
	p := c.winograd(name, e, t, block,
		[]Call{{Kernel: k, Operands: map[string]Operand{"u_half": {Name: "u"}, "v_half": {Name: "v"}}}})
	p.terms = c.InC * block
	return p, true
}

// productsBytes is the least traffic of products with weights filled up to so many output
// channels.
func (c Conv) productsBytes(t tiling, outC int) float64 {
	return float64(4 * frequencies * (c.Half.floats(outC*c.InC+c.InC*t.quads*4) + c.OutC*t.quads*4))
}

// winogradGEMM is Winograd's algorithm with the products as matrix products, for the
// convolution and for the gradient of its weights.
type winogradGEMM struct {
	winogradLimits
	tile gemmTile
}

func (w winogradGEMM) conv(_ *Target, c Conv, e Epilogue) (Plan, bool) {
	g := w.tile
	t, ok := w.tiles(c)
	if !ok {
		return Plan{}, false
	}
	name := "winograd " + g.String()
	k := c.productsGEMM("conv "+name, t, g, [3]int{c.OutC, t.quads * 4, c.InC}, expand.Params{
		"K_MAJOR": true, "A_STRIDE": c.OutC / 4, "B_STRIDE": t.stride, "C_STRIDE": t.stride, "CHUNK": c.InC,
	}, 1)
	return c.winograd(name, e, t, c.OutC, []Call{{Kernel: k, Operands: map[string]Operand{
		"a": {Name: "u"}, "a_half": {Name: "u"}, "b": {Name: "v"}, "b_half": {Name: "v"}, "c": {Name: "m"},
	}}}), true
}

// winogradCorrelation is the gradient of the weights by Winograd's algorithm, with the
// products in registers.
type winogradCorrelation struct {
	winogradLimits
	tile correlateTile
}

func (w winogradCorrelation) weightGrad(_ *Target, c Conv) (Plan, bool) {
	t, ok := w.tiles(c)
	if !ok {
		return Plan{}, false
	}
	t = t.deep()
	tile := w.tile.fit(c)
	name := "winograd " + tile.String()
	k, parts := c.correlate("conv weight "+name+" "+c.String(), tile,
		correlation{frequencies, false, t.quads * 4, t.stride, c.Half}, float64(t.images)/float64(c.N))
	p := c.winogradWeight(name, t, parts, k)
	p.terms = tile.terms()
	return p, true
}

func (w winogradGEMM) weightGrad(_ *Target, c Conv) (Plan, bool) {
	g := w.tile
	t, ok := w.tiles(c)
	if !ok {
		return Plan{}, false
	}
	const enoughGroups, leastChunk = 512, 256 // workgroups for the widest GPUs, tiles for each to sum
	tiles := t.quads * 4
	groups := kernels.CeilDiv(c.OutC, g.m) * kernels.CeilDiv(c.InC, g.o) * frequencies
	chunk := kernels.CeilDiv(kernels.CeilDiv(tiles,
		max(1, min(kernels.CeilDiv(enoughGroups, groups), tiles/leastChunk))), productsK) * productsK
	parts := kernels.CeilDiv(tiles, chunk)
	name := "winograd " + g.String()
	k := c.productsGEMM("conv weight "+name, t, g, [3]int{c.OutC, c.InC, tiles}, expand.Params{
		"K_MAJOR": false, "A_STRIDE": t.stride, "B_STRIDE": t.stride, "C_STRIDE": c.InC / 4, "CHUNK": chunk,
	}, parts)
	return c.winogradWeight(name, t, parts, k), true
}

// productsK is TILE_K of winograd_gemm.wgsl.
const productsK = 16

// productsGEMM is winograd_gemm.wgsl for factors of m, n and k.
func (c Conv) productsGEMM(name string, t tiling, g gemmTile, mnk [3]int, layout expand.Params,
	parts int) kernels.Kernel {
	m, n, k := mnk[0], mnk[1], mnk[2]
	p := expand.Params{"M": m, "N": n, "K": k, "TILE_M": g.m, "TILE_N": g.o, "TILE_K": productsK, "THREAD_M": g.threadM,
		"THREAD_N": g.threadO, "HALF": c.Half.On}
	maps.Copy(p, layout)
	return kernels.New(name+" "+c.String(), "winograd_gemm.wgsl", p,
		[3]uint32{uint32(kernels.CeilDiv(n, g.o)), uint32(kernels.CeilDiv(m, g.m)), uint32(parts * frequencies)},
		c.FLOPs()*float64(t.images)/float64(c.N), float64(4*frequencies*(c.Half.floats(m*k+k*n)+parts*m*n)))
}
