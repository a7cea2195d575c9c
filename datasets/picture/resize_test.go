package picture_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/picture"
)

func randomPicture(t *rapid.T) picture.Picture {
	p := picture.New(rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 40).Draw(t, "height"),
		rapid.SampledFrom([]int{1, 3}).Draw(t, "channels"))
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "pixels"), 0))
	for i := range p.Pixels {
		p.Pixels[i] = byte(r.Uint32())
	}
	return p
}

func TestResizeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPicture(t)
		w, h := rapid.IntRange(1, 60).Draw(t, "to width"), rapid.IntRange(1, 60).Draw(t, "to height")
		if !bytes.Equal(p.Resize(p.Width, p.Height).Pixels, p.Pixels) {
			t.Fatal("an unchanged size changes pixels")
		}
		flat := picture.New(p.Width, p.Height, p.Channels)
		for i := range flat.Pixels {
			flat.Pixels[i] = p.Pixels[0]
		}
		for _, v := range flat.Resize(w, h).Pixels {
			if v != p.Pixels[0] {
				t.Fatalf("a flat image of %d gets a %d", p.Pixels[0], v)
			}
		}
		low, high := byte(255), byte(0)
		for _, v := range p.Pixels {
			low, high = min(low, v), max(high, v)
		}
		out := p.Resize(w, h)
		for _, v := range out.Pixels {
			if v < low || v > high {
				t.Fatalf("%d lies outside the image's %d to %d", v, low, high)
			}
		}
		if mirror := mirrored(mirrored(p).Resize(w, h)); !bytes.Equal(mirror.Pixels, out.Pixels) {
			t.Fatal("left and right are treated differently")
		}
	})
}

func mirrored(p picture.Picture) picture.Picture {
	q := picture.New(p.Width, p.Height, p.Channels)
	for y := range p.Height {
		for x := range p.Width {
			copy(q.Pixels[(y*p.Width+x)*p.Channels:][:p.Channels], p.Pixels[(y*p.Width+p.Width-1-x)*p.Channels:])
		}
	}
	return q
}

// A whole factor averages blocks, rounded to nearest.
func TestResizeByAWholeFactorIsTheBlockMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 5).Draw(t, "factor")
		q := randomPicture(t)
		p := picture.New(q.Width*k, q.Height*k, q.Channels)
		r := rand.New(rand.NewPCG(1, uint64(k)))
		for i := range p.Pixels {
			p.Pixels[i] = byte(r.Uint32())
		}
		out := p.Resize(q.Width, q.Height)
		for i, got := range out.Pixels {
			x, y, c := i/p.Channels%q.Width, i/p.Channels/q.Width, i%p.Channels
			sum := 0
			for dy := range k {
				for dx := range k {
					sum += int(p.Pixels[((y*k+dy)*p.Width+x*k+dx)*p.Channels+c])
				}
			}
			if want := (sum + k*k/2) / (k * k); int(got) != want {
				t.Fatalf("pixel %d is %d, the mean of its block %d", i, got, want)
			}
		}
	})
}

func TestResizeKnownValues(t *testing.T) {
	// Doubling interpolates at quarters between centres and repeats the ends.
	p := picture.Picture{2, 1, 1, []byte{0, 100}}
	if got := p.Resize(4, 1).Pixels; !bytes.Equal(got, []byte{0, 25, 75, 100}) {
		t.Errorf("doubled: %v", got)
	}
	// 3 to 2 weighs the middle sample half into either side.
	p = picture.Picture{3, 1, 1, []byte{0, 90, 30}}
	if got := p.Resize(2, 1).Pixels; !bytes.Equal(got, []byte{30, 50}) {
		t.Errorf("3 to 2: %v", got)
	}
	s := datasets.Set{Name: "x", Width: 2, Height: 1, Channels: 1}.Of([]byte{0, 100, 50, 50})
	if got := s.Resize(4, 1); !bytes.Equal(got.Pixels(), []byte{0, 25, 75, 100, 50, 50, 50, 50}) || s.Width != 2 {
		t.Errorf("set: %v", got.Pixels())
	}
}
