package model

import (
	"fmt"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// DSN is a pair of domain separation networks: besides the task tower, whose first
// hidden layer holds what the domains share, each domain has an encoder for what is
// its own, and a decoder draws the image again from the sum of both.
type DSN struct {
	*Networks
	Adaptation
	Domain  *graph.Store // nil with an alignment by kernels
	Private *graph.Store
	Decoder *graph.Store
}

// DSNStepProgram is the step of DSN; it reads dsn_step.source, .labels and .target.
const DSNStepProgram = "dsn_step"

// NewDSN lays out the variables.
func NewDSN(c Config, a Adaptation) (*DSN, error) {
	if err := a.validateAlignment(c, Adversarial, Kernels); err != nil {
		return nil, err
	}
	if a.Schedule != Gate {
		return nil, wrong("schedule is %s, which belongs to the method %s; DSN has %s", a.Schedule, Adversarial, Gate)
	}
	if !slices.Contains(reconstructions, a.Reconstruction) {
		return nil, wrong("reconstruction is %q; want one of %v", a.Reconstruction, reconstructions)
	}
	n := &DSN{Networks: a.classifier(c), Adaptation: a}
	if a.Alignment == Adversarial {
		n.Domain = n.layDomain(a)
	}
	n.Private, n.Decoder = n.store("private"), n.store("decoder")
	n.layPrivate("source")
	n.layPrivate("target")
	n.layDecoder()
	return n, nil
}

// layPrivate declares a domain's own encoder (the original's default_encoder). Every
// layer is normalised by its batch, in training only, so nothing runs along.
func (n *DSN) layPrivate(domain string) {
	name := "private." + domain
	f, side := n.PrivateFilters, n.Config.Size/2/2
	n.add(n.Private, graph.Weight, name+".conv1.weight", f[0], n.Config.TargetChannels, 5, 5)
	n.add(n.Private, graph.Bias, name+".bn1.bias", f[0])
	n.add(n.Private, graph.Weight, name+".conv2.weight", f[1], f[0], 5, 5)
	n.add(n.Private, graph.Bias, name+".bn2.bias", f[1])
	units := n.Config.tower().hidden[0]
	n.add(n.Private, graph.Weight, name+".fc.weight", units, f[1]*side*side)
	n.add(n.Private, graph.Bias, name+".bn3.bias", units)
}

// private encodes images [B,C,S,S] of a domain: [B,units].
func (b bound) private(domain string, images *graph.Tensor) (features *graph.Tensor) {
	g, name := b.g, "private."+domain
	g.Scope(name, func() {
		x := g.Conv("conv1", images, b.get(name+".conv1.weight"), nil, 1, kernels.NoAct)
		x = g.MaxPool("pool1", b.batchNorm("bn1", name+".bn1", x, kernels.ReLU), 2, 2)
		x = g.Conv("conv2", x, b.get(name+".conv2.weight"), nil, 1, kernels.NoAct)
		x = g.MaxPool("pool2", b.batchNorm("bn2", name+".bn2", x, kernels.ReLU), 2, 2)
		x = g.Reshape(x, graph.Features(x.N, x.C*x.H*x.W))
		x = g.Linear("fc", x, b.get(name+".fc.weight"), nil, kernels.NoAct)
		features = b.batchNorm("bn3", name+".bn3", x, kernels.ReLU)
	})
	return features
}

// batchNorm normalises by the batch, with beta only.
func (b bound) batchNorm(label, name string, x *graph.Tensor, act kernels.Act) *graph.Tensor {
	return b.g.BatchNorm(label, x, b.get(name+".bias"), nil, nil, nil,
		graph.Norm{Epsilon: b.Config.BNEpsilon, Training: true, Act: act})
}

// decoderChannels is the depth of the maps at which the decoder begins.
const decoderChannels = 3

// layDecoder declares the decoder (the original's small_decoder).
func (n *DSN) layDecoder() {
	units := decoderChannels * n.DecoderSide * n.DecoderSide
	n.add(n.Decoder, graph.Weight, "decoder.fc.weight", units, n.Config.tower().hidden[0])
	n.add(n.Decoder, graph.Bias, "decoder.bn0.bias", units)
	in := decoderChannels
	for i, f := range []int{n.DecoderFilters, n.DecoderFilters, n.DecoderFilters, n.Config.TargetChannels} {
		n.add(n.Decoder, graph.Weight, fmt.Sprintf("decoder.conv%d.weight", i+1), f, in, 3, 3)
		n.add(n.Decoder, graph.Bias, fmt.Sprintf("decoder.bn%d.bias", i+1), f)
		in = f
	}
}

// decoder draws images [B,C,S,S] from features [B,units]. All layers are normalised,
// also the last, which has no activation.
func (b bound) decoder(side int, features *graph.Tensor) (drawn *graph.Tensor) {
	g := b.g
	g.Scope("decoder", func() {
		x := g.Linear("fc", features, b.get("decoder.fc.weight"), nil, kernels.NoAct)
		x = g.Reshape(b.batchNorm("bn0", "decoder.bn0", x, kernels.ReLU),
			graph.Shape{N: x.N, C: decoderChannels, H: side, W: side})
		layer := func(i int, x *graph.Tensor, act kernels.Act) *graph.Tensor {
			conv, bn := fmt.Sprintf("conv%d", i), fmt.Sprintf("bn%d", i)
			return b.batchNorm(bn, "decoder."+bn, g.Conv(conv, x, b.get("decoder."+conv+".weight"), nil, 1,
				kernels.NoAct), act)
		}
		x = layer(2, layer(1, x, kernels.ReLU), kernels.ReLU)
		x = g.ResizeNearest("resize", x, b.Config.Size, b.Config.Size)
		drawn = layer(4, layer(3, x, kernels.ReLU), kernels.NoAct)
	})
	return drawn
}

// difference is how much private and shared features [B,units] say the same: the mean
// square of their correlations, columns centred and rows of length 1.
func (b bound) difference(label string, private, shared *graph.Tensor) *graph.Tensor {
	g := b.g
	prepared := func(x *graph.Tensor) *graph.Tensor {
		return g.Normalize(label+".unit", g.CenterColumns(label+".centred", x))
	}
	return g.MeanSquare(label, g.Correlation(label+".correlation", prepared(private), prepared(shared)))
}

// reconstruction is the error of a drawn image.
func (b bound) reconstruction(label string, s Similarity, drawn, images *graph.Tensor) *graph.Tensor {
	if s == MeanSquared {
		return b.g.MeanError(label, drawn, images, kernels.MeanError{})
	}
	return b.g.PairwiseMSE(label, drawn, images, 2)
}

// Step classifies a batch of the source, and separates what is shared from what is
// private in both (L_task + α L_recon + β L_difference + γ L_similarity). The gate
// weighs all but the task.
func (n *DSN) Step(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(DSNStepProgram, choose, func(b bound) {
		g := b.g
		p, task, source, target := b.step(DSNStepProgram, in)
		similarity, terms := b.align(n.Adaptation, p)
		var reconstructions, differences []*graph.Tensor
		for _, d := range []struct {
			name   string
			images *graph.Tensor
			shared *graph.Tensor
		}{{"source", source, p.source.hidden[0]}, {"target", target, p.target.hidden[0]}} {
			private := b.private(d.name, d.images)
			drawn := g.Gate("gate.drawn_"+d.name, b.decoder(n.DecoderSide, g.Add(d.shared, private)))
			reconstruction := b.reconstruction("reconstruction_"+d.name, n.Reconstruction, drawn, d.images)
			difference := b.difference("difference_"+d.name, g.Gate("gate.private_"+d.name, private),
				g.Gate("gate.shared_"+d.name, d.shared))
			terms = append(terms, graph.Term{Loss: reconstruction, Weight: n.Alpha},
				graph.Term{Loss: difference, Weight: n.Beta})
			reconstructions, differences = append(reconstructions, reconstruction), append(differences, difference)
		}
		b.finish(DSNStepProgram, in, task, similarity, terms, append(reconstructions, differences...)...)
	})
}
