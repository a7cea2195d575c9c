package plan

import (
	"fmt"

	"pixelda-wgpu/wgsl/kernels"
)

// directWeightTile is the gradient of the weights as direct sums, with a register tile of
// conv_direct_weight.wgsl.
type directWeightTile kernels.DirectWeightTile

// terms counts the products in the unrolled loop.
func (t directWeightTile) terms(c kernels.Conv) int { return t.Rows * t.Columns * t.Block * c.Taps() }

func (t directWeightTile) weightGrad(target *Target, c kernels.Conv) (Plan, bool) {
	c = inFloats(c)
	lanes, others := c.InC, c.OutC
	if !t.LanesIn {
		lanes, others = c.OutC, c.InC
	}
	if t.LanesIn != c.LanesIn() || t.Columns > 4 && t.Columns > c.OutW {
		return Plan{}, false
	}
	t.Block = kernels.CeilDiv(others, kernels.CeilDiv(others, t.Block)) // as few idle channels as can be
	if t.Block > 1 && t.terms(c) > target.MostTerms {
		return Plan{}, false
	}
	group := min(64, kernels.CeilDiv(lanes, 8)*8)
	lines := c.N * kernels.CeilDiv(c.OutH, t.Rows)
	groups := kernels.CeilDiv(lanes, group) * kernels.CeilDiv(others, t.Block)
	splits := min(lines, max(1, kernels.CeilDiv(64, groups)))
	// lavapipe ends an invocation's loops after 65,535 turns.
	for kernels.CeilDiv(lines, splits)*kernels.CeilDiv(c.OutW, t.Columns) > 32768 {
		splits *= 2
	}
	name := fmt.Sprintf("direct %d×%d×%d", t.Rows, t.Columns, t.Block)
	k := kernels.ConvDirectWeight(name, c, kernels.DirectWeightTile(t), group, splits, 0,
		[3]uint32{uint32(kernels.CeilDiv(lanes, group)), uint32(kernels.CeilDiv(others, t.Block)), uint32(splits)}, 1)
	p := sumSplits(name, c, k, splits)
	p.terms = t.terms(c)
	return p, true
}

// uniformWeights runs conv_direct_weight.wgsl with the operand that its lanes
// share in a uniform buffer, once for each group of images that fits one, or for
// each window of output channels of an image. It is the fastest on CPU drivers for
// groups that are worth a dispatch.
type uniformWeights struct{}

func (uniformWeights) weightGrad(target *Target, c kernels.Conv) (Plan, bool) {
	c = inFloats(c)
	const mostPartials = 10 << 20 // floats
	const leastWork = 1e6         // operations a dispatch
	t := directWeightTile{LanesIn: c.LanesIn(), Rows: 2, Columns: 8, Block: 16}
	if c.OutW%8 != 0 {
		t.Columns = 4
	}
	for t.Block > 4 && t.terms(c) > target.MostTerms {
		t.Block /= 2
	}
	if !t.LanesIn {
		t.Block = c.InC
	}
	pixels, length := c.OutH*c.OutW, c.OutC*c.InC*c.Taps()
	xs, ys := c.InC*c.InH*c.InW, c.OutC*pixels
	shared, lanes, channels := ys, c.InC, c.OutC // floats an image, lanes, channels of a window
	if !t.LanesIn {
		shared, lanes, channels = xs, c.OutC, c.InC
	}
	images := largestDivisor(c.N, maxUniformFloats/shared)
	if images == 0 && t.LanesIn { // not even one: windows of an image's channels
		images, channels = 1, maxUniformFloats/pixels/t.Block*t.Block
		for channels > 0 && c.OutC%channels != 0 {
			channels -= t.Block
		}
		shared = channels * pixels
	}
	if images*channels == 0 || c.OutH%t.Rows != 0 || c.OutW%t.Columns != 0 || channels%t.Block != 0 {
		return Plan{}, false
	}
	windows := 1
	if t.LanesIn {
		windows = c.OutC / channels
	}
	dispatches := c.N / images * windows
	group := min(64, kernels.CeilDiv(lanes, 8)*8)
	lines := images * c.OutH / t.Rows
	splits := min(lines, max(1, kernels.CeilDiv(4, kernels.CeilDiv(lanes, group)*channels/t.Block)))
	for splits < lines && !aligned(splits*length) {
		splits++
	}
	partials := c.N / images * splits
	if partials > kernels.MaxPartials || partials*length > mostPartials || c.FLOPs()/float64(dispatches) < leastWork ||
		dispatches > 1 && !(aligned(images*xs) && aligned(images*ys) && aligned(splits*length)) ||
		windows > 1 && !(aligned(channels*pixels) && aligned(channels*c.InC*c.Taps())) {
		return Plan{}, false
	}
	one := c
	one.N = images
	k := kernels.ConvDirectWeight("direct uniform", one, kernels.DirectWeightTile(t), group, splits, shared*images/4,
		[3]uint32{uint32(kernels.CeilDiv(lanes, group)), uint32(channels / t.Block), uint32(splits)},
		float64(dispatches)*float64(images)/float64(c.N))
	p := Plan{Name: "direct uniform", terms: t.terms(c), Scratch: map[string]int{"partials": partials * length}}
	for n := range c.N / images {
		for w := range windows {
			from := n*splits*length + w*channels*c.InC*c.Taps()
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

// sumSplits completes a kernel that leaves partial sums.
func sumSplits(name string, c kernels.Conv, k kernels.Kernel, splits int) Plan {
	length := c.OutC * c.InC * c.Taps()
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
