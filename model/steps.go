package model

import (
	"math/bits"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
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
	Labelled       bool // a step also trains the task tower on target images with labels
}

// The programs and their buffers. A step reads <step>.source, .labels, .poses,
// .target and .z, as far as it needs them and Inputs has them come from the host,
// and leaves its losses in the row of <step>.losses that its number in the Step
// buffer chooses. Labelled target images are <step>.labelled_target with
// .labelled_labels and .labelled_poses. Poses are float32 [B,4], unit quaternions.
const (
	DStepProgram          = "d_step"
	GStepProgram          = "g_step"
	SupervisedStepProgram = "supervised_step"
	AdaptProgram          = "adapt"
	ClassifySource        = "classify_source"
	ClassifyTarget        = "classify_target"
	GenerateProgram       = "generate"
	FeaturesProgram       = "features"
)

// LossRows is the number of steps whose losses the device keeps; LossColumns
// the number of values in a row.
const (
	LossRows    = 64
	LossColumns = kernels.MetricColumns
)

// Columns of a row of losses. Losses are unweighted, correct counts are of the batch.
const (
	DLossAdapted   = 0 // domain loss of the adapted batch
	DLossTarget    = 1 // and of the target batch: d_loss is their sum
	DTaskSource    = 2
	DTaskAdapted   = 3
	DCorrectSource = 4
	DCorrectAdapt  = 5
	DPoseSource    = 6
	DPoseAdapted   = 7
	DTaskTarget    = 8 // of labelled target images
	DCorrectTarget = 9
	DPoseTarget    = 10

	GAdversarial = 0
	GTask        = 1
	GCorrect     = 2
	GSimilarity  = 3
	GPose        = 4

	SupervisedLoss          = 0
	SupervisedCorrect       = 1
	SupervisedPose          = 2
	SupervisedTaskTarget    = 3 // of labelled target images
	SupervisedCorrectTarget = 4
	SupervisedPoseTarget    = 5
)

// Streams of random numbers: every place that draws has its own.
const (
	streamZ        = 1
	streamDAdapted = 100
	streamDTarget  = 200
	streamGAdapted = 300

	// The task tower's dropout.
	streamTaskSource  = 400
	streamTaskAdapted = 401
	streamTaskTarget  = 402
	streamTaskInG     = 403
)

// images brings a batch in [−1, 1] into the graph.
func (b bound) images(buffer string, f Images, batch, channels int) *graph.Tensor {
	return b.imagesFrom(-1, buffer, f, batch, channels)
}

// imagesFrom brings a batch in [low, 1] into the graph.
func (b bound) imagesFrom(low float64, buffer string, f Images, batch, channels int) *graph.Tensor {
	s := graph.Shape{N: batch, C: channels, H: b.Config.Size, W: b.Config.Size}
	if f == (Images{}) {
		return b.g.Input(buffer, s)
	}
	return b.g.LoadImages(buffer, graph.Shape{N: batch, C: f.Channels, H: f.Height, W: f.Width}, s, low)
}

// noise is the generator's z ~ U(−1, 1), or nil if it takes none.
func (b bound) noise(buffer string, host bool, batch int) *graph.Tensor {
	s := graph.Features(batch, b.Config.NoiseDim)
	switch {
	case b.Config.NoiseDim == 0:
		return nil
	case host:
		return b.g.Input(buffer, s)
	default:
		return b.g.Uniform(buffer, s, streamZ)
	}
}

// minimise trains the variables of stores on losses and, if the configuration
// says so, on the size of their weights.
func (b bound) minimise(losses []graph.Term, stores ...*graph.Store) {
	for _, s := range stores {
		for _, v := range s.Variables() {
			if b.Config.WeightDecay > 0 && (b.decayAll || v.Role == graph.Weight || v.Role == graph.Slope) {
				losses = append(losses, graph.Term{Loss: b.g.HalfSquares("decay", b.g.Variable(v)),
					Weight: b.Config.WeightDecay})
			}
		}
	}
	b.g.Backward(losses, stores...)
	for _, s := range stores {
		b.g.Optimise(s, b.optimizer)
	}
}

// program builds a program over the networks' buffers.
func (n *Networks) program(name string, choose graph.Chooser, f func(b bound)) (*gpu.Program, error) {
	g, err := graph.Build(func(g *graph.Graph) {
		if n.Config.Precision == F16 {
			g.Halves(bits.TrailingZeros(uint(n.Config.LossScale)))
		}
		f(bound{n, g})
		for _, s := range n.Stores() {
			g.Reserve(s.Values(), s.Len())
		}
		for _, s := range n.Trained() {
			g.Reserve(s.Grads(), s.Len())
			for i := range n.Moments() {
				g.Reserve(s.Moment(i), s.Len())
			}
		}
	})
	if err != nil {
		return nil, origin.Errorf("program %s: %w", name, err)
	}
	return g.Program(name, choose)
}

