package grid

import (
	"cmp"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pixelda-wgpu/gpu/fault"
)

// nearestReference is the definition, without short cuts.
func nearestReference(queries, images []byte, size int) []int {
	var nearest []int
	for q := 0; q < len(queries); q += size {
		best, least := 0, math.Inf(1)
		for i := 0; i < len(images); i += size {
			sum := 0.0
			for k := range size {
				sum += math.Pow(float64(queries[q+k])-float64(images[i+k]), 2)
			}
			if sum < least {
				best, least = i/size, sum
			}
		}
		nearest = append(nearest, best)
	}
	return nearest
}

func TestNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 300).Draw(t, "size")
		count := rapid.IntRange(1, 40).Draw(t, "images")
		queries := rapid.IntRange(1, 5).Draw(t, "queries")
		levels := rapid.SampledFrom([]int{2, 256}).Draw(t, "levels") // 2: many equal distances
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		data := make([]byte, (count+queries)*size)
		for i := range data {
			data[i] = byte(random.IntN(levels) * 255 / (levels - 1))
		}
		got := Nearest(data[count*size:], data[:count*size], size)
		if want := nearestReference(data[count*size:], data[:count*size], size); !slices.Equal(got, want) {
			t.Errorf("nearest %v, want %v", got, want)
		}
	})
}

func BenchmarkNearest(b *testing.B) {
	const size, count = 32 * 32 * 3, 58_001 // the target training images of MNIST-M
	random := rand.New(rand.NewPCG(1, 0))
	data := make([]byte, (count+16)*size)
	for i := range data {
		data[i] = byte(random.IntN(256))
	}
	b.SetBytes(16 * size * count)
	for b.Loop() {
		Nearest(data[count*size:], data[:count*size], size)
	}
}

func TestDraw(t *testing.T) {
	const n, w, h, scale = 18, 8, 6, 3
	grey := Row{Caption: "source", Width: w, Height: h, Channels: 1, Pixels: make([]byte, n*w*h)}
	rgb := Row{Caption: "nearest target", Width: w, Height: h, Channels: 3, Pixels: make([]byte, n*w*h*3)}
	mark := 17*w*h + 2*w + 5 // the last image, row 2, column 5
	grey.Pixels[mark] = 77
	copy(rgb.Pixels[3*mark:], []byte{10, 20, 30})
	got, err := Draw([]Row{grey, rgb}, scale)
	if err != nil {
		t.Fatal(err)
	}
	// 14 letters of 7 pixels and margins at the left, 16 columns; a row is as
	// high as its images, 18 pixels, and two bands hold 18 images.
	left := 14*7 + 2*margin
	if b := got.Bounds(); b.Dx() != left+16*(w*scale+gap)-gap+margin || b.Dy() != margin+2*(2*(h*scale+gap)+margin) {
		t.Errorf("the grid is %v", b)
	}
	x := left + 1*(w*scale+gap) + 5*scale
	y := margin + 2*(h*scale+gap) + margin + 2*scale
	for corner := range scale * scale {
		u, v := x+corner%scale, y+corner/scale
		if c := got.At(u, v); c != (color.RGBA{77, 77, 77, 255}) {
			t.Errorf("grey pixel at %d, %d is %v", u, v, c)
		}
		if c := got.At(u, v+h*scale+gap); c != (color.RGBA{10, 20, 30, 255}) {
			t.Errorf("RGB pixel at %d, %d is %v", u, v, c)
		}
	}
	if c := got.At(x-1, y); c != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("the pixel beside the marked one is %v", c)
	}
	written := 0
	for y := margin; y < margin+h*scale; y++ {
		for x := range left {
			if got.At(x, y) == ink {
				written++
			}
		}
	}
	if written < 6*7 { // a letter of this face has seven dots and more
		t.Errorf("the caption has %d dots", written)
	}
}

