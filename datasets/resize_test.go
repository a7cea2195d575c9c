package datasets

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func randomPicture(t *rapid.T) picture {
	p := newPicture(rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 40).Draw(t, "height"),
		rapid.SampledFrom([]int{1, 3}).Draw(t, "channels"))
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "pixels"), 0))
	for i := range p.pixels {
		p.pixels[i] = byte(r.Uint32())
	}
	return p
}

func TestResizeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPicture(t)
		w, h := rapid.IntRange(1, 60).Draw(t, "to width"), rapid.IntRange(1, 60).Draw(t, "to height")
		if !bytes.Equal(p.resize(p.width, p.height).pixels, p.pixels) {
			t.Fatal("an unchanged size changes pixels")
		}
		flat := newPicture(p.width, p.height, p.channels)
		for i := range flat.pixels {
			flat.pixels[i] = p.pixels[0]
		}
		for _, v := range flat.resize(w, h).pixels {
			if v != p.pixels[0] {
				t.Fatalf("a flat image of %d gets a %d", p.pixels[0], v)
			}
		}
		low, high := byte(255), byte(0)
		for _, v := range p.pixels {
			low, high = min(low, v), max(high, v)
		}
		out := p.resize(w, h)
		for _, v := range out.pixels {
			if v < low || v > high {
				t.Fatalf("%d lies outside the image's %d to %d", v, low, high)
			}
		}
		if mirror := mirrored(mirrored(p).resize(w, h)); !bytes.Equal(mirror.pixels, out.pixels) {
			t.Fatal("left and right are treated differently")
		}
	})
}

func mirrored(p picture) picture {
	q := newPicture(p.width, p.height, p.channels)
	for y := range p.height {
		for x := range p.width {
			copy(q.pixels[(y*p.width+x)*p.channels:][:p.channels], p.pixels[(y*p.width+p.width-1-x)*p.channels:])
		}
	}
	return q
}

// A whole factor averages blocks, rounded to nearest.
func TestResizeByAWholeFactorIsTheBlockMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 5).Draw(t, "factor")
		q := randomPicture(t)
		p := newPicture(q.width*k, q.height*k, q.channels)
		r := rand.New(rand.NewPCG(1, uint64(k)))
		for i := range p.pixels {
			p.pixels[i] = byte(r.Uint32())
		}
		out := p.resize(q.width, q.height)
		for i, got := range out.pixels {
			x, y, c := i/p.channels%q.width, i/p.channels/q.width, i%p.channels
			sum := 0
			for dy := range k {
				for dx := range k {
					sum += int(p.pixels[((y*k+dy)*p.width+x*k+dx)*p.channels+c])
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
	p := picture{2, 1, 1, []byte{0, 100}}
	if got := p.resize(4, 1).pixels; !bytes.Equal(got, []byte{0, 25, 75, 100}) {
		t.Errorf("doubled: %v", got)
	}
	// 3 to 2 weighs the middle sample half into either side.
	p = picture{3, 1, 1, []byte{0, 90, 30}}
	if got := p.resize(2, 1).pixels; !bytes.Equal(got, []byte{30, 50}) {
		t.Errorf("3 to 2: %v", got)
	}
	s := Set{Name: "x", Width: 2, Height: 1, Channels: 1}.Of([]byte{0, 100, 50, 50})
	if got := s.Resize(4, 1); !bytes.Equal(got.Pixels(), []byte{0, 25, 75, 100, 50, 50, 50, 50}) || s.Width != 2 {
		t.Errorf("set: %v", got.Pixels())
	}
}
