package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// SoftmaxCrossEntropyOf is SoftmaxCrossEntropy with one class for the label of all
// rows.
func (g *Graph) SoftmaxCrossEntropyOf(label string, logits *Tensor, class int) (loss, correct *Tensor) {
	if class < 0 || class >= logits.C || logits.H*logits.W != 1 || logits.Len() > kernels.MaxLogits {
		fail("%s%s: cross-entropy of %v against class %d", g.scope, label, logits.Shape, class)
	}
	of := kernels.Labels{One: true, Class: class}
	loss, correct = g.tensor(label, scalar), g.tensor(label+" correct", scalar)
	n := g.kernel(label, kernels.SoftmaxCrossEntropy(logits.N, logits.C, of), logits, loss, correct)
	n.lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", logits.Shape)
		g.kernel(label+".grad", kernels.SoftmaxCrossEntropyGrad(logits.N, logits.C, of, weight), logits, d)
		return logits, d
	}
	return loss, correct
}

// MeanSquare is the mean of x².
func (g *Graph) MeanSquare(label string, x *Tensor) *Tensor {
	n := float64(x.Len())
	partials, loss := g.tensor(label+" parts", Features(kernels.HalfSquaresParts(x.Len()), 1)), g.tensor(label, scalar)
	g.kernel(label+" parts", kernels.HalfSquares(x.Len()), x, partials)
	sum := g.sumRows(label+" sum", partials, scalar)
	g.kernel(label, kernels.Scale(1, 2/n, false), sum, loss).lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", x.Shape)
		g.kernel(label+".grad", kernels.Scale(x.Len(), 2*weight/n, false), x, d)
		return x, d
	}
	return loss
}

// MMD is max(1e-4, MMD²) of features of two domains, a [N,D] and b [N,D], as
// kernels.MMD defines it; below that bound it has no gradient.
func (g *Graph) MMD(label string, a, b *Tensor) *Tensor {
	if a.Shape != b.Shape || a.H*a.W != 1 {
		fail("%s%s: discrepancy of %v and %v", g.scope, label, a.Shape, b.Shape)
	}
	m := kernels.MMD{N: a.N, D: a.C}
	f := g.Rows(label+" features", a, b)
	weights, partials := g.tensor(label+" pairs", Features(2*m.N, 2*m.N)), g.tensor(label+" parts", Features(1, 2*m.N))
	g.kernel(label+" pairs", m.Pairs(), f, weights, partials)
	loss := g.tensor(label, scalar)
	n := g.kernel(label, m.Loss(), partials, loss)
	n.lossGrad = func(weight float64) (*Tensor, *Tensor) {
		d := g.tensor(label+".grad", f.Shape)
		g.kernel(label+".grad", m.Grad(weight), f, weights, loss, d)
		return f, d
	}
	return loss
}
