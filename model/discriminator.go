package model

import (
	"fmt"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// dLayers lists the filters of the discriminator's convolutions: the first of
// stride 1, then one of stride 2 each until the map is small enough.
func (c Config) dLayers() (filters []int, size int) {
	filters, size = []int{c.DFilters}, c.Size
	for size > c.DFinalSize {
		filters = append(filters, 2*filters[len(filters)-1])
		size = (size + 1) / 2
	}
	return filters, size
}

// layDiscriminator declares the discriminator's variables.
func (n *Networks) layDiscriminator() {
	filters, size := n.Config.dLayers()
	in := n.Config.TargetChannels
	for i, f := range filters {
		n.add(n.Discriminator, graph.Weight, fmt.Sprintf("discriminator.conv%d.weight", i+1), f, in, 3, 3)
		if i == 0 {
			n.add(n.Discriminator, graph.Bias, "discriminator.conv1.bias", f)
		} else {
			n.addNorm(n.Discriminator, n.DiscriminatorStats, fmt.Sprintf("discriminator.bn%d", i+1), f)
		}
		in = f
	}
	n.add(n.Discriminator, graph.Weight, "discriminator.fc.weight", 1, in*size*size)
	n.add(n.Discriminator, graph.Bias, "discriminator.fc.bias", 1)
}

// discriminator judges images [B,Ct,S,S]: a logit each, high for real ones.
// Every layer ends in leaky ReLU, dropout and noise; streams from stream on are
// its random numbers'. Each call normalises its own batch.
func (b bound) discriminator(images *graph.Tensor, m mode, stream uint32) (logits *graph.Tensor) {
	g := b.g
	leaky := kernels.LeakyReLU(b.Config.LeakySlope)
	g.Scope("discriminator", func() {
		x := images
		if b.Config.DInputNoise {
			x = g.DropoutNoise("input_noise", x, 1, b.Config.NoiseStd, stream)
		}
		filters, _ := b.Config.dLayers()
		for i := range filters {
			name := fmt.Sprintf("discriminator.conv%d", i+1)
			if i == 0 {
				x = g.Conv("conv1", x, b.get(name+".weight"), b.get(name+".bias"), 1, leaky)
			} else {
				x = g.Conv(fmt.Sprintf("conv%d", i+1), x, b.get(name+".weight"), nil, 2, kernels.NoAct)
				bn := fmt.Sprintf("bn%d", i+1)
				x = b.norm(bn, "discriminator."+bn, x, nil, m, leaky)
			}
			x = g.DropoutNoise(fmt.Sprintf("noise%d", i+1), x, b.Config.DropoutKeep, b.Config.NoiseStd,
				stream+1+uint32(i))
		}
		x = g.Reshape(x, graph.Features(x.N, x.C*x.H*x.W))
		logits = g.Linear("fc", x, b.get("discriminator.fc.weight"), b.get("discriminator.fc.bias"), kernels.NoAct)
	})
	return logits
}
