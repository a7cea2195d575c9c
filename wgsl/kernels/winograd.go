package kernels

import (
	"fmt"
	"maps"
	"math"

	"pixelda-wgpu/wgsl/expand"
)

// Winograd's F(4×4, 3×3) (Lavin and Gray, Fast Algorithms for Convolutional Neural
// Networks, 2016) makes a tile of 4 × 4 outputs of a 3 × 3 convolution from 36
// products a pair of channels instead of 144. Inputs, weights and sums are
// transformed apart, which costs accuracy, twice the rounding of direct sums, and
// traffic, 2¼ times the layer's inputs and outputs.

// WinogradFrequencies is how many numbers a tile has when it is transformed.
const WinogradFrequencies = 36

// WinogradTiling is how winograd_*.wgsl divide an image into tiles.
type WinogradTiling struct {
	Images int // of a dispatch
	Quads  int // groups of four tiles side by side, of all these images
	Depth  int // channels side by side in memory: 1, of four tiles each, or 4, tile by tile
	Stride int // vec4 from depth channels to the next: filled up and moved off powers of two
	Half   Half
}

// bytes is the least traffic of a transform: floats on its plain side, and on the
// other what h says.
func (t WinogradTiling) bytes(channels, plain int, h Half) float64 {
	return 4 * float64(t.Images*plain+h.Floats(WinogradFrequencies*channels*t.Quads*4))
}

// WinogradInput is winograd_input.wgsl for the inputs of a convolution with its prologue.
//
//	x or x4          read        [Images, InC, InH, InW]
//	v or v_half      read_write  [36, InC / Depth, Stride]
func WinogradInput(t WinogradTiling, c Conv) Kernel {
	return t.input("input", 6, c.In(), c.Prologue, c.Half.X)
}

// WinogradGradient is winograd_input.wgsl for the gradients of its outputs.
//
//	x or x4          read        [Images, OutC, OutH, OutW]
//	v or v_half      read_write  [36, OutC / Depth, Stride]
func WinogradGradient(t WinogradTiling, c Conv) Kernel {
	return t.input("gradient", 4, c.Out(), Prologue{}, c.Half.DY)
}

// input transforms tiles of side × side pixels; 2^exponent multiplies what it stores.
func (t WinogradTiling) input(what string, side int, m Map, p Prologue, exponent int) Kernel {
	return New(fmt.Sprintf("winograd %s %d×%d×%d×%d%s%s", what, t.Images, m.C, m.H, m.W, p, t.Half),
		"winograd_input.wgsl", p.Act.Set(expand.Params{
			"N": t.Images, "C": m.C, "DEPTH": t.Depth, "IN_H": m.H, "IN_W": m.W, "SIDE": side,
			"UNIT": unit(m.W, 16), "STRIDE": t.Stride, "NORM": p.Norm, "HALF": t.Half.On,
			"SCALE": math.Ldexp(1, exponent),
		}), Grid(CeilDiv(m.C/t.Depth*t.Quads, 64)), 0, t.bytes(m.C, m.C*m.H*m.W, t.Half))
}

// WinogradFilter is winograd_filter.wgsl, which transforms the weights in blocks of output
// channels.
//
//	w            read        [OutC, InC, 3, 3]
//	u or u_half  read_write  [36, blocks, InC, block]
func WinogradFilter(c Conv, block int) Kernel {
	blocks := CeilDiv(c.OutC, block)
	return New("winograd filter "+c.String(), "winograd_filter.wgsl", expand.Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "BLOCK": block, "BLOCKS": blocks, "TRANSPOSE": c.TransposedWeights,
		"HALF": c.Half.On,
	}, Grid(CeilDiv(c.InC*blocks*block, 128)), 0,
		float64(4*c.InC*c.OutC*9+4*c.Half.Floats(c.InC*c.OutC*WinogradFrequencies)))
}

// WinogradOutput is winograd_output.wgsl, which brings the products back to pixels.
//
//	m                read        [36, OutC / Depth, Stride]
//	bias, residual   read        if the epilogue has them
//	y or y4          read_write  [Images, OutC, OutH, OutW]
//	partials         read_write  the moments, if they are asked for
func WinogradOutput(t WinogradTiling, c Conv, e Epilogue, moments bool) Kernel {
	return New(fmt.Sprintf("winograd output %d×%d×%d×%d%s%s", t.Images, c.OutC, c.OutH, c.OutW, e, t.Half),
		"winograd_output.wgsl", e.set(expand.Params{
			"N": t.Images, "C": c.OutC, "DEPTH": t.Depth, "OUT_H": c.OutH, "OUT_W": c.OutW, "STRIDE": t.Stride,
			"HALF": t.Half.On, "SCALE": math.Ldexp(1, -c.Half.X), "MOMENTS": moments,
		}), Grid(CeilDiv(c.OutC/t.Depth*t.Quads, 64)), 0, t.bytes(c.OutC, c.OutC*c.OutH*c.OutW, Half{}))
}

