package plan

import (
	"fmt"
	"iter"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

// WeightGradPlans are the ways to compute the gradient of the weights of a forward
// convolution on a target, in the order of preference. Operands: x [N,InC,InH,InW],
// dy [N,OutC,OutH,OutW], dw [OutC,InC,KernelH,KernelW], those of the prologue.
func (c Conv) WeightGradPlans(t *Target) iter.Seq[Plan] {
	op := "conv weight " + c.String() + c.Prologue.String()
	return preferred(op, t, t.WeightGrad, c.FLOPs() < t.Brief, func(w weightWay) (Plan, bool) {
		p, ok := w.weightGrad(t, c)
		if ok && c.Prologue.Norm && !p.Winograd {
			p = c.normalizedFirst(p)
		}
		return p, ok
	})
}

// directWeightTile is a register tile of conv_direct_weight.wgsl: lanes over
// input or output channels, rows of a patch, channels of the other operand.
type directWeightTile struct {
	lanesIn              bool
	rows, columns, block int
}

// terms counts the products in the unrolled loop.
func (t directWeightTile) terms(c Conv) int { return t.rows * t.columns * t.block * c.taps() }

func (t directWeightTile) weightGrad(target *Target, c Conv) (Plan, bool) {
	c = c.inFloats()
	lanes, others := c.InC, c.OutC
	if !t.lanesIn {
		lanes, others = c.OutC, c.InC
	}
	if t.lanesIn != c.lanesIn() || t.columns > 4 && t.columns > c.OutW {
		return Plan{}, false
	}
	t.block = kernels.CeilDiv(others, kernels.CeilDiv(others, t.block)) // as few idle channels as can be
	if t.block > 1 && t.terms(c) > target.MostTerms {
		return Plan{}, false
	}
	group := min(64, kernels.CeilDiv(lanes, 8)*8)
	lines := c.N * kernels.CeilDiv(c.OutH, t.rows)
	groups := kernels.CeilDiv(lanes, group) * kernels.CeilDiv(others, t.block)
	splits := min(lines, max(1, kernels.CeilDiv(64, groups)))
	// lavapipe ends an invocation's loops after 65,535 turns.
	for kernels.CeilDiv(lines, splits)*kernels.CeilDiv(c.OutW, t.columns) > 32768 {
		splits *= 2
	}
	name := fmt.Sprintf("direct %d×%d×%d", t.rows, t.columns, t.block)
	k := c.directWeightKernel(name, t, group, splits, 0,
		[3]uint32{uint32(kernels.CeilDiv(lanes, group)), uint32(kernels.CeilDiv(others, t.block)), uint32(splits)}, 1)
	p := c.sumSplits(name, k, splits)
	p.terms = t.terms(c)
	return p, true
}

// uniformWeights runs conv_direct_weight.wgsl with the operand that its lanes
// share in a uniform buffer, once for each group of images that fits one, or for
// each window of output channels of an image. It is the fastest on CPU drivers for
// groups that are worth a dispatch.
type uniformWeights struct{}

func (uniformWeights) weightGrad(target *Target, c Conv) (Plan, bool) {
	c = c.inFloats()
	const mostPartials = 10 << 20 // floats
	const leastWork = 1e6         // operations a dispatch
	t := directWeightTile{lanesIn: c.lanesIn(), rows: 2, columns: 8, block: 16}
	if c.OutW%8 != 0 {
		t.columns = 4
	}
	for t.block > 4 && t.terms(c) > target.MostTerms {
		t.block /= 2
	}
	if !t.lanesIn {
		t.block = c.InC
	}
	pixels, length := c.OutH*c.OutW, c.OutC*c.InC*c.taps()
	xs, ys := c.InC*c.InH*c.InW, c.OutC*pixels
	shared, lanes, channels := ys, c.InC, c.OutC // floats an image, lanes, channels of a window
	if !t.lanesIn {
		shared, lanes, channels = xs, c.OutC, c.InC
	}
	images := largestDivisor(c.N, maxUniformFloats/shared)
	if images == 0 && t.lanesIn { // not even one: windows of an image's channels
		images, channels = 1, maxUniformFloats/pixels/t.block*t.block
		for channels > 0 && c.OutC%channels != 0 {
			channels -= t.block
		}
		shared = channels * pixels
	}
	if images*channels == 0 || c.OutH%t.rows != 0 || c.OutW%t.columns != 0 || channels%t.block != 0 {
		return Plan{}, false
	}
	windows := 1
	if t.lanesIn {
		windows = c.OutC / channels
	}
	dispatches := c.N / images * windows
	group := min(64, kernels.CeilDiv(lanes, 8)*8)
	lines := images * c.OutH / t.rows
	splits := min(lines, max(1, kernels.CeilDiv(4, kernels.CeilDiv(lanes, group)*channels/t.block)))
	aligned := func(floats int) bool { return floats%64 == 0 } // to begin a binding
	for splits < lines && !aligned(splits*length) {
		splits++
	}
	partials := c.N / images * splits
	if partials > kernels.MaxPartials || partials*length > mostPartials || c.FLOPs()/float64(dispatches) < leastWork ||
		dispatches > 1 && !(aligned(images*xs) && aligned(images*ys) && aligned(splits*length)) ||
		windows > 1 && !(aligned(channels*pixels) && aligned(channels*c.InC*c.taps())) {
		return Plan{}, false
	}
	one := c
	one.N = images
	k := one.directWeightKernel("direct uniform", t, group, splits, shared*images/4,
		[3]uint32{uint32(kernels.CeilDiv(lanes, group)), uint32(channels / t.block), uint32(splits)},
		float64(dispatches)*float64(images)/float64(c.N))
	p := Plan{Name: "direct uniform", terms: t.terms(c), Scratch: map[string]int{"partials": partials * length}}
	for n := range c.N / images {
		for w := range windows {
			from := n*splits*length + w*channels*c.InC*c.taps()
			x := Operand{Name: "x", Offset: n * images * xs, Size: images * xs}
			dy := Operand{Name: "dy", Offset: n*images*ys + w*channels*pixels, Size: images * ys}
			if windows > 1 {
				dy.Size = shared
			}
			p.Calls = append(p.Calls, Call{Kernel: k, Operands: map[string]Operand{
				"x": x, "x4": x, "x_uniform": x, "dy": dy, "dy4": dy, "dy_uniform": dy,
				"partials": {Name: "partials", Offset: from, Size: (n+1)*splits*length - from},
			}})
		}
	}
	p.Calls = append(p.Calls, Call{Kernel: kernels.SumPartials(partials, length, false),
		Operands: map[string]Operand{"out": {Name: "dw"}}})
	return p, true
}

// lanesIn tells which operand's channels the lanes of conv_direct_weight.wgsl run over.
func (c Conv) lanesIn() bool { return c.InC >= 8 || c.InC >= c.OutC }

// directWeightKernel is conv_direct_weight.wgsl for a tile, with the shared operand
// in a uniform buffer of so many vec4 unless that is 0. It does one of several equal parts.
func (c Conv) directWeightKernel(name string, t directWeightTile, group, splits, uniform int, groups [3]uint32,
	parts float64) kernels.Kernel {
	return kernels.New("conv weight "+name+" "+c.String(), "conv_direct_weight.wgsl", expand.Params{
		"N": c.N, "IN_C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW,
		"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "STRIDE": c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX,
		"TILE_Y": t.rows, "TILE_X": t.columns, "UNIT": unit(c.InW, t.columns*c.Stride), "LANES_IN": t.lanesIn,
		"BLOCK":     t.block,
		"WORKGROUP": group, "SPLITS": splits, "UNIFORM": uniform > 0, "SHARED_VEC4": max(1, uniform),
	}, groups, c.FLOPs()/parts, c.bytes()/parts)
}

func (t gemmTile) weightGrad(_ *Target, c Conv) (Plan, bool) {
	c = c.inFloats()
	columns := c.InC * c.taps()
	groups := kernels.CeilDiv(c.OutC, t.m) * kernels.CeilDiv(columns, t.o)
	// Enough workgroups for the widest GPUs, each with some hundred pixels to sum.
	splits := max(1, min(kernels.CeilDiv(512, groups), c.N*c.OutH*c.OutW/256))
	name := "gemm " + t.String()
	k := kernels.New("conv weight "+name+" "+c.String(), "conv_gemm_weight.wgsl", expand.Params{
		"N": c.N, "IN_C": c.InC, "IN_H": c.InH, "IN_W": c.InW, "OUT_C": c.OutC, "OUT_H": c.OutH, "OUT_W": c.OutW,
		"KERNEL_H": c.KernelH, "KERNEL_W": c.KernelW, "STRIDE": c.Stride, "PAD_Y": c.PadY, "PAD_X": c.PadX,
		"TILE_O": t.m, "TILE_J": t.o, "TILE_K": 16, "THREAD_O": t.threadM, "THREAD_J": t.threadO, "SPLITS": splits,
	}, [3]uint32{uint32(kernels.CeilDiv(c.OutC, t.m)), uint32(kernels.CeilDiv(columns, t.o)), uint32(splits)},
		c.FLOPs(), c.bytes())
	return c.sumSplits(name, k, splits), true
}

// sumSplits completes a kernel that leaves partial sums.
func (c Conv) sumSplits(name string, k kernels.Kernel, splits int) Plan {
	length := c.OutC * c.InC * c.taps()
	if splits == 1 {
		return Plan{Name: name, Calls: []Call{{Kernel: k, Operands: map[string]Operand{"partials": {Name: "dw"},
			"x4": {Name: "x"}, "dy4": {Name: "dy"}}}}}
	}
	return Plan{
		Name: name, Scratch: map[string]int{"partials": splits * length},
		Calls: []Call{{Kernel: k, Operands: map[string]Operand{"x4": {Name: "x"}, "dy4": {Name: "dy"}}},
			{Kernel: kernels.SumPartials(splits, length, false), Operands: map[string]Operand{"out": {Name: "dw"}}}},
	}
}
