package model

import (
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// CoGAN is a pair of coupled adversarial networks (the authors' net_cogan_mnist2usps):
// two generators that differ in their last layer alone draw a pair of images from one
// noise, and two discriminators that differ in their first layer judge and classify.
type CoGAN struct {
	*Networks
	Adaptation
}

// The programs of CoGAN. The steps read <step>.source, .labels and .target, or draw
// and read nothing; <step>.z [B,Z] where the host gives it.
const (
	CoGANDStepProgram = "cogan_d_step"
	CoGANGStepProgram = "cogan_g_step"
	CoGANPairsProgram = "cogan_pairs"
)

// Columns of the rows of losses.
const (
	CoGANReal     = 0 // of telling real images as such, the mean over both domains
	CoGANFake     = 1
	CoGANClass    = 2
	CoGANFeature  = 3
	CoGANCorrect  = 4
	CoGANDeceived = 0 // of the generators' step
)

// CoGANSize is the height and width of the images, to which the layers add up.
const CoGANSize = 28

const streamCoGAN = 500

// NewCoGAN lays out the variables.
func NewCoGAN(c Config, a Adaptation) (*CoGAN, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Size != CoGANSize {
		return nil, wrong("size is %d; CoGAN's networks are made for %d", c.Size, CoGANSize)
	}
	if c.NoiseDim == 0 {
		return nil, wrong("noise_dim is 0; CoGAN draws images from noise alone")
	}
	if c.LearnsPose() {
		return nil, wrong("task_tower is %s, with orientations; CoGAN tells classes only: set task_tower=%s",
			c.TaskTower, MNISTTower)
	}
	n := &CoGAN{empty(c), a}
	n.decayAll = true // as PyTorch's Adam
	n.Generator, n.Discriminator = n.store("generator"), n.store("discriminator")
	n.GeneratorStats = n.statistics("generator_stats")
	n.layGenerators()
	n.layDiscriminators()
	return n, nil
}

// channels is how many an image of a domain has.
func (n *CoGAN) channels(domain string) int {
	if domain == "source" {
		return n.Config.SourceChannels
	}
	return n.Config.TargetChannels
}

// coLayers are the transposed convolutions that the generators share: kernel, stride,
// padding. They make maps of 4, 7, 13 and 25.
var coLayers = []struct{ kernel, stride, pad int }{{4, 1, 0}, {3, 2, 1}, {3, 2, 1}, {3, 2, 1}}

// layGenerators declares the generators' variables. A convolution before a
// normalisation has no bias, which that would take away again.
func (n *CoGAN) layGenerators() {
	in := n.Config.NoiseDim
	for i, l := range coLayers {
		f := n.CoGenerator << (len(coLayers) - 1 - i)
		n.add(n.Generator, graph.Weight, fmt.Sprintf("generator.conv%d.weight", i), in, f, l.kernel, l.kernel)
		n.add(n.Generator, graph.Slope, fmt.Sprintf("generator.prelu%d.weight", i), 1)
		n.add(n.GeneratorStats, graph.Mean, fmt.Sprintf("generator.bn%d.running_mean", i), f)
		n.add(n.GeneratorStats, graph.Variance, fmt.Sprintf("generator.bn%d.running_var", i), f)
		in = f
	}
	for _, domain := range []string{"source", "target"} {
		n.add(n.Generator, graph.Weight, "generator.head."+domain+".weight", in, n.channels(domain), 6, 6)
		n.add(n.Generator, graph.Bias, "generator.head."+domain+".bias", n.channels(domain))
	}
}

// generators draw a pair of images [B,C,28,28] in (0, 1) from noise z [B,Z].
func (b bound) generators(z *graph.Tensor, m mode) (source, target *graph.Tensor) {
	g := b.g
	g.Scope("generator", func() {
		x := g.Reshape(z, graph.Shape{N: z.N, C: z.C, H: 1, W: 1})
		for i, l := range coLayers {
			x = g.TransposedConv(fmt.Sprintf("conv%d", i), x, b.get(fmt.Sprintf("generator.conv%d.weight", i)), nil,
				l.stride, l.pad, kernels.NoAct)
			bn := fmt.Sprintf("generator.bn%d", i)
			x = g.BatchNorm(fmt.Sprintf("bn%d", i), x, nil, b.get(bn+".running_mean"), b.get(bn+".running_var"), nil,
				graph.Norm{Epsilon: b.Config.BNEpsilon, Decay: b.Config.BNDecay, Training: m != inference,
					Update: m == training})
			x = g.PReLU(fmt.Sprintf("prelu%d", i), x, b.get(fmt.Sprintf("generator.prelu%d.weight", i)))
		}
		head := func(domain string) *graph.Tensor {
			name := "generator.head." + domain
			return g.TransposedConv("head."+domain, x, b.get(name+".weight"), b.get(name+".bias"), 1, 1,
				kernels.Sigmoid)
		}
		source, target = head("source"), head("target")
	})
	return source, target
}

// layDiscriminators declares the discriminators' variables.
func (n *CoGAN) layDiscriminators() {
	f := n.CoFilters
	layer := func(name string, dims ...int) {
		n.add(n.Discriminator, graph.Weight, "discriminator."+name+".weight", dims...)
		n.add(n.Discriminator, graph.Bias, "discriminator."+name+".bias", dims[0])
	}
	layer("conv1.source", f[0], n.Config.SourceChannels, 5, 5)
	layer("conv1.target", f[0], n.Config.TargetChannels, 5, 5)
	layer("conv2", f[1], f[0], 5, 5)
	layer("fc", n.CoUnits, f[1]*4*4)
	n.add(n.Discriminator, graph.Slope, "discriminator.prelu.weight", 1)
	layer("real", 2, n.CoUnits)
	layer("classes", n.Config.Classes, n.CoUnits)
}

// judgement is what a discriminator makes of images.
type judgement struct {
	features *graph.Tensor // [B,units]
	real     *graph.Tensor // [B,2]: drawn or real
	classes  *graph.Tensor // [B,Classes]
}

// judge looks at images [B,C,28,28] of a domain. Convolutions are without padding, and
// pools without an activation before them.
func (b bound) judge(domain string, images *graph.Tensor) (j judgement) {
	g := b.g
	layer := func(name string) (weight, bias *graph.Tensor) {
		return b.get("discriminator." + name + ".weight"), b.get("discriminator." + name + ".bias")
	}
	g.Scope("discriminator."+domain, func() {
		w, bias := layer("conv1." + domain)
		x := g.MaxPool("pool1", g.PaddedConv("conv1", images, w, bias, 1, 0, kernels.NoAct), 2, 2)
		w, bias = layer("conv2")
		x = g.MaxPool("pool2", g.PaddedConv("conv2", x, w, bias, 1, 0, kernels.NoAct), 2, 2)
		w, bias = layer("fc")
		x = g.Linear("fc", g.Reshape(x, graph.Features(x.N, x.C*x.H*x.W)), w, bias, kernels.NoAct)
		j.features = g.PReLU("prelu", x, b.get("discriminator.prelu.weight"))
		w, bias = layer("real")
		j.real = g.Linear("real", j.features, w, bias, kernels.NoAct)
		w, bias = layer("classes")
		j.classes = g.Linear("classes", j.features, w, bias, kernels.NoAct)
	})
	return j
}

// unitImages brings images in [0, 1] into the graph.
func (b bound) unitImages(buffer string, f Images, batch, channels int) *graph.Tensor {
	return b.imagesFrom(0, buffer, f, batch, channels)
}

// normal is the generators' z ~ N(0, 1).
func (b bound) normal(buffer string, host bool, batch int) *graph.Tensor {
	s := graph.Features(batch, b.Config.NoiseDim)
	if host {
		return b.g.Input(buffer, s)
	}
	return b.g.Normal(buffer, s, streamCoGAN)
}

// verdict is the cross-entropy of both domains' judgements against real (1) or drawn
// (0), the mean over both.
func (b bound) verdict(label string, real int, weight float64, of ...judgement) (loss *graph.Tensor,
	terms []graph.Term) {
	var losses []*graph.Tensor
	for i, j := range of {
		l, _ := b.g.SoftmaxCrossEntropyOf(fmt.Sprint(label, i), j.real, real)
		losses = append(losses, l)
		terms = append(terms, graph.Term{Loss: l, Weight: weight / float64(len(of))})
	}
	return b.g.Scale(label, b.g.Add(losses[0], losses[1]), 0.5), terms
}

// DStep trains the discriminators: to tell real images from drawn ones, to classify
// the source, and to find the same features in a drawn pair.
func (n *CoGAN) DStep(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(CoGANDStepProgram, choose, func(b bound) {
		const step = CoGANDStepProgram
		g := b.g
		source := b.unitImages(step+".source", in.Source, b.Config.Batch, b.Config.SourceChannels)
		target := b.unitImages(step+".target", in.Target, b.Config.Batch, b.Config.TargetChannels)
		labels := g.Input(step+".labels", graph.Features(b.Config.Batch, 1))
		drawnSource, drawnTarget := b.generators(b.normal(step+".z", in.HostNoise, b.Config.Batch), training)

		ofSource := b.judge("source", source)
		fakeSource, fakeTarget := b.judge("source", drawnSource), b.judge("target", drawnTarget)
		real, terms := b.verdict("real", 1, 1, ofSource, b.judge("target", target))
		fake, more := b.verdict("fake", 0, 1, fakeSource, fakeTarget)
		class, correct := g.SoftmaxCrossEntropy("class", ofSource.classes, labels)
		apart := g.Add(fakeSource.features, g.Scale("minus", fakeTarget.features, -1))
		units := float64(apart.C) // of which the squares are summed, not their mean taken
		feature := g.MeanSquare("feature", apart)
		terms = append(append(terms, more...),
			graph.Term{Loss: class, Weight: n.ClassWeight}, graph.Term{Loss: feature, Weight: units * n.FeatureWeight})
		b.minimise(terms, b.Discriminator)
		g.Collect(step+".losses", LossRows, real, fake, class, g.Scale("feature sum", feature, units), correct)
	})
}

// GStep trains the generators to have their pairs taken for real images.
func (n *CoGAN) GStep(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(CoGANGStepProgram, choose, func(b bound) {
		source, target := b.generators(b.normal(CoGANGStepProgram+".z", in.HostNoise, b.Config.Batch), training)
		deceived, terms := b.verdict("deceived", 1, 1, b.judge("source", source), b.judge("target", target))
		b.minimise(terms, b.Generator)
		b.g.Collect(CoGANGStepProgram+".losses", LossRows, deceived)
	})
}

// Classify tells the classes of images of a domain through its own first layer:
// <name>.images → <name>.logits [batch,classes].
func (n *CoGAN) Classify(name string, f Images, batch int, choose graph.Chooser) (*gpu.Program, error) {
	domain := "target"
	if name == ClassifySource {
		domain = "source"
	}
	return n.program(name, choose, func(b bound) {
		b.g.Output(name+".logits", b.judge(domain, b.unitImages(name+".images", f, batch, n.channels(domain))).classes)
	})
}

// Pairs draws images of both domains: cogan_pairs.z [batch,Z] → cogan_pairs.source and
// .target [batch,C,28,28] in (0, 1).
func (n *CoGAN) Pairs(batch int, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(CoGANPairsProgram, choose, func(b bound) {
		source, target := b.generators(b.normal(CoGANPairsProgram+".z", true, batch), inference)
		b.g.Output(CoGANPairsProgram+".source", source)
		b.g.Output(CoGANPairsProgram+".target", target)
	})
}
