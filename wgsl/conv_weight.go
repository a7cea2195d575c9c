package wgsl

import (
	"fmt"
	"slices"
)

// WeightGradPlans lists the ways to compute the gradient of the weights of a
// forward convolution. Operands: x [N,InC,InH,InW], dy [N,OutC,OutH,OutW],
// dw [OutC,InC,KernelH,KernelW].
func (c Conv) WeightGradPlans() []Plan {
	var plans []Plan
	tiles := slices.Clone(directWeightTiles)
	if c.Stride > 1 {
		tiles[0], tiles[1] = tiles[1], tiles[0] // a flat patch needs fewer of the inputs
	}
	if p, ok := c.uniformWeight(); ok {
		plans = append(plans, p)
	}
	for _, t := range tiles {
		if p, ok := c.directWeight(t); ok {
			plans = append(plans, p)
		}
	}
	for _, t := range gemmTiles {
		plans = append(plans, c.gemmWeight(t))
	}
	return fitting("conv weight "+c.String(), plans)
}

// directWeightTile is a register tile of conv_direct_weight.wgsl: lanes over
// input or output channels, rows of a patch, channels of the other operand.
type directWeightTile struct {
	lanesIn     bool
	rows, block int
}

var directWeightTiles = []directWeightTile{{true, 4, 8}, {true, 2, 16}, {true, 4, 4}, {true, 4, 1}, {false, 4, 1}, {false, 4, 2}}

func (c Conv) directWeight(t directWeightTile) (Plan, bool) {
	lanes, others := c.InC, c.OutC
	if !t.lanesIn {
		lanes, others = c.OutC, c.InC
	}
	fits := func(block int) bool { return block < 2*others && block*c.taps() <= 160 }
	if t.lanesIn != (c.InC >= 8 || c.InC >= c.OutC) || !fits(t.block) || t.lanesIn && t.block == 1 && fits(4) {
		return Plan{}, false
	}
	group := min(64, ceilDiv(lanes, 8)*8)
	lines := c.N * ceilDiv(c.OutH, t.rows)
	groups := ceilDiv(lanes, group) * ceilDiv(others, t.block)
	splits := min(lines, max(1, ceilDiv(64, groups)))
	// lavapipe ends an invocation's loops after 65,535 turns.
	for ceilDiv(lines, splits)*ceilDiv(c.OutW, 4) > 32768 {
		splits *= 2
	}
	name := fmt.Sprintf("direct %d×4×%d", t.rows, t.block)
	k := build("conv weight "+name+" "+c.String(), "conv_direct_weight.wgsl", Params{
		"N": c.N, "IN_C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW,
		"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "STRIDE": c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX,
		"TILE_Y": t.rows, "TILE_X": 4, "LANES_IN": t.lanesIn, "BLOCK": t.block, "WORKGROUP": group, "SPLITS": splits,
		"UNIFORM": false, "WINDOW_VEC4": 1,
	}, [3]uint32{uint32(ceilDiv(lanes, group)), uint32(ceilDiv(others, t.block)), uint32(splits)}, c.FLOPs(), c.bytes())
	p := c.sumSplits(name, k, splits)
	p.CPU = true
	return p, true
}

