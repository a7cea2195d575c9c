package export

import (
	"pixelda-wgpu/datasets"
)

// prepare converts image i of a set to a program's input: [channels, size, size] in [−1, 1]. It
// computes the same as the kernel image_load in training: bilinear from the corner of the first
// pixel, where the last pixel is its own neighbour.
func (in Input) prepare(dst []float32, set *datasets.Set, i int) {
	pixels, area := set.Image(i), in.Size*in.Size
	for y := range in.Size {
		top, down := corner(y, set.Height, in.Size)
		bottom := min(top+1, set.Height-1)
		for x := range in.Size {
			left, across := corner(x, set.Width, in.Size)
			right := min(left+1, set.Width-1)
			for c := range in.Channels {
				at := func(r, s int) float32 {
					return float32(pixels[(r*set.Width+s)*set.Channels+min(c, set.Channels-1)])
				}
				u := mix(mix(at(top, left), at(top, right), across), mix(at(bottom, left), at(bottom, right), across),
					down)
				dst[c*area+y*in.Size+x] = u*(2./255) - 1
			}
		}
	}
}

// corner is the input sample at or before output sample o, and how far beyond it o is.
func corner(o, size, outSize int) (int, float32) {
	return o * size / outSize, float32(o*size%outSize) / float32(outSize)
}

func mix(a, b, t float32) float32 { return a*(1-t) + b*t }

// takes reports whether images with so many channels can be prepared: grey can be repeated, but not
// as depth.
func (in Input) takes(channels int) bool {
	return channels == in.Channels || channels == 1 && in.Channels < 4
}

// accepts reports why images of a set cannot be prepared.
func (in Input) accepts(set *datasets.Set) error {
	if set.Width > in.Size || set.Height > in.Size || !in.takes(set.Channels) {
		return origin.Errorf("images of %d×%d with %d channels; the generator takes up to %d×%d with %d",
			set.Width, set.Height, set.Channels, in.Size, in.Size, in.Channels)
	}
	return nil
}
