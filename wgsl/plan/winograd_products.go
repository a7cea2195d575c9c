package plan

import (
	"fmt"
	"maps"
	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

// How many floats a transformed tensor may have: few enough to stay in a processor's
// cache until the products have read them, and enough to make dispatches few on
// lavapipe and to fill a GPU.
const (
	cached         = 3 << 19
	cachedLavapipe = 3 << 20
	cachedGPU      = 16 << 20
)

// cachedFloats is the bound for CPU drivers.
func cachedFloats(lavapipe bool) int {
	if lavapipe {
		return cachedLavapipe
	}
	return cached
}

// tilesOnCPU is the tiling for CPU drivers.
func (c Conv) tilesOnCPU(lavapipe bool) (tiling, bool) {
	t, ok := c.tiles(leastChannels(lavapipe), cachedFloats(lavapipe))
	return t.deep(), ok
}

// winogradDirect is Winograd's convolution for CPU drivers, in blocks of output channels.
func (c Conv) winogradDirect(e Epilogue, block int, lavapipe bool) (Plan, bool) {
	const least, mostWeights, mostTurns, workgroup = 8, 2048, 64, 8
	t, ok := c.tilesOnCPU(lavapipe)
	block = min(block, mostWeights/c.InC/least*least)
	if !ok || block == 0 || lavapipe && block == least { // which is the plan for both drivers
		return Plan{}, false
	}
	blocks, tiles := kernels.CeilDiv(c.OutC, block), t.quads*4
	turns := min(mostTurns, kernels.CeilDiv(tiles, workgroup))
	name := fmt.Sprintf("winograd %d", block)
	k := kernels.New("conv "+name+" "+c.String(), "winograd_multiply.wgsl", expand.Params{
		"IN_C": c.InC, "OUT_C": c.OutC, "BLOCK": block, "BLOCKS": blocks, "HALF": c.Half.On, "STRIDE": t.stride, "TILES": tiles, "TURNS": turns, "WORKGROUP": workgroup,
	}, [3]uint32{uint32(kernels.CeilDiv(tiles, workgroup*turns)), uint32(blocks), frequencies}, c.FLOPs()*float64(t.images)/float64(c.N), c.productsBytes(t, blocks*block))
	p := c.winograd(name, e, t, block, []Call{{Kernel: k, Operands: map[string]Operand{"u_half": {Name: "u"}, "v_half": {Name: "v"}}}})
	p.CPU, p.Lavapipe, p.terms = true, lavapipe, c.InC*block
	return p, true
}

// productsBytes is the least traffic of products with weights filled up to so many output
// channels.
func (c Conv) productsBytes(t tiling, outC int) float64 {
	return float64(4 * frequencies * (c.Half.floats(outC*c.InC+c.InC*t.quads*4) + c.OutC*t.quads*4))
}

// winogradGEMM is Winograd's convolution for GPUs.
func (c Conv) winogradGEMM(e Epilogue, g gemmTile) (Plan, bool) {
	t, ok := c.tiles(leastChannels(true), cachedGPU)
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

// winogradWeightDirect is Winograd's weight gradient for CPU drivers.
func (c Conv) winogradWeightDirect(tile correlateTile, lavapipe bool) (Plan, bool) {
	t, ok := c.tilesOnCPU(lavapipe)
	if !ok {
		return Plan{}, false
	}
	tile = tile.fit(c)
	name := "winograd " + tile.String()
	k, parts := c.correlate("conv weight "+name+" "+c.String(), tile, correlation{frequencies, false, t.quads * 4, t.stride, c.Half}, float64(t.images)/float64(c.N))
	p := c.winogradWeight(name, t, parts, k)
	p.CPU, p.Lavapipe, p.terms = true, lavapipe, tile.terms()
	return p, true
}

// winogradWeightGEMM is Winograd's weight gradient for GPUs.
func (c Conv) winogradWeightGEMM(g gemmTile) (Plan, bool) {
	t, ok := c.tiles(leastChannels(true), cachedGPU)
	if !ok {
		return Plan{}, false
	}
	const enoughGroups, leastChunk = 512, 256 // workgroups for the widest GPUs, tiles for each to sum
	tiles := t.quads * 4
	groups := kernels.CeilDiv(c.OutC, g.m) * kernels.CeilDiv(c.InC, g.o) * frequencies
	chunk := kernels.CeilDiv(kernels.CeilDiv(tiles, max(1, min(kernels.CeilDiv(enoughGroups, groups), tiles/leastChunk))), productsK) * productsK
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
func (c Conv) productsGEMM(name string, t tiling, g gemmTile, mnk [3]int, layout expand.Params, parts int) kernels.Kernel {
	m, n, k := mnk[0], mnk[1], mnk[2]
	p := expand.Params{"M": m, "N": n, "K": k, "TILE_M": g.m, "TILE_N": g.o, "TILE_K": productsK, "THREAD_M": g.threadM, "THREAD_N": g.threadO, "HALF": c.Half.On}
	maps.Copy(p, layout)
	return kernels.New(name+" "+c.String(), "winograd_gemm.wgsl", p, [3]uint32{uint32(kernels.CeilDiv(n, g.o)), uint32(kernels.CeilDiv(m, g.m)), uint32(parts * frequencies)},
		c.FLOPs()*float64(t.images)/float64(c.N), float64(4*frequencies*(c.Half.floats(m*k+k*n)+parts*m*n)))
}

// leastChannels is from how many channels on Winograd's algorithm pays: SwiftShader
// gains at once, others have better kernels for few.
func leastChannels(others bool) int {
	if others {
		return 32
	}
	return 16
}