// WinogradFilterGrad is winograd_filter_grad.wgsl, which brings so many parts of the
// products of a weight gradient back to weights.
//
//	s   read        [parts, 36, OutC, InC]
//	dw  read_write  [OutC, InC, 3, 3]
func WinogradFilterGrad(c Conv, parts int) Kernel {
	return New("winograd filter grad "+c.String(), "winograd_filter_grad.wgsl", expand.Params{
		"OUT_C": c.OutC, "IN_C": c.InC, "PARTS": parts, "SCALE": math.Ldexp(1, -c.Half.X-c.Half.DY),
		"HALF": c.Half.On,
	}, Grid(CeilDiv(c.OutC*c.InC, 64)), 0, 4*float64((parts*WinogradFrequencies+9)*c.OutC*c.InC))
}

// WinogradMultiply is winograd_multiply.wgsl, the products in registers, with blocks of
// output channels.
//
//	u or u_half  read        [36, blocks, InC, block]
//	v or v_half  read        [36, InC / 4, Stride]
//	m            read_write  [36, OutC / 4, Stride]
func WinogradMultiply(name string, t WinogradTiling, c Conv, block int) Kernel {
	const mostTurns, workgroup = 64, 8
	blocks, tiles := CeilDiv(c.OutC, block), t.Quads*4
	turns := min(mostTurns, CeilDiv(tiles, workgroup))
	return New("conv "+name+" "+c.String(), "winograd_multiply.wgsl", expand.Params{
		"IN_C": c.InC, "OUT_C": c.OutC, "BLOCK": block, "BLOCKS": blocks, "HALF": c.Half.On, "STRIDE": t.Stride,
		"TILES": tiles, "TURNS": turns, "WORKGROUP": workgroup,
	}, [3]uint32{uint32(CeilDiv(tiles, workgroup*turns)), uint32(blocks), WinogradFrequencies},
		c.FLOPs()*float64(t.Images)/float64(c.N),
		float64(4*WinogradFrequencies*(c.Half.Floats(blocks*block*c.InC+c.InC*t.Quads*4)+c.OutC*t.Quads*4)))
}

// WinogradTileK is how many terms winograd_gemm.wgsl takes at a time.
const WinogradTileK = 16

// WinogradGEMM is winograd_gemm.wgsl for the sums of a convolution: matrix products of
// transformed weights and inputs.
//
//	a or a_half  read        u [36, InC, OutC]
//	b or b_half  read        v [36, InC, Stride]
//	c            read_write  m [36, OutC, Stride]
func WinogradGEMM(name string, t WinogradTiling, c Conv, g GEMMTile) Kernel {
	return t.products("conv "+name, c, g, [3]int{c.OutC, t.Quads * 4, c.InC}, expand.Params{
		"K_MAJOR": true, "A_STRIDE": c.OutC / 4, "B_STRIDE": t.Stride, "C_STRIDE": t.Stride, "CHUNK": c.InC,
	}, 1)
}

// WinogradGEMMWeight is winograd_gemm.wgsl for the gradient of the weights, summed over the
// tiles in parts of so many.
//
//	a or a_half  read        e [36, OutC, Stride]
//	b or b_half  read        v [36, InC, Stride]
//	c            read_write  s [parts, 36, OutC, InC]
func WinogradGEMMWeight(name string, t WinogradTiling, c Conv, g GEMMTile, chunk int) Kernel {
	tiles := t.Quads * 4
	return t.products("conv weight "+name, c, g, [3]int{c.OutC, c.InC, tiles}, expand.Params{
		"K_MAJOR": false, "A_STRIDE": t.Stride, "B_STRIDE": t.Stride, "C_STRIDE": c.InC / 4, "CHUNK": chunk,
	}, CeilDiv(tiles, chunk))
}

// products multiplies factors of m × k and k × n for each frequency.
func (t WinogradTiling) products(name string, c Conv, g GEMMTile, mnk [3]int, layout expand.Params, parts int) Kernel {
	m, n, k := mnk[0], mnk[1], mnk[2]
	p := expand.Params{"M": m, "N": n, "K": k, "TILE_M": g.M, "TILE_N": g.O, "TILE_K": WinogradTileK,
		"THREAD_M": g.ThreadM, "THREAD_N": g.ThreadO, "HALF": c.Half.On}
	maps.Copy(p, layout)
	return New(name+" "+c.String(), "winograd_gemm.wgsl", p,
		[3]uint32{uint32(CeilDiv(n, g.O)), uint32(CeilDiv(m, g.M)), uint32(parts * WinogradFrequencies)},
		c.FLOPs()*float64(t.Images)/float64(c.N),
		float64(4*WinogradFrequencies*(c.Half.Floats(m*k+k*n)+parts*m*n)))
}
