package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Losses write their unweighted value, as it is reported; their gradients carry
// the weight it has in the sum that is minimised.

// SigmoidCrossEntropy is the mean binary cross-entropy of n logits against one
// target, 0 or 1 (or a smoothed label between): the domain losses of the paper.
//
//	0 logits  read        [n]
//	1 loss    read_write  [1]
func SigmoidCrossEntropy(n int, target float64) Kernel {
	return New(fmt.Sprintf("sigmoid cross-entropy %d", n), "sigmoid_cross_entropy.wgsl",
		expand.Params{"COUNT": n, "TARGET": target}, [3]uint32{1, 1, 1}, 6*float64(n), 4*float64(n))
}

// SigmoidCrossEntropyGrad is weight times the gradient.
//
//	0 logits   read        [n]
//	1 dlogits  read_write  [n]
func SigmoidCrossEntropyGrad(n int, target, weight float64) Kernel {
	return New(fmt.Sprintf("sigmoid cross-entropy grad %d", n), "sigmoid_cross_entropy_grad.wgsl",
		expand.Params{"COUNT": n, "TARGET": target, "WEIGHT": weight}, Grid(CeilDiv(n, 64)), 8*float64(n), 8*float64(n))
}

// MaxLogits is how many logits SoftmaxCrossEntropy takes, all rows together.
const MaxLogits = 1 << 20

// Labels says where labels come from: one a row, or the same class for all rows.
type Labels struct {
	One   bool
	Class int
}

func (l Labels) set(p expand.Params) expand.Params {
	p["ONE"], p["LABEL"] = l.One, l.Class
	return p
}

// SoftmaxCrossEntropy is the mean cross-entropy of n rows of logits against
// labels, and the number of rows whose first maximum is at the label. A row
// whose label is no class is padding: it adds nothing to either, though the mean
// is still over n rows.
//
//	0 logits   read        [n, classes]
//	1 labels   read        [n] u32, unless One
//	2 loss     read_write  [1]
//	3 correct  read_write  [1] f32
func SoftmaxCrossEntropy(n, classes int, of Labels) Kernel {
	return New(fmt.Sprintf("softmax cross-entropy %d×%d", n, classes), "softmax_cross_entropy.wgsl",
		of.set(expand.Params{"N": n, "CLASSES": classes}), [3]uint32{1, 1, 1}, 4*float64(n*classes),
		4*float64(n*(classes+1)))
}

// SoftmaxCrossEntropyGrad is weight times the gradient, 0 in padding rows.
//
//	0 logits   read        [n, classes]
//	1 labels   read        [n] u32, unless One
//	2 dlogits  read_write  [n, classes]
func SoftmaxCrossEntropyGrad(n, classes int, of Labels, weight float64) Kernel {
	return New(fmt.Sprintf("softmax cross-entropy grad %d×%d", n, classes), "softmax_cross_entropy_grad.wgsl",
		of.set(expand.Params{"N": n, "CLASSES": classes, "WEIGHT": weight}), Grid(CeilDiv(n, 64)), 6*float64(n*classes),
		4*float64(n*(2*classes+1)))
}
