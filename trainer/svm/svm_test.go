package svm

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestTwoPoints has a closed form: of x = ±1 the weight is w = 4C/(1 + 4C), since
// ½w² + 2C(1 − w)² is least there, and the bias is 0 by symmetry.
func TestTwoPoints(t *testing.T) {
	s := Set{mat.NewDense(2, 1, []float64{-1, 1}), []uint32{0, 1}, 2}
	for _, c := range []float64{1e-3, 0.25, 1, 1e4} {
		m, err := Train(s, c)
		if err != nil {
			t.Fatal(err)
		}
		w := 4 * c / (1 + 4*c)
		want := mat.NewDense(2, 2, []float64{-w, 0, w, 0})
		if !mat.EqualApprox(m.Weights, want, 1e-8) {
			t.Errorf("C %g: weights\n%v\nwant\n%v", c, mat.Formatted(m.Weights), mat.Formatted(want))
		}
	}
}

// TestAsPyTorch compares with LBFGS in float64 on the same objective, written with
// autograd; its gradients ended below 2e-6, and so its weights that near.
func TestAsPyTorch(t *testing.T) {
	const n, d = 30, 3
	s := Set{mat.NewDense(n, d, nil), make([]uint32, n), 3}
	s.X.Apply(func(i, j int, _ float64) float64 { return float64((7*i+3*j)*(i+j+1)%11)/5 - 1 }, s.X)
	for i := range s.Labels {
		s.Labels[i] = uint32((i*i + i/4) % 3)
	}
	for c, weights := range map[float64][]float64{
		0.1: {
			-0.329679513, -0.00370825, 0.110661396, -0.166953515,
			0.38828716, 0.040575454, 0.075787159, -0.415838791,
			-0.044717776, -0.100219153, -0.172558685, -0.262518397,
		},
		10: {
			-0.578825004, 0.131690946, -0.044572527, -0.217020297,
			0.862669942, -0.153505825, 0.439478454, -0.480445812,
			-0.18951506, -0.022659662, -0.344620618, -0.31698612,
		},
	} {
		m, err := Train(s, c)
		if err != nil {
			t.Fatal(err)
		}
		if want := mat.NewDense(3, d+1, weights); !mat.EqualApprox(m.Weights, want, 2e-6) {
			t.Errorf("C %g: weights\n%v\nwant\n%v", c, mat.Formatted(m.Weights), mat.Formatted(want))
		}
	}
}

// TestOptimum differentiates the objective, written down once more, at the weights
// found: it is strongly convex with modulus 1, so that they are as near to the
// optimum as the gradient is short.
func TestOptimum(t *testing.T) {
	train, _ := clusters(400, 12, 4)
	for _, c := range Grid {
		m, err := Train(train, c)
		if err != nil {
			t.Fatal(err)
		}
		for class := range train.Classes {
			w := m.Weights.RawRowView(class)
			worst := 0.0
			for j := range w {
				g := w[j]
				for i, label := range train.Labels {
					y := -1.0
					if int(label) == class {
						y = 1
					}
					x := append(slices.Clone(train.X.RawRowView(i)), 1)
					margin := 0.0
					for k := range w {
						margin += y * x[k] * w[k]
					}
					g -= 2 * c * math.Max(0, 1-margin) * y * x[j]
				}
				worst = max(worst, math.Abs(g))
			}
			// The sums have terms of the size C · n.
			if limit := 1e-8 * math.Max(1, c*400); worst > limit {
				t.Errorf("C %g, class %d: a slope of %g is left, more than %g", c, class, worst, limit)
			}
		}
	}
}

// clusters draws training and validation examples around a point a class.
func clusters(n, d, classes int) (train, valid Set) {
	r := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	centres := mat.NewDense(classes, d, nil)
	centres.Apply(func(_, _ int, _ float64) float64 { return r.NormFloat64() }, centres)
	draw := func() Set {
		s := Set{mat.NewDense(n, d, nil), make([]uint32, n), classes}
		for i := range n {
			s.Labels[i] = uint32(r.IntN(classes))
			for j := range d {
				s.X.Set(i, j, centres.At(int(s.Labels[i]), j)+r.NormFloat64())
			}
		}
		return s
	}
	return draw(), draw()
}

func TestChoose(t *testing.T) {
	train, valid := clusters(300, 10, 3)
	m, c, accuracy, err := Choose(train, valid, Grid)
	if err != nil {
		t.Fatal(err)
	}
	bestC, best := 0.0, 0.0
	for _, value := range Grid { // each by itself, not from the one before
		one, err := Train(train, value)
		if err != nil {
			t.Fatal(err)
		}
		if a := one.Accuracy(valid); a > best {
			bestC, best = value, a
		}
	}
	if c != bestC || accuracy != best || m.Accuracy(valid) != best {
		t.Errorf("chose C %g with %g (%g measured again), want %g with %g", c, accuracy, m.Accuracy(valid), bestC, best)
	}
	if best < 0.9 { // centres lie √20 ≈ 4.5 deviations apart
		t.Errorf("only %g of the clusters are told apart", best)
	}
}

func TestRefusals(t *testing.T) {
	good, _ := clusters(20, 2, 2)
	nan := Set{mat.DenseCopyOf(good.X), good.Labels, 2}
	nan.X.Set(1, 1, math.NaN())
	for _, c := range []struct {
		s    Set
		c    float64
		want string
	}{
		{Set{good.X, good.Labels[:19], 2}, 1, "20 rows of features but 19 labels"},
		{Set{good.X, good.Labels, 1}, 1, "1 classes"},
		{Set{good.X, append(slices.Clone(good.Labels[:19]), 2), 2}, 1, "row 19 has label 2"},
		{nan, 1, "not finite"},
		{good, 0, "C is 0"},
		{good, math.NaN(), "C is NaN"},
	} {
		if _, err := Train(c.s, c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if _, _, _, err := Choose(good, good, nil); err == nil {
		t.Error("an empty grid is taken")
	}
}

func BenchmarkTrain(b *testing.B) { // features and classes of the digits' towers
	train, _ := clusters(10_000, 100, 10)
	for b.Loop() {
		if _, err := Train(train, 1); err != nil {
			b.Fatal(err)
		}
	}
}