// DStep is the discriminator's step: with the generator's images as constants
// it trains the discriminator to tell them from target images and the task tower
// on source and adapted images, and on labelled target images if there are any.
func (n *Networks) DStep(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(DStepProgram, choose, func(b bound) {
		g := b.g
		src := b.images("d_step.source", in.Source, b.Config.Batch, b.Config.SourceChannels)
		truth := b.truth("d_step.")
		target := b.images("d_step.target", in.Target, b.Config.Batch, b.Config.TargetChannels)
		fake := b.generator(src, b.noise("d_step.z", in.HostNoise, b.Config.Batch), frozen)

		// Two calls: each batch has moments of its own, and both move the running
		// ones, the adapted batch first.
		adaptedLogits := b.discriminator(fake, training, streamDAdapted)
		targetLogits := b.discriminator(target, training, streamDTarget)
		lossAdapted := g.SigmoidCrossEntropy("domain_adapted", adaptedLogits, 0)
		lossTarget := g.SigmoidCrossEntropy("domain_target", targetLogits, 1)
		ofSource := b.taskLoss("task_source", b.predict(src, source, training, streamTaskSource), truth)
		ofAdapted := b.taskLoss("task_adapted", b.predict(fake, adapted, training, streamTaskAdapted), truth)
		ofTarget, labelled := b.labelled("d_step", in, b.Config.TaskAdaptedWeight)
		b.minimise(slices.Concat(
			[]graph.Term{{Loss: lossAdapted, Weight: b.Config.DomainWeight},
				{Loss: lossTarget, Weight: b.Config.DomainWeight}},
			ofSource.terms(b.Config.TaskSourceWeight, b.Config.PoseSourceWeight),
			ofAdapted.terms(b.Config.TaskAdaptedWeight, b.Config.PoseAdaptedWeight), labelled,
		), b.Discriminator, b.Task)
		g.Collect("d_step.losses", LossRows, lossAdapted, lossTarget, ofSource.class, ofAdapted.class, ofSource.correct,
			ofAdapted.correct,
			ofSource.pose, ofAdapted.pose, ofTarget.class, ofTarget.correct, ofTarget.pose)
	})
}

// GStep is the generator's step: it trains the generator to have its images
// taken for target images (the non-saturating loss), recognised by the task tower,
// class and orientation, and, if the configuration says so, similar to their
// sources.
func (n *Networks) GStep(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(GStepProgram, choose, func(b bound) {
		g := b.g
		src := b.images("g_step.source", in.Source, b.Config.Batch, b.Config.SourceChannels)
		truth := b.truth("g_step.")
		fake := b.generator(src, b.noise("g_step.z", in.HostNoise, b.Config.Batch), training)

		adversarial := g.SigmoidCrossEntropy("adversarial", b.discriminator(fake, frozen, streamGAdapted), 1)
		task := b.taskLoss("task", b.predict(fake, adapted, frozen, streamTaskInG), truth)
		terms := append([]graph.Term{{Loss: adversarial, Weight: b.Config.StyleWeight}},
			task.terms(b.Config.TaskInGWeight, b.Config.TaskInGWeight*b.Config.PoseAdaptedWeight)...)
		var similarity *graph.Tensor
		if b.Config.SimilarityWeight > 0 {
			similarity = b.similarity(fake, src)
			terms = append(terms, graph.Term{Loss: similarity, Weight: b.Config.SimilarityWeight})
		}
		b.minimise(terms, b.Generator)
		g.Collect("g_step.losses", LossRows, adversarial, task.class, task.correct, similarity, task.pose)
	})
}

// SupervisedStep trains the task tower alone, through the layers that see adapted
// images, on labelled images of in.Source's form, which get the target's channels:
// the baselines source-only and target-only. The class weighs 1, the
// orientation as that of adapted images, and so do those of target images beside.
func (n *Networks) SupervisedStep(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(SupervisedStepProgram, choose, func(b bound) {
		x := b.images("supervised_step.source", in.Source, b.Config.Batch, b.Config.TargetChannels)
		task := b.taskLoss("task", b.predict(x, adapted, training, streamTaskSource), b.truth("supervised_step."))
		ofTarget, labelled := b.labelled("supervised_step", in, 1)
		b.minimise(append(task.terms(1, b.Config.PoseAdaptedWeight), labelled...), b.Task)
		b.g.Collect("supervised_step.losses", LossRows, task.class, task.correct, task.pose, ofTarget.class,
			ofTarget.correct, ofTarget.pose)
	})
}
