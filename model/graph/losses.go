package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// A loss is a scalar whose value is unweighted; Backward weighs its gradient.

// SigmoidCrossEntropy is the mean cross-entropy of logits [N,1] against target,
// 1 or 0 for all of them.
func (g *Graph) SigmoidCrossEntropy(label string, logits *Tensor, target float64) *Tensor {
	loss := g.tensor(label, scalar)
	n := g.kernel(label, kernels.SigmoidCrossEntropy(logits.Len(), target), logits, loss)
	n.lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", logits.Shape)
		g.kernel(label+".grad", kernels.SigmoidCrossEntropyGrad(logits.Len(), target, weight), logits, d)
		return logits, d
	}
	return loss
}

// SoftmaxCrossEntropy is the mean cross-entropy of logits [N,K] against labels
// [N] uint32; correct is the number of rows whose largest logit is the label's.
func (g *Graph) SoftmaxCrossEntropy(label string, logits, labels *Tensor) (loss, correct *Tensor) {
	if labels.Len() != logits.N || logits.H*logits.W != 1 || logits.Len() > kernels.MaxLogits {
		fail("%s%s: cross-entropy of %v against %d labels; want features, a label each, and at most %d logits", g.scope,
			label, logits.Shape, labels.Len(), kernels.MaxLogits)
	}
	loss, correct = g.tensor(label, scalar), g.tensor(label+" correct", scalar)
	n := g.kernel(label, kernels.SoftmaxCrossEntropy(logits.N, logits.C, kernels.Labels{}), logits, labels, loss,
		correct)
	n.lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", logits.Shape)
		g.kernel(label+".grad", kernels.SoftmaxCrossEntropyGrad(logits.N, logits.C, kernels.Labels{}, weight), logits,
			labels, d)
		return logits, d
	}
	return loss, correct
}

// PairwiseMSE is scale · Σ over the images of Σd²/k − (Σd)²/k², d = a − b of k
// elements each (paper, Eq. 5). The gradient is that of a;
// b must be constant.
func (g *Graph) PairwiseMSE(label string, a, b *Tensor, scale float64) *Tensor {
	return g.pairwise(label, a, b, false, scale)
}

// MaskedPairwiseMSE is PairwiseMSE of RGB-D images with a d of 0 wherever b is
// far: where its depth, channel 3, is 0.99 or more. k counts all elements.
func (g *Graph) MaskedPairwiseMSE(label string, a, b *Tensor, scale float64) *Tensor {
	if b.C != 4 {
		fail("%s%s: %v has no depth, a fourth channel, to mask with", g.scope, label, b.Shape)
	}
	return g.pairwise(label, a, b, true, scale)
}

func (g *Graph) pairwise(label string, a, b *Tensor, masked bool, scale float64) *Tensor {
	if a.Shape != b.Shape {
		fail("%s%s: %v and %v", g.scope, label, a.Shape, b.Shape)
	}
	mean, partials := g.tensor(label+" mean", Features(1, a.N)), g.tensor(label+" parts", Features(1, a.N))
	g.kernel(label+" parts", kernels.PairwiseMSE(a.kernelMap(), masked, scale), a, b, mean, partials)
	return g.lossOf(label, partials, a, b, func(weight float64, d *Tensor) {
		g.kernel(label+".grad", kernels.PairwiseMSEGrad(a.kernelMap(), masked, scale, weight), a, b, mean, d)
	})
}

// MeanError is the mean of an error of a − b, which e chooses. The gradient is
// that of a; b must be constant.
func (g *Graph) MeanError(label string, a, b *Tensor, e kernels.MeanError) *Tensor {
	if a.Shape != b.Shape {
		fail("%s%s: %v and %v", g.scope, label, a.Shape, b.Shape)
	}
	partials := g.tensor(label+" parts", Features(1, e.Parts(a.Len())))
	g.kernel(label+" parts", e.Loss(a.Len()), a, b, partials)
	return g.lossOf(label, partials, a, b, func(weight float64, d *Tensor) {
		g.kernel(label+".grad", e.Grad(a.Len(), weight), a, b, d)
	})
}

// QuaternionLoss is the mean of log(1e-4 + 1 − |q · p|) over predicted and true
// unit quaternions p and q [N,4] (paper, Eq. 6). The gradient is that of p; q must
// be constant.
func (g *Graph) QuaternionLoss(label string, p, q *Tensor) *Tensor {
	if p.Shape != q.Shape || p.Shape != Features(p.N, 4) {
		fail("%s%s: quaternions %v and %v; want rows of four", g.scope, label, p.Shape, q.Shape)
	}
	loss := g.tensor(label, scalar)
	n := g.kernel(label, kernels.QuaternionLoss(p.N), p, q, loss)
	n.constants = []*Tensor{q}
	n.lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", p.Shape)
		g.kernel(label+".grad", kernels.QuaternionLossGrad(p.N, weight), p, q, d)
		return p, d
	}
	return loss
}

// HalfSquares is ½ Σx²: with the weight of a decay the L2 penalty of a variable,
// in slim's form.
func (g *Graph) HalfSquares(label string, x *Tensor) *Tensor {
	partials := g.tensor(label+" parts", Features(1, kernels.HalfSquaresParts(x.Len())))
	g.kernel(label+" parts", kernels.HalfSquares(x.Len()), x, partials)
	loss := g.sumRows(label, partials, scalar)
	loss.node.lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", x.Shape)
		g.kernel(label+".grad", kernels.Scale(x.Len(), weight, false), x, d)
		return x, d
	}
	return loss
}

// lossOf adds up a loss's partial sums. The loss depends on a and b through them.
func (g *Graph) lossOf(label string, partials, a, b *Tensor, grad func(weight float64, d *Tensor)) *Tensor {
	loss := g.sumRows(label, partials, scalar)
	loss.node.constants = []*Tensor{b}
	loss.node.lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", a.Shape)
		grad(weight, d)
		return a, d
	}
	return loss
}
