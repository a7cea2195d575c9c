package model

import (
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl"
)

// Images is the form of the images that the host hands to a program: bytes,
// rows of pixels with their channels interleaved, which the program scales to
// the model's size, to [−1, 1] and to as many channels as it needs. The zero
// value stands for float32 tensors [B,C,S,S] that are ready for use.
type Images struct{ Width, Height, Channels int }

// Bytes is the size of n images in the buffer that the host writes.
func (f Images) Bytes(n int) int { return (n*f.Width*f.Height*f.Channels + 3) / 4 * 4 }

// Inputs says in what form the programs get what varies.
type Inputs struct {
	Source, Target Images
	HostNoise      bool // z comes from the host; otherwise the device draws it
}

// The programs and their buffers. A step reads <step>.source, .labels, .target
// and .z, as far as it needs them and Inputs has them come from the host, and
// leaves its losses in the row of <step>.losses that its number in the Step
// buffer chooses.
const (
	DStepProgram          = "d_step"
	GStepProgram          = "g_step"
	SupervisedStepProgram = "supervised_step"
	AdaptProgram          = "adapt"
	ClassifySource        = "classify_source"
	ClassifyTarget        = "classify_target"
	GenerateProgram       = "generate"
)

// LossRows is the number of steps whose losses the device keeps; LossColumns
// the number of values in a row.
const (
	LossRows    = 64
	LossColumns = wgsl.MetricColumns
)

// Columns of a row of losses. Losses are unweighted, correct counts are of the batch.
const (
	DLossAdapted   = 0 // domain loss of the adapted batch
	DLossTarget    = 1 // and of the target batch: d_loss is their sum
	DTaskSource    = 2
	DTaskAdapted   = 3
	DCorrectSource = 4
	DCorrectAdapt  = 5

	GAdversarial = 0
	GTask        = 1
	GCorrect     = 2
	GSimilarity  = 3

	SupervisedLoss    = 0
	SupervisedCorrect = 1
)

// Streams of random numbers: every place that draws has its own.
const (
	streamZ        = 1
	streamDAdapted = 100
	streamDTarget  = 200
	streamGAdapted = 300
)

// images brings a batch into the graph.
func (b bound) images(buffer string, f Images, batch, channels int) *graph.Tensor {
	s := graph.Shape{N: batch, C: channels, H: b.Size, W: b.Size}
	if f == (Images{}) {
		return b.g.Input(buffer, s)
	}
	return b.g.LoadImages(buffer, graph.Shape{N: batch, C: f.Channels, H: f.Height, W: f.Width}, s, -1)
}

// noise is the generator's z ~ U(−1, 1), or nil if it takes none.
func (b bound) noise(buffer string, host bool, batch int) *graph.Tensor {
	s := graph.Features(batch, b.NoiseDim)
	switch {
	case b.NoiseDim == 0:
		return nil
	case host:
		return b.g.Input(buffer, s)
	default:
		return b.g.Uniform(buffer, s, streamZ)
	}
}

// program builds a program over the networks' buffers.
func (n *Networks) program(name string, choose graph.Chooser, f func(b bound)) (*gpu.Program, error) {
	g, err := graph.Build(func(g *graph.Graph) {
		f(bound{n, g})
		for _, s := range n.Stores() {
			g.Reserve(s.Values(), s.Len())
		}
		for _, s := range n.Trained() {
			g.Reserve(s.Grads(), s.Len())
			g.Reserve(s.M(), s.Len())
			g.Reserve(s.V(), s.Len())
		}
	})
	if err != nil {
		return nil, fmt.Errorf("model: program %s: %w", name, err)
	}
	return g.Program(name, choose)
}

// DStep is the discriminator's step: with the generator's images as constants
// it trains the discriminator to tell them from target images and the task tower
// on source and adapted images.
func (n *Networks) DStep(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(DStepProgram, choose, func(b bound) {
		g := b.g
		src := b.images("d_step.source", in.Source, b.Batch, b.SourceChannels)
		labels := g.Input("d_step.labels", graph.Features(b.Batch, 1))
		target := b.images("d_step.target", in.Target, b.Batch, b.TargetChannels)
		fake := b.generator(src, b.noise("d_step.z", in.HostNoise, b.Batch), frozen)

		// Two calls: each batch has moments of its own, and both move the running
		// ones, the adapted batch first.
		adaptedLogits := b.discriminator(fake, training, streamDAdapted)
		targetLogits := b.discriminator(target, training, streamDTarget)
		lossAdapted := g.SigmoidCrossEntropy("domain_adapted", adaptedLogits, 0)
		lossTarget := g.SigmoidCrossEntropy("domain_target", targetLogits, 1)
		taskSource, correctSource := g.SoftmaxCrossEntropy("task_source", b.tower(src, source), labels)
		taskAdapted, correctAdapted := g.SoftmaxCrossEntropy("task_adapted", b.tower(fake, adapted), labels)
		g.Backward([]graph.Term{
			{Loss: lossAdapted, Weight: b.DomainWeight}, {Loss: lossTarget, Weight: b.DomainWeight},
			{Loss: taskSource, Weight: b.TaskSourceWeight}, {Loss: taskAdapted, Weight: b.TaskAdaptedWeight},
		}, b.Discriminator, b.Task)
		b.optimise(b.Discriminator, b.Task)
		g.Collect("d_step.losses", LossRows, lossAdapted, lossTarget, taskSource, taskAdapted, correctSource, correctAdapted)
	})
}

