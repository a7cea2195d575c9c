package draw_test

import (
	"bytes"
	"slices"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/parallel"
	"pixelda-wgpu/datasets/settest"
)

// The generated sets are part of what a seed means: a checkpoint or a published
// number refers to them. Change these only together with a reason to break that.
func TestBuiltinSetsStayTheSame(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{draw.Digits(1, 0, 200).Fingerprint(), "d7ca5dc89d1f186dd6a995095aa20c84be82c4430ae3378460d74422af8f7c02"},
		{draw.DigitsM(1, 0, 200).Fingerprint(), "906c46fb7fa8ee034f137c852c9bb7a62818260c159d713751abd2707bd3f4e5"},
	} {
		if c.got != c.want {
			t.Errorf("fingerprint %s, was %s", c.got, c.want)
		}
	}
}

func TestBuiltinImagesFollowFromSeedAndIndex(t *testing.T) {
	for name, generate := range map[string]func(seed uint64, from, n int) *datasets.Set{"digits": draw.Digits,
		"digits-m": draw.DigitsM} {
		whole, part := generate(7, 0, 60), generate(7, 20, 10)
		if !bytes.Equal(part.Pixels(), whole.Slice(20, 30).Pixels()) ||
			!slices.Equal(part.Labels, whole.Labels[20:30]) {
			t.Errorf("%s: image 20 depends on where generation starts", name)
		}
		if bytes.Equal(generate(8, 0, 60).Pixels(), whole.Pixels()) {
			t.Errorf("%s: the seed does not matter", name)
		}
	}
	if slices.Equal(draw.Digits(7, 0, 60).Labels, draw.DigitsM(7, 0, 60).Labels) {
		t.Error("source and target show the same digits")
	}
}

func TestBuiltinSplits(t *testing.T) {
	for _, spec := range []string{"digits", "digits-m"} {
		s, err := open.Splits(spec, datasets.Options{Counts: &datasets.Counts{Train: 30, Valid: 20, Test: 10}})
		if err != nil || s.Train.Len() != 30 || s.Valid.Len() != 20 || s.Test.Len() != 10 {
			t.Fatalf("%s: %v", spec, err)
		}
		if _, err := open.Splits(spec, datasets.Options{Counts: &datasets.Counts{Train: -1}}); err == nil {
			t.Errorf("%s: generated -1 images", spec)
		}
	}
	a, _ := open.Splits("digits", datasets.Options{Counts: &datasets.Counts{Train: 1}})
	b, _ := open.Splits("digits-m", datasets.Options{Counts: &datasets.Counts{Train: 1}})
	if err := datasets.MatchClasses(a.Train, b.Train); err != nil {
		t.Error(err)
	}
}

// MNIST's digits cover a fifth of the image, lie within it and are inked fully.
func TestDigitsLookLikeMNIST(t *testing.T) {
	s := draw.Digits(3, 0, 3000)
	counts := settest.Histogram(s)
	for digit, n := range counts {
		if n < 220 || n > 380 { // 300 ± 5 standard deviations of 16.4
			t.Errorf("%d is there %d times of %d", digit, n, s.Len())
		}
	}
	covered := 0
	for i := range s.Len() {
		brightest := byte(0)
		for k, v := range s.Image(i) {
			if v > 0 {
				covered++
				if x, y := k%28, k/28; x == 0 || y == 0 || x == 27 || y == 27 {
					t.Fatalf("image %d touches the border", i)
				}
			}
			brightest = max(brightest, v)
		}
		if brightest < 200 {
			t.Fatalf("image %d is faint: its brightest pixel is %d", i, brightest)
		}
	}
	if share := float64(covered) / float64(len(s.Pixels())); share < 0.15 || share > 0.25 { // MNIST: 0.19
		t.Errorf("%.3f of all pixels have ink", share)
	}
}

// Digits must be readable but no font, and the textures a domain gap. For the
// same classifiers MNIST gives 0.88 by class means, 0.945 by the nearest of
// 2,000 neighbours, and those neighbours 0.51 on MNIST-M (test images 5,000 on).
func TestDigitsAreAsVariedAsMNIST(t *testing.T) {
	train, test := draw.Digits(1, 0, 2000), draw.Digits(1, 2000, 400)
	target := draw.DigitsM(1, 0, 400).WithChannels(1)
	for _, c := range []struct {
		name           string
		got, low, high float64
	}{
		{"class means", nearestMean(train, test), 0.78, 0.92},
		{"neighbours", nearestNeighbour(train, test), 0.88, 0.97},
		{"neighbours on textures", nearestNeighbour(padded(train), target), 0.35, 0.60},
	} {
		t.Logf("%s: %.3f", c.name, c.got)
		if c.got < c.low || c.got > c.high {
			t.Errorf("%s recognise %.3f, not %.2f to %.2f", c.name, c.got, c.low, c.high)
		}
	}
}

// padded is a 28×28 set in 32×32, as MNIST-M has it.
func padded(s *datasets.Set) *datasets.Set {
	shape := *s
	shape.Width, shape.Height = 32, 32
	out := shape.Of(make([]byte, s.Len()*32*32))
	for i := range s.Len() {
		for y := range 28 {
			copy(out.Image(i)[(y+2)*32+2:], s.Image(i)[y*28:(y+1)*28])
		}
	}
	return out
}

func nearestMean(train, test *datasets.Set) float64 {
	means := make([][]float64, 10)
	for k := range means {
		means[k] = make([]float64, train.ImageBytes())
	}
	counts := settest.Histogram(train)
	for i, label := range train.Labels {
		for k, v := range train.Image(i) {
			means[label][k] += float64(v) / float64(counts[label])
		}
	}
	right := 0
	for i := range test.Len() {
		best, at := 1e300, 0
		for class, mean := range means {
			d := 0.0
			for k, v := range test.Image(i) {
				d += (float64(v) - mean[k]) * (float64(v) - mean[k])
			}
			if d < best {
				best, at = d, class
			}
		}
		if uint32(at) == test.Labels[i] {
			right++
		}
	}
	return float64(right) / float64(test.Len())
}

func nearestNeighbour(train, test *datasets.Set) float64 {
	hits := make([]bool, test.Len())
	parallel.Do(test.Len(), func(i int) {
		image, best, at := test.Image(i), 1<<60, 0
		for j := range train.Len() {
			d := 0
			for k, v := range train.Image(j) {
				e := int(v) - int(image[k])
				d += e * e
			}
			if d < best {
				best, at = d, j
			}
		}
		hits[i] = train.Labels[at] == test.Labels[i]
	})
	right := 0
	for _, hit := range hits {
		if hit {
			right++
		}
	}
	return float64(right) / float64(test.Len())
}
