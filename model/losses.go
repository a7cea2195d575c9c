package model

import (
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// truth is what images of a batch show.
type truth struct {
	labels *graph.Tensor // [B,1], uint32
	poses  *graph.Tensor // [B,4]; nil where the task tower learns none
}

// truth brings the labels of a batch into the graph, whose buffers' names begin
// with prefix.
func (b bound) truth(prefix string) truth {
	t := truth{labels: b.g.Input(prefix+"labels", graph.Features(b.Config.Batch, 1))}
	if b.Config.LearnsPose() {
		t.poses = b.g.Input(prefix+"poses", graph.Features(b.Config.Batch, 4))
	}
	return t
}

// taskLoss is how a prediction compares with the truth.
type taskLoss struct {
	class, correct *graph.Tensor // the cross-entropy, and the number of right classes
	pose           *graph.Tensor // the quaternions' loss; nil without poses
}

// taskLoss compares the task tower's predictions (paper, Eq. 4 and 6).
func (b bound) taskLoss(label string, p prediction, t truth) (l taskLoss) {
	l.class, l.correct = b.g.SoftmaxCrossEntropy(label, p.logits, t.labels)
	if t.poses != nil {
		l.pose = b.g.QuaternionLoss(label+"_pose", p.quaternion, t.poses)
	}
	return l
}

// terms weighs the losses.
func (l taskLoss) terms(class, pose float64) []graph.Term {
	terms := []graph.Term{{Loss: l.class, Weight: class}}
	if l.pose != nil {
		terms = append(terms, graph.Term{Loss: l.pose, Weight: pose})
	}
	return terms
}

// labelled is the task loss of target images with labels (semi-supervised
// training): as that of adapted images, with weights of class times theirs. Without
// such images it has no terms.
func (b bound) labelled(step string, in Inputs, class float64) (l taskLoss, terms []graph.Term) {
	if !in.Labelled {
		return taskLoss{}, nil
	}
	x := b.images(step+".labelled_target", in.Target, b.Config.Batch, b.Config.TargetChannels)
	l = b.taskLoss("task_target", b.predict(x, adapted, training, streamTaskTarget), b.truth(step+".labelled_"))
	return l, l.terms(class, b.Config.PoseAdaptedWeight)
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
	switch b.Config.Similarity {
	case PairwisePaper:
		return g.PairwiseMSE("similarity", fake, src, 1/float64(fake.N))
	case MaskedCode:
		return g.MaskedPairwiseMSE("similarity", fake, src, 2)
	case MaskedPaper:
		return g.MaskedPairwiseMSE("similarity", fake, src, 1/float64(fake.N))
	case MeanSquared:
		return g.MeanError("similarity", fake, src, kernels.MeanError{})
	case HingedSquared:
		return g.MeanError("similarity", fake, src, kernels.MeanError{Margin: b.Config.SimilarityMargin})
	case HingedAbsolute:
		return g.MeanError("similarity", fake, src,
			kernels.MeanError{Absolute: true, Margin: b.Config.SimilarityMargin})
	default:
		return g.PairwiseMSE("similarity", fake, src, 2)
	}
}
