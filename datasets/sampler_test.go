package datasets

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSamplerShowsEveryImageOnceAnEpoch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		s, err := NewSampler(n, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		epoch := rapid.Uint64Range(0, 1<<40).Draw(t, "epoch")
		seen := make([]bool, n)
		for i := range n {
			k := s.At(epoch*uint64(n) + uint64(i))
			if k < 0 || k >= n || seen[k] {
				t.Fatalf("element %d of epoch %d is %d: outside or twice", i, epoch, k)
			}
			seen[k] = true
		}
	})
}

func TestSamplerBatchesJoinToTheStream(t *testing.T) {
	s, _ := NewSampler(10, 7)
	batch := make([]int, 4)
	for step := range uint64(20) {
		s.Fill(batch, step)
		for k, got := range batch {
			if want := s.At(step*4 + uint64(k)); got != want {
				t.Fatalf("batch %d holds %d at %d, the stream %d", step, got, k, want)
			}
		}
	}
}

// Every image should come first equally often. With 50 to 400 expected visits a
// cell, chi-squared over n-1 degrees of freedom stays within five standard
// deviations, √(2(n-1)), of n-1 unless the order is biased.
func TestSamplerIsUnbiased(t *testing.T) {
	for _, n := range []int{2, 3, 5, 10, 17, 100, 1000} {
		epochs := max(2000, 50*n)
		for _, place := range []int{0, n / 2, n - 1} {
			s, _ := NewSampler(n, 1)
			visits := make([]float64, n)
			for e := range epochs {
				visits[s.At(uint64(e*n+place))]++
			}
			chi, expect := 0.0, float64(epochs)/float64(n)
			for _, v := range visits {
				chi += (v - expect) * (v - expect) / expect
			}
			if limit := float64(n-1) + 5*math.Sqrt(2*float64(n-1)); chi > limit {
				t.Errorf("n=%d place %d: chi-squared %.1f, over %.1f", n, place, chi, limit)
			}
		}
	}
}

func TestSamplerDependsOnSeedAndEpoch(t *testing.T) {
	a, _ := NewSampler(1000, 1)
	b, _ := NewSampler(1000, 2)
	seeds, epochs := 0, 0
	for i := range uint64(1000) {
		if a.At(i) == b.At(i) {
			seeds++
		}
		if a.At(i) == a.At(i+1000) {
			epochs++
		}
	}
	// Two random orders agree at one place on average.
	if seeds > 10 || epochs > 10 {
		t.Errorf("orders agree at %d places over seeds and %d over epochs", seeds, epochs)
	}
}

func TestSamplerAllocatesNothing(t *testing.T) {
	s, _ := NewSampler(50000, 3)
	batch, step := make([]int, 32), uint64(0)
	if n := testing.AllocsPerRun(100, func() { s.Fill(batch, step); step++ }); n != 0 {
		t.Errorf("a batch allocates %v times", n)
	}
}

func TestSamplerRefusesAnEmptySet(t *testing.T) {
	if _, err := NewSampler(0, 1); err == nil {
		t.Error("no error for an empty set")
	}
}

func BenchmarkSampler(b *testing.B) {
	s, _ := NewSampler(59001, 3)
	batch := make([]int, 32)
	for i := 0; b.Loop(); i++ {
		s.Fill(batch, uint64(i))
	}
}
