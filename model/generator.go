package model

import (
	"fmt"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// mode says how a network runs.
type mode int

const (
	inference mode = iota // running moments
	frozen                // the batch's moments; the running ones stay
	training              // the batch's moments, which the running ones follow
)

// layGenerator declares the generator's variables.
func (n *Networks) layGenerator() {
	g, stats, f := n.Generator, n.GeneratorStats, n.Config.GFilters
	in := n.Config.SourceChannels
	if n.Config.NoiseDim > 0 {
		pixels := n.Config.Size * n.Config.Size
		n.add(g, graph.Weight, "generator.noise.fc.weight", pixels, n.Config.NoiseDim)
		n.addNorm(g, stats, "generator.noise.bn", pixels)
		in++
	}
	n.add(g, graph.Weight, "generator.stem.weight", f, in, 3, 3)
	n.add(g, graph.Bias, "generator.stem.bias", f)
	for i := range n.Config.GBlocks {
		for j := 1; j <= 2; j++ {
			n.add(g, graph.Weight, fmt.Sprintf("generator.blocks.%d.conv%d.weight", i, j), f, f, 3, 3)
			n.addNorm(g, stats, fmt.Sprintf("generator.blocks.%d.bn%d", i, j), f)
		}
	}
	n.add(g, graph.Weight, "generator.head.weight", n.Config.TargetChannels, f, n.Config.GHead, n.Config.GHead)
	n.add(g, graph.Bias, "generator.head.bias", n.Config.TargetChannels)
}

// generator redraws source images [B,Cs,S,S] in the target's style, [B,Ct,S,S]
// in (−1, 1). The noise z [B,Z] becomes one more channel of the input: a linear
// layer to one value a pixel, batch normalisation, ReLU.
func (b bound) generator(source, z *graph.Tensor, m mode) (adapted *graph.Tensor) {
	g := b.g
	g.Scope("generator", func() {
		x := source
		if z != nil {
			noise := g.Linear("noise.fc", z, b.get("generator.noise.fc.weight"), nil, kernels.NoAct)
			noise = b.norm("noise.bn", "generator.noise.bn", noise, nil, m, kernels.ReLU)
			x = g.Concat("input", x, g.Reshape(noise, graph.Shape{N: x.N, C: 1, H: b.Config.Size, W: b.Config.Size}))
		}
		x = g.Conv("stem", x, b.get("generator.stem.weight"), b.get("generator.stem.bias"), 1, kernels.ReLU)
		for i := range b.Config.GBlocks {
			block := fmt.Sprintf("blocks.%d", i)
			layer := func(j int, x, residual *graph.Tensor, act kernels.Act) *graph.Tensor {
				name := fmt.Sprintf("%s.conv%d", block, j)
				x = g.Conv(name, x, b.get("generator."+name+".weight"), nil, 1, kernels.NoAct)
				name = fmt.Sprintf("%s.bn%d", block, j)
				return b.norm(name, "generator."+name, x, residual, m, act)
			}
			residual := x
			if !b.Config.GResiduals {
				residual = nil
			}
			x = layer(2, layer(1, x, nil, kernels.ReLU), residual, kernels.NoAct)
		}
		adapted = g.Conv("head", x, b.get("generator.head.weight"), b.get("generator.head.bias"), 1, kernels.Tanh)
	})
	return adapted
}

// norm is a batch normalisation with beta only, as slim's default.
func (b bound) norm(label, name string, x, residual *graph.Tensor, m mode, act kernels.Act) *graph.Tensor {
	return b.g.BatchNorm(label, x, b.get(name+".bias"), b.get(name+".running_mean"), b.get(name+".running_var"),
		residual,
		graph.Norm{Epsilon: b.Config.BNEpsilon, Decay: b.Config.BNDecay, Training: m != inference,
			Update: m == training, Act: act})
}
