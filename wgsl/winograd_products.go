package wgsl

import (
	"fmt"
	"maps"
)

// How many floats a transformed tensor may have: few enough to stay in a processor's
// cache until the products have read them, and enough to make dispatches few on
// lavapipe and to fill a GPU.
const (
	cached         = 3 << 19
	cachedLavapipe = 3 << 20
	cachedGPU      = 16 << 20
)

// cachedOn is the bound for CPU drivers.
func cachedOn(lavapipe bool) int {
	if lavapipe {
		return cachedLavapipe
	}
	return cached
}

// winogradDirect is Winograd's convolution for CPU drivers; uniform: as many frequencies
// a dispatch as have weights that fit a uniform buffer, for lavapipe, which has faster
// kernels for few channels.
func (c Conv) winogradDirect(e Epilogue, block int, uniform bool) (Plan, bool) {
	t, ok := c.tiles(leastChannels(uniform), cachedOn(uniform))
	blocks := ceilDiv(c.OutC, block)
	each := c.Half.floats(blocks * c.InC * block) // of the weights of one frequency
	if !ok || uniform && (each > maxUniformFloats || each%64 != 0) {
		return Plan{}, false
	}
	name, group := fmt.Sprintf("winograd %d", block), frequencies
	if uniform {
		t = t.pairRows(c.InH)
		name += " uniform"
		group = largestDivisor(frequencies, maxUniformFloats/each)
	}
	lanes := ceilDiv(t.quads, 4)
	width := min(64, ceilDiv(lanes, 16)*8) // two workgroups or more for a block
	k := build("conv "+name+" "+c.String(), "winograd_multiply.wgsl", Params{
		"IN_C": c.InC, "OUT_C": c.OutC, "BLOCK": block, "BLOCKS": blocks, "FREQUENCIES": group, "UNIFORM": uniform, "HALF": c.Half.On, "STRIDE": t.stride, "LANES": lanes, "WORKGROUP": width,
	}, [3]uint32{uint32(ceilDiv(lanes, width)), uint32(blocks), uint32(group)},
		c.FLOPs()*float64(t.images*group)/float64(c.N*frequencies), float64(4*group*(each+c.Half.floats(c.InC*t.quads*4)+c.OutC*t.quads*4)))
	var products []Call
	for f := 0; f < frequencies; f += group {
		part := func(name string, each int) Operand { return Operand{name, f * each, group * each} }
		u, v, m := part("u", each), part("v", c.Half.floats(c.InC*t.stride*4)), part("m", c.OutC*t.stride*4)
		products = append(products, Call{Kernel: k, Operands: map[string]Operand{
			"u": u, "u4": u, "u_half": u, "u4_half": u, "v": v, "v_half": v, "m": m,
		}})
	}
	p := c.winograd(name, e, t, block, products)
	p.CPU, p.Lavapipe, p.terms = true, uniform, 64*block
	return p, true
}

// winogradGEMM is Winograd's convolution for GPUs.
func (c Conv) winogradGEMM(e Epilogue, g gemmTile) (Plan, bool) {
	t, ok := c.tiles(leastChannels(true), cachedGPU)
	if !ok {
		return Plan{}, false
	}
	name := "winograd " + g.String()
	k := c.productsGEMM("conv "+name, t, g, [3]int{c.OutC, t.quads * 4, c.InC}, Params{
		"K_MAJOR": true, "A_STRIDE": c.OutC / 4, "B_STRIDE": t.stride, "C_STRIDE": t.stride, "CHUNK": c.InC,
	}, 1)
	return c.winograd(name, e, t, c.OutC, []Call{{Kernel: k, Operands: map[string]Operand{
		"a": {Name: "u"}, "a_half": {Name: "u"}, "b": {Name: "v"}, "b_half": {Name: "v"}, "c": {Name: "m"},
	}}}), true
}

// winogradWeightDirect is Winograd's weight gradient for CPU drivers.
func (c Conv) winogradWeightDirect(tile correlateTile, lavapipe bool) (Plan, bool) {
	t, ok := c.tiles(leastChannels(lavapipe), cachedOn(lavapipe))
	if !ok {
		return Plan{}, false
	}
	if lavapipe {
		t = t.pairRows(c.InH)
	}
	name := "winograd " + tile.String()
	k, parts := c.correlate("conv weight "+name+" "+c.String(), tile, correlation{frequencies, false, t.quads, t.stride, c.Half}, float64(t.images)/float64(c.N))
	p := c.winogradWeight(name, t, parts, k)
	p.CPU, p.Lavapipe, p.terms = true, lavapipe, tile.terms()*c.Half.quadsPerLoad()
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
	groups := ceilDiv(c.OutC, g.m) * ceilDiv(c.InC, g.o) * frequencies
	chunk := ceilDiv(ceilDiv(tiles, max(1, min(ceilDiv(enoughGroups, groups), tiles/leastChunk))), productsK) * productsK
	parts := ceilDiv(tiles, chunk)
	name := "winograd " + g.String()
	k := c.productsGEMM("conv weight "+name, t, g, [3]int{c.OutC, c.InC, tiles}, Params{
		"K_MAJOR": false, "A_STRIDE": t.stride, "B_STRIDE": t.stride, "C_STRIDE": c.InC / 4, "CHUNK": chunk,
	}, parts)
	return c.winogradWeight(name, t, parts, k), true
}

// productsK is TILE_K of winograd_gemm.wgsl.
const productsK = 16

// productsGEMM is winograd_gemm.wgsl for factors of m, n and k.
func (c Conv) productsGEMM(name string, t tiling, g gemmTile, mnk [3]int, layout Params, parts int) Kernel {
	m, n, k := mnk[0], mnk[1], mnk[2]
	p := Params{"M": m, "N": n, "K": k, "TILE_M": g.m, "TILE_N": g.o, "TILE_K": productsK, "THREAD_M": g.threadM, "THREAD_N": g.threadO, "HALF": c.Half.On}
	maps.Copy(p, layout)
	return build(name+" "+c.String(), "winograd_gemm.wgsl", p, [3]uint32{uint32(ceilDiv(n, g.o)), uint32(ceilDiv(m, g.m)), uint32(parts * frequencies)},
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
