package study

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pixelda-wgpu/trainer/svm"
)

// TestAlign turns the target's features against the source's and scales them: a
// machine trained on the source as it is fails on the target, one on the aligned
// source works. Colours alone cannot undo every turn, since covariances do not tell
// a feature from its mirror image; this one keeps signs.
func TestAlign(t *testing.T) {
	const n, d = 4000, 2
	draw := func(seed uint64) svm.Set {
		r := rand.New(rand.NewPCG(seed, 0))
		s := svm.Set{X: mat.NewDense(n, d, nil), Labels: make([]uint32, n), Classes: 2}
		for i := range n {
			s.Labels[i] = uint32(r.IntN(2))
			// Classes differ along the first feature, which varies less than the second.
			s.X.SetRow(i, []float64{2*float64(s.Labels[i]) - 1 + 0.3*r.NormFloat64(), 4 * r.NormFloat64()})
		}
		return s
	}
	source, target, test := draw(1), draw(2), draw(3)
	shear := mat.NewDense(d, d, []float64{1, 0, 0.3, 1}) // the second feature leaks into the first
	for _, s := range []svm.Set{target, test} {
		var moved mat.Dense
		moved.Mul(s.X, shear)
		s.X.Copy(&moved)
	}
	plain, err := svm.Train(source, 1)
	if err != nil {
		t.Fatal(err)
	}
	before := plain.Accuracy(test)
	aligned, err := align(source.X, target.X, test.X)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := svm.Train(svm.Set{X: aligned, Labels: source.Labels, Classes: 2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if after := machine.Accuracy(test); before > 0.85 || after < before+0.05 {
		t.Errorf("%.3f are right before alignment, %.3f after; want a clear gain", before, after)
	}
}