func TestDrawRefuses(t *testing.T) {
	row := func(w, h, c, bytes int) Row {
		return Row{Caption: "adapted", Width: w, Height: h, Channels: c, Pixels: make([]byte, bytes)}
	}
	for _, c := range []struct {
		rows  []Row
		scale int
		say   string
	}{
		{nil, 2, "0 rows"},
		{[]Row{row(2, 2, 3, 12)}, 0, "scale 0"},
		{[]Row{row(2, 2, 3, 13)}, 1, "13 bytes"},
		{[]Row{row(2, 2, 3, 0)}, 1, "0 bytes"},
		{[]Row{row(0, 2, 3, 0)}, 1, "0×2"},
		{[]Row{row(2, 2, 3, 12), row(2, 2, 3, 24)}, 1, "2 images"},
		{[]Row{row(2, 2, 3, 12), row(4, 1, 3, 12)}, 1, "4×1"},
	} {
		if _, err := Draw(c.rows, c.scale); err == nil || fault.Of(err) == "" ||
			!strings.Contains(err.Error(), c.say) {
			t.Errorf("error %v, want one with %q", err, c.say)
		}
	}
}

func TestPixels(t *testing.T) {
	nan := float32(math.NaN())
	// Two images of two channels, 1×3: planes become interleaved.
	got := Pixels([]float32{-1, 0, 1, -2, 2, nan, 0.5, -0.5, 0.25, 1, 1, 1}, 2, 1, 3)
	want := []byte{0, 0, 128, 255, 255, 0, 191, 255, 64, 255, 159, 255}
	if !slices.Equal(got, want) {
		t.Errorf("pixels %v, want %v", got, want)
	}
}

func TestPick(t *testing.T) {
	if got := Pick([]byte("aabbcc"), 2, []int{2, 0, 2}); string(got) != "ccaacc" {
		t.Errorf("picked %s", got)
	}
}

// TestNeighbours compares with a full sort.
func TestNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 200).Draw(t, "size")
		image := rapid.SliceOfN(rapid.ByteRange(0, 3), size, size)
		var images []byte
		total := rapid.IntRange(1, 20).Draw(t, "images")
		for range total {
			images = append(images, image.Draw(t, "image")...)
		}
		query, k := image.Draw(t, "query"), rapid.IntRange(1, 25).Draw(t, "k")
		var want []Match
		for i := range total {
			sum := uint64(0)
			for j, v := range query {
				d := int(v) - int(images[i*size+j])
				sum += uint64(d * d)
			}
			want = append(want, Match{i, sum})
		}
		slices.SortStableFunc(want, func(a, b Match) int { return cmp.Compare(a.Distance, b.Distance) })
		if got := Neighbours(query, images, size, k)[0]; !slices.Equal(got, want[:min(k, total)]) {
			t.Fatalf("neighbours %v, want %v", got, want)
		}
	})
}

// TestNearestOthers compares with a search through all others.
func TestNearestOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 200).Draw(t, "size")
		total := rapid.IntRange(2, 20).Draw(t, "images")
		images := rapid.SliceOfN(rapid.ByteRange(0, 2), total*size, total*size).Draw(t, "pixels") // few levels: twins
		indices := rapid.SliceOfN(rapid.IntRange(0, total-1), 1, 5).Draw(t, "indices")
		for k, got := range NearestOthers(indices, images, size) {
			least := uint64(math.MaxUint64)
			for i := range total {
				if i != indices[k] {
					query := images[indices[k]*size : (indices[k]+1)*size]
					least = min(least, distance(query, images[i*size:(i+1)*size], math.MaxUint64))
				}
			}
			at := images[got.Image*size : (got.Image+1)*size]
			if got.Image == indices[k] || got.Distance != least ||
				distance(images[indices[k]*size:(indices[k]+1)*size], at, math.MaxUint64) != least {
				t.Fatalf("the image nearest to %d is said to be %+v, at least %d away", indices[k], got, least)
			}
		}
	})
}

func TestChannel(t *testing.T) {
	row := Row{Caption: "source", Width: 1, Height: 2, Channels: 4,
		Pixels: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}
	depth := row.Channel(3, "depth")
	if depth.Caption != "depth" || depth.Width != 1 || depth.Height != 2 || depth.Channels != 1 ||
		!slices.Equal(depth.Pixels, []byte{4, 8, 12, 16}) {
		t.Errorf("got %+v", depth)
	}
}