// uniformWeight runs conv_direct_weight.wgsl once for each image and window of
// output channels, with the window's gradient in a uniform buffer. It is the fastest on
// CPU drivers for images whose windows are worth a dispatch.
func (c Conv) uniformWeight() (Plan, bool) {
	const rows, columns, block = 2, 4, 16
	const mostPartials = 10 << 20 // floats
	const leastWork = 4e6         // operations a dispatch
	pixels, length := c.OutH*c.OutW, c.OutC*c.InC*c.taps()
	channels := min(c.OutC, MaxUniformBinding/4/pixels/block*block)
	if c.InC < 8 || c.OutH%rows != 0 || c.OutW%columns != 0 || c.OutC%block != 0 || channels == 0 || block*c.taps() > 160 {
		return Plan{}, false
	}
	for c.OutC%channels != 0 {
		channels -= block
	}
	lines := c.OutH / rows
	splits := 1
	for splits < lines && splits*ceilDiv(c.InC, 64)*channels/block < 2 {
		splits *= 2
	}
	aligned := func(floats int) bool { return floats%64 == 0 } // to begin a binding
	if c.N*splits > MaxPartials || c.N*splits*length > mostPartials || !aligned(c.InC*c.InH*c.InW) || !aligned(channels*pixels) || !aligned(channels*c.InC*c.taps()) || !aligned(length) {
		return Plan{}, false
	}
	windows := c.OutC / channels
	if c.FLOPs()/float64(c.N*windows) < leastWork {
		return Plan{}, false
	}
	group := min(64, ceilDiv(c.InC, 8)*8)
	k := build("conv weight direct uniform "+c.String(), "conv_direct_weight.wgsl", Params{
		"N": 1, "IN_C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW,
		"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "STRIDE": c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX,
		"TILE_Y": rows, "TILE_X": columns, "LANES_IN": true, "BLOCK": block, "WORKGROUP": group, "SPLITS": splits,
		"UNIFORM": true, "WINDOW_VEC4": channels * pixels / 4,
	}, [3]uint32{uint32(ceilDiv(c.InC, group)), uint32(channels / block), uint32(splits)},
		c.FLOPs()/float64(c.N*windows), c.bytes()/float64(c.N*windows))
	p := Plan{Name: "direct uniform", CPU: true, Scratch: map[string]int{"partials": c.N * splits * length}}
	for n := range c.N {
		for w := range windows {
			from := n*splits*length + w*channels*c.InC*c.taps()
			p.Calls = append(p.Calls, Call{Kernel: k, Operands: map[string]Operand{
				"x":          {Name: "x", Offset: n * c.InC * c.InH * c.InW, Size: c.InC * c.InH * c.InW},
				"dy_uniform": {Name: "dy", Offset: (n*c.OutC + w*channels) * pixels, Size: channels * pixels},
				"partials":   {Name: "partials", Offset: from, Size: (n+1)*splits*length - from},
			}})
		}
	}
	p.Calls = append(p.Calls, Call{Kernel: SumPartials(c.N*splits, length, false), Operands: map[string]Operand{"out": {Name: "dw"}}})
	return p, true
}

func (c Conv) gemmWeight(t gemmTile) Plan {
	columns := c.InC * c.taps()
	groups := ceilDiv(c.OutC, t.m) * ceilDiv(columns, t.o)
	// Enough workgroups for the widest GPUs, each with some hundred pixels to sum.
	splits := max(1, min(ceilDiv(512, groups), c.N*c.OutH*c.OutW/256))
	name := fmt.Sprintf("gemm %d×%d %d×%d", t.m, t.o, t.threadM, t.threadO)
	k := build("conv weight "+name+" "+c.String(), "conv_gemm_weight.wgsl", Params{
		"N": c.N, "IN_C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW,
		"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "STRIDE": c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX,
		"TILE_O": t.m, "TILE_J": t.o, "TILE_K": 16, "THREAD_O": t.threadM, "THREAD_J": t.threadO, "SPLITS": splits,
	}, [3]uint32{uint32(ceilDiv(c.OutC, t.m)), uint32(ceilDiv(columns, t.o)), uint32(splits)}, c.FLOPs(), c.bytes())
	return c.sumSplits(name, k, splits)
}

// sumSplits completes a kernel that leaves partial sums.
func (c Conv) sumSplits(name string, k Kernel, splits int) Plan {
	length := c.OutC * c.InC * c.taps()
	if splits == 1 {
		return Plan{Name: name, Calls: []Call{{Kernel: k, Operands: map[string]Operand{"partials": {Name: "dw"}, "dy4": {Name: "dy"}}}}}
	}
	return Plan{
		Name: name, Scratch: map[string]int{"partials": splits * length},
		Calls: []Call{{Kernel: k, Operands: map[string]Operand{"dy4": {Name: "dy"}}}, {Kernel: SumPartials(splits, length, false), Operands: map[string]Operand{"out": {Name: "dw"}}}},
	}
}
