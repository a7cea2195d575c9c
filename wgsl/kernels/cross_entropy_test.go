package kernels_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

func refSigmoidCE(x []float64, target float64) (loss float64, grad []float64) {
	n := float64(len(x))
	for _, v := range x {
		loss += (max(v, 0) - v*target + math.Log1p(math.Exp(-math.Abs(v)))) / n
		grad = append(grad, (1/(1+math.Exp(-v))-target)/n)
	}
	return loss, grad
}

func TestSigmoidCrossEntropy(t *testing.T) {
	for _, target := range []float64{0, 1, 0.9} {
		for _, n := range []int{1, 4, 32, 200} {
			x := kerneltest.Normals(1, n)
			for i := range x {
				x[i] *= 4
			}
			if n > 4 {
				x[0], x[1], x[2] = 200, -200, 0 // exp overflows at 89
			}
			loss, dx := make([]float32, 1), make([]float32, n)
			kerneltest.Run(t, kerneltest.Tensors{"logits": x, "loss": loss, "dlogits": dx},
				kernels.SigmoidCrossEntropy(n, target), kernels.SigmoidCrossEntropyGrad(n, target, 0.25))
			want, grad := refSigmoidCE(kerneltest.Wide(x), target)
			kerneltest.GradientHolds(t, "reference", kerneltest.Wide(x), grad, func(x []float64) float64 {
				l, _ := refSigmoidCE(x, target)
				return l
			})
			for i := range grad {
				grad[i] *= 0.25
			}
			what := fmt.Sprintf("target %g, n %d", target, n)
			// log(1 + e) drops what e has below an ulp of 1, and drivers' logs there
			// are good to 2^-21; exp of v is good to 3 + 2|v| ulps.
			kerneltest.Near(t, what+": loss", loss, []float64{want}, 8*kerneltest.HalfULP, 1.0/(1<<21))
			kerneltest.Near(t, what+": dlogits", dx, grad, 64*kerneltest.HalfULP, 4*kerneltest.HalfULP/float64(n))
		}
	}
	// A confident, right logit: the gradient is not lost against the target's 1.
	dx := make([]float32, 1)
	kerneltest.Run(t, kerneltest.Tensors{"logits": []float32{30}, "dlogits": dx},
		kernels.SigmoidCrossEntropyGrad(1, 1, 1))
	kerneltest.Near(t, "saturated", dx, []float64{-1 / (1 + math.Exp(30))}, 128*kerneltest.HalfULP, 0)
}

func refSoftmaxCE(x []float64, labels []uint32, classes int) (loss float64, grad []float64, correct int) {
	n := float64(len(labels))
	for r, label := range labels {
		row := x[r*classes : (r+1)*classes]
		if int(label) >= classes {
			grad = append(grad, make([]float64, classes)...)
			continue
		}
		best, sum := 0, 0.0
		for c, v := range row {
			if v > row[best] {
				best = c
			}
			sum += math.Exp(v)
		}
		loss += (math.Log(sum) - row[label]) / n
		for c, v := range row {
			g := math.Exp(v) / sum
			if c == int(label) {
				g--
			}
			grad = append(grad, g/n)
		}
		if best == int(label) {
			correct++
		}
	}
	return loss, grad, correct
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range []struct{ n, classes int }{{1, 2}, {4, 10}, {32, 10}, {100, 11}, {3, 300}} {
		x, labels := kerneltest.Normals(1, s.n*s.classes), make([]uint32, s.n)
		for i := range labels {
			labels[i] = uint32(r.IntN(s.classes))
		}
		for i := range x {
			x[i] *= 3
		}
		x[0], x[1] = 50, 50 // a tie: the first maximum counts
		labels[0] = 1
		if s.n > 3 {
			labels[2] = math.MaxUint32 // padding
			x[s.classes*3] = 70
		}
		loss, correct, dx := make([]float32, 1), make([]float32, 1), make([]float32, len(x))
		kerneltest.Run(t, kerneltest.Tensors{"logits": x, "labels": labels, "loss": loss, "correct": correct,
			"dlogits": dx},
			kernels.SoftmaxCrossEntropy(s.n, s.classes, kernels.Labels{}),
			kernels.SoftmaxCrossEntropyGrad(s.n, s.classes, kernels.Labels{}, 0.01))
		want, grad, wantCorrect := refSoftmaxCE(kerneltest.Wide(x), labels, s.classes)
		kerneltest.GradientHolds(t, "reference", kerneltest.Wide(x), grad, func(x []float64) float64 {
			l, _, _ := refSoftmaxCE(x, labels, s.classes)
			return l
		})
		for i := range grad {
			grad[i] *= 0.01
		}
		what := fmt.Sprint(s)
		if int(correct[0]) != wantCorrect {
			t.Errorf("%s: %g correct, want %d", what, correct[0], wantCorrect)
		}
		// exp of a difference d of logits is good to 3 + 2|d| ulps; those that
		// count in a sum have small d. Logits reach 70.
		kerneltest.Near(t, what+": loss", loss, []float64{want}, 16*kerneltest.HalfULP,
			70*2*kerneltest.HalfULP+1.0/(1<<21))
		kerneltest.Near(t, what+": dlogits", dx, grad, 64*kerneltest.HalfULP, 0.01/float64(s.n)*32*kerneltest.HalfULP)
	}
	// One label for all rows is as many labels.
	x, same := kerneltest.Normals(5, 7*3), []uint32{2, 2, 2, 2, 2, 2, 2}
	one, correct, dx := make([]float32, 1), make([]float32, 1), make([]float32, len(x))
	of := kernels.Labels{One: true, Class: 2}
	kerneltest.Run(t, kerneltest.Tensors{"logits": x, "loss": one, "correct": correct, "dlogits": dx},
		kernels.SoftmaxCrossEntropy(7, 3, of), kernels.SoftmaxCrossEntropyGrad(7, 3, of, 1))
	want, grad, wantCorrect := refSoftmaxCE(kerneltest.Wide(x), same, 3)
	kerneltest.Near(t, "one label: loss", one, []float64{want}, 16*kerneltest.HalfULP, 1.0/(1<<21))
	kerneltest.Near(t, "one label: dlogits", dx, grad, 64*kerneltest.HalfULP, 32*kerneltest.HalfULP/7)
	if int(correct[0]) != wantCorrect {
		t.Errorf("one label: %g correct, want %d", correct[0], wantCorrect)
	}
	// Untrained: equal logits of ten classes cost ln 10 = 2.3026.
	loss := make([]float32, 1)
	kerneltest.Run(t, kerneltest.Tensors{"logits": make([]float32, 320), "labels": make([]uint32, 32), "loss": loss,
		"correct": make([]float32, 1)},
		kernels.SoftmaxCrossEntropy(32, 10, kernels.Labels{}))
	kerneltest.Near(t, "untrained", loss, []float64{math.Ln10}, 8*kerneltest.HalfULP, 0)
}