// GStep is the generator's step: it trains the generator to have its images
// taken for target images (the non-saturating loss), recognised by the task tower
// and, if the configuration says so, similar to their sources.
func (n *Networks) GStep(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(GStepProgram, choose, func(b bound) {
		g := b.g
		src := b.images("g_step.source", in.Source, b.Batch, b.SourceChannels)
		labels := g.Input("g_step.labels", graph.Features(b.Batch, 1))
		fake := b.generator(src, b.noise("g_step.z", in.HostNoise, b.Batch), training)

		adversarial := g.SigmoidCrossEntropy("adversarial", b.discriminator(fake, frozen, streamGAdapted), 1)
		task, correct := g.SoftmaxCrossEntropy("task", b.tower(fake, adapted), labels)
		terms := []graph.Term{{Loss: adversarial, Weight: b.StyleWeight}, {Loss: task, Weight: b.TaskInGWeight}}
		values := []*graph.Tensor{adversarial, task, correct}
		if b.SimilarityWeight > 0 {
			similarity := b.similarity(fake, src)
			terms = append(terms, graph.Term{Loss: similarity, Weight: b.SimilarityWeight})
			values = append(values, similarity)
		}
		g.Backward(terms, b.Generator)
		b.optimise(b.Generator)
		g.Collect("g_step.losses", LossRows, values...)
	})
}

// similarity compares adapted images with their sources; a grey side counts as
// RGB with equal channels.
func (b bound) similarity(fake, src *graph.Tensor) *graph.Tensor {
	g := b.g
	switch {
	case src.C < fake.C:
		src = g.TileChannels("similarity.source", src, fake.C)
	case fake.C < src.C:
		fake = g.TileChannels("similarity.adapted", fake, src.C)
	}
	switch b.Similarity {
	case PairwisePaper:
		return g.PairwiseMSE("similarity", fake, src, 1/float64(fake.N))
	case MeanSquared:
		return g.MeanSquaredError("similarity", fake, src)
	default:
		return g.PairwiseMSE("similarity", fake, src, 2)
	}
}

// SupervisedStep trains the task tower alone on labelled images that have the
// target's channels: the baselines source-only and target-only.
func (n *Networks) SupervisedStep(in Images, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(SupervisedStepProgram, choose, func(b bound) {
		x := b.images("supervised_step.source", in, b.Batch, b.TargetChannels)
		labels := b.g.Input("supervised_step.labels", graph.Features(b.Batch, 1))
		loss, correct := b.g.SoftmaxCrossEntropy("task", b.tower(x, adapted), labels)
		b.g.Backward([]graph.Term{{Loss: loss, Weight: 1}}, b.Task)
		b.optimise(b.Task)
		b.g.Collect("supervised_step.losses", LossRows, loss, correct)
	})
}

// optimise clips each variable's gradient and applies Adam.
func (b bound) optimise(stores ...*graph.Store) {
	for _, s := range stores {
		b.g.Adam(s, wgsl.Adam{Beta1: b.Beta1, Beta2: b.Beta2, Epsilon: b.Epsilon, Clip: b.ClipNorm})
	}
}

// Adapt is the generator in inference: adapt.source, adapt.z → adapt.images
// [batch,Ct,S,S] in (−1, 1), and what the task tower makes of them: adapt.logits
// [batch,classes].
func (n *Networks) Adapt(in Inputs, batch int, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(AdaptProgram, choose, func(b bound) {
		src := b.images("adapt.source", in.Source, batch, b.SourceChannels)
		fake := b.generator(src, b.noise("adapt.z", in.HostNoise, batch), inference)
		b.g.Output("adapt.images", fake)
		b.g.Output("adapt.logits", b.tower(fake, adapted))
	})
}

// Generate is the generator by itself, for use where nothing is trained: it knows
// no other network's buffers. generate.source [batch,Cs,S,S] and generate.z
// [batch,Z] → generate.images [batch,Ct,S,S] in (−1, 1), and the same as bytes:
// generate.pixels [batch,S,S,4], RGBA.
func (n *Networks) Generate(batch int, choose graph.Chooser) (*gpu.Program, error) {
	g, err := graph.Build(func(g *graph.Graph) {
		b := bound{n, g}
		src := b.images("generate.source", Images{}, batch, b.SourceChannels)
		fake := b.generator(src, b.noise("generate.z", true, batch), inference)
		g.Output("generate.images", fake)
		g.StoreImages("generate.pixels", fake, 4)
		for _, s := range []*graph.Store{n.Generator, n.GeneratorStats} {
			g.Reserve(s.Values(), s.Len())
		}
	})
	if err != nil {
		return nil, fmt.Errorf("model: program %s: %w", GenerateProgram, err)
	}
	return g.Program(GenerateProgram, choose)
}

// Classify is the task tower behind one of its private layers: <name>.images →
// <name>.logits [batch,classes].
func (n *Networks) Classify(name string, f Images, batch int, choose graph.Chooser) (*gpu.Program, error) {
	d, channels := adapted, n.TargetChannels
	if name == ClassifySource {
		d, channels = source, n.SourceChannels
	}
	return n.program(name, choose, func(b bound) {
		b.g.Output(name+".logits", b.tower(b.images(name+".images", f, batch, channels), d))
	})
}
