package plan

import (
	"fmt"

	"pixelda-wgpu/wgsl/kernels"
)

// directTile is the convolution as direct sums, with a register tile of conv_direct.wgsl.
type directTile kernels.DirectTile

// terms counts the products in the unrolled loop.
func (t directTile) terms(c kernels.Conv) int {
	return t.Rows * t.Columns * t.Block * c.Taps() / (c.Dilate * c.Dilate)
}

func (t directTile) conv(target *Target, c kernels.Conv, e kernels.Epilogue) (Plan, bool) {
	c = inFloats(c)
	if t.Block > 4 && t.Block >= 2*c.OutC || t.Rows > 2 && t.Rows > c.OutH || t.Columns > 4 && t.Columns > c.OutW {
		return Plan{}, false // mostly idle
	}
	if t.Block > 4 && t.terms(c) > target.MostTerms || t.Rows > 4 && c.Dilate == 1 {
		return Plan{}, false // tall tiles are for outputs that see few taps each
	}
	if t.Rows%c.Dilate != 0 || t.Columns%c.Dilate != 0 {
		return Plan{}, false // tiles would differ in the taps they see
	}
	parts := 1 // of the input channels, each with dispatches of its own
	if t.Uniform {
		parts = uniformParts(c, t.Block)
	}
	if parts == 0 || parts > 1 && (c.OutH%t.Rows != 0 || c.OutW%t.Columns != 0) {
		return Plan{}, false
	}
	packed := c.Packing(t.Block, parts)
	blocks := packed.Blocks // of a dispatch
	if t.Uniform {
		blocks = largestDivisor(blocks, kernels.MaxUniformBinding/16/packed.Vec4)
	}
	dispatches := parts * packed.Blocks / blocks
	images := c.N // of a dispatch
	xs, ys := c.InC*c.InH*c.InW, c.OutC*c.OutH*c.OutW
	if t.Images {
		images = largestDivisor(c.N, maxUniformFloats/xs)
		one := c
		one.N = images
		if images == 0 || one.FLOPs()/float64(dispatches) < target.ImagesWork ||
			images < c.N && !(aligned(images*xs) && aligned(images*ys)) {
			return Plan{}, false
		}
	}
	name := fmt.Sprintf("direct %d×%d×%d", t.Rows, t.Columns, t.Block)
	if t.Uniform {
		name += " uniform"
	}
	if t.Images {
		name += " images"
	}
	k := kernels.ConvDirect(name, c, kernels.DirectTile(t), e,
		kernels.DirectSlice{Images: images, Blocks: blocks, Parts: parts, Share: dispatches})
	plan := Plan{Name: name, terms: t.terms(c),
		Scratch: map[string]int{"pack": parts * packed.Blocks * packed.Vec4 * 4},
		Calls:   []Call{{Kernel: kernels.ConvPack(c, t.Block, parts, true)}}}
	for n := range c.N / images {
		x, y, r := Operand{Name: "x"}, Operand{Name: "y"}, Operand{Name: "residual"}
		if t.Images {
			x, y, r = Operand{"x", n * images * xs, images * xs}, Operand{"y", n * images * ys, images * ys},
				Operand{"residual", n * images * ys, images * ys}
		}
		for b := range dispatches {
			call := Call{Kernel: k, Operands: map[string]Operand{"x": x, "x4": x, "x_uniform": x, "y": y, "y4": y,
				"residual": r, "residual4": r}}
			if t.Uniform {
				call.Operands["pack_uniform"] = Operand{Name: "pack", Offset: b * blocks * packed.Vec4 * 4,
					Size: blocks * packed.Vec4 * 4}
			}
			plan.Calls = append(plan.Calls, call)
		}
	}
	return plan, true
}

// uniformParts returns into how many parts the input channels must be divided, so
// that a block of output channels' weights fits a uniform buffer, or 0.
func uniformParts(c kernels.Conv, block int) int {
	const mostParts = 8 // each reads the sums of those before it
	for parts := 1; parts <= mostParts; parts++ {
		if c.Packing(block, parts).Vec4*16 <= kernels.MaxUniformBinding {
			return parts
		}
	}
	return 0
}
