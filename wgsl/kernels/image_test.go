package kernels_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

func randomBytes(n int) []byte {
	r := rand.New(rand.NewPCG(8, 9))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	b[0], b[n-1] = 0, 255
	return b
}

// pack puts four bytes into a word, little-endian.
func pack(b []byte) []uint32 {
	words := make([]uint32, (len(b)+3)/4)
	for i, v := range b {
		words[i/4] |= uint32(v) << (i % 4 * 8)
	}
	return words
}

func unpack(words []uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(words[i/4] >> (i % 4 * 8))
	}
	return b
}

// refImageLoad follows TensorFlow 1's resize_images: scale = in / out, the lower
// neighbour by floor, the upper clamped.
func refImageLoad(in, out kernels.Map, low float64, b []byte) []float64 {
	value := func(n, c, y, x int) float64 {
		return low + (1-low)*float64(b[((n*in.H+y)*in.W+x)*in.C+min(c, in.C-1)])/255
	}
	axis := func(o, size, outSize int) (low, high int, f float64) {
		at := float64(o*size) / float64(outSize)
		low = int(math.Floor(at))
		return low, min(low+1, size-1), at - float64(low)
	}
	var y []float64
	for n := range out.N {
		for c := range out.C {
			for oy := range out.H {
				for ox := range out.W {
					top, bottom, fy := axis(oy, in.H, out.H)
					left, right, fx := axis(ox, in.W, out.W)
					upper := value(n, c, top, left)*(1-fx) + value(n, c, top, right)*fx
					lower := value(n, c, bottom, left)*(1-fx) + value(n, c, bottom, right)*fx
					y = append(y, upper*(1-fy)+lower*fy)
				}
			}
		}
	}
	return y
}

func TestImageLoad(t *testing.T) {
	for i, c := range []struct{ in, out kernels.Map }{
		{kernels.Map{N: 3, C: 1, H: 28, W: 28}, kernels.Map{N: 3, C: 3, H: 32, W: 32}},
		{kernels.Map{N: 2, C: 3, H: 32, W: 32}, kernels.Map{N: 2, C: 3, H: 32, W: 32}},
		{kernels.Map{N: 1, C: 1, H: 7, W: 7}, kernels.Map{N: 1, C: 1, H: 7, W: 7}},
		{kernels.Map{N: 2, C: 3, H: 32, W: 32}, kernels.Map{N: 2, C: 3, H: 28, W: 28}},
		{kernels.Map{N: 2, C: 4, H: 5, W: 9}, kernels.Map{N: 2, C: 4, H: 11, W: 3}},
		{kernels.Map{N: 1, C: 1, H: 16, W: 16}, kernels.Map{N: 1, C: 3, H: 28, W: 28}},
	} {
		bytes := randomBytes(c.in.Len())
		y := make([]float32, c.out.Len())
		low := []float64{-1, 0}[i%2]
		kerneltest.Run(t, kerneltest.Tensors{"pixels": pack(bytes), "y": y}, kernels.ImageLoad(c.in, c.out, low))
		// Interpolation is rounded in bytes of up to 255, then scaled to 2.
		kerneltest.Near(t, fmt.Sprint(c), y, refImageLoad(c.in, c.out, low, bytes), 0, 12*kerneltest.HalfULP)
		if float64(y[0]) != low {
			t.Errorf("%v: black is %g, want %g exactly", c, y[0], low)
		}
	}
}

func TestImageStore(t *testing.T) {
	for _, m := range []kernels.Map{{N: 3, C: 3, H: 7, W: 7}, {N: 2, C: 1, H: 4, W: 4}, {N: 1, C: 4, H: 3, W: 5},
		{N: 1, C: 3, H: 1, W: 1}} {
		for _, channels := range []int{3, 4} {
			// Every byte there is, as ImageLoad gives it, must come back; numbers
			// outside [−1, 1] become black and white.
			x := make([]float32, m.Len())
			want := make([]byte, m.N*m.H*m.W*channels)
			plane := m.H * m.W
			for i := range want {
				want[i] = 255
			}
			for n := range m.N {
				for c := range m.C {
					for p := range plane {
						i := (n*m.C+c)*plane + p
						u := (i * 37) % 256
						x[i] = float32(u)*(2.0/255) - 1
						if i%5 == 4 {
							u, x[i] = 0, -3
						} else if i%5 == 3 {
							u, x[i] = 255, 1.5
						}
						for o := range 3 {
							if o == c || m.C == 1 {
								want[(n*plane+p)*channels+o] = byte(u)
							}
						}
					}
				}
			}
			words := make([]uint32, (len(want)+3)/4)
			kerneltest.Run(t, kerneltest.Tensors{"x": x, "pixels": words}, kernels.ImageStore(m, channels))
			got := unpack(words, len(want))
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%v to %d channels: byte %d is %d, want %d", m, channels, i, got[i], want[i])
				}
			}
		}
	}
}
