package datasets

import (
	"image"
	"image/color"

	"pixelda-wgpu/datasets/picture"
)

// Grid lays out the images with the given indices in rows of columns, enlarged scale times, with a
// gap between them, so that a person can look at a set. For RGB-D, each image has its depth below
// it, near bright and far black, and its mask.
func (s *Set) Grid(indices []int, columns, scale int) *image.NRGBA {
	const gap = 1
	layers := 1
	if s.Channels == RGBD {
		layers = 3
	}
	w, h := s.Width*scale+gap, s.Height*scale*layers+gap
	rows := (len(indices) + columns - 1) / columns
	m := image.NewNRGBA(image.Rect(0, 0, columns*w-gap, rows*h-gap))
	for k, i := range indices {
		left, top := k%columns*w, k/columns*h
		pixels := s.Image(i)
		for y := range s.Height * scale {
			for x := range s.Width * scale {
				p := pixels[(y/scale*s.Width+x/scale)*s.Channels:][:s.Channels]
				for layer := range layers {
					m.SetNRGBA(left+x, top+layer*s.Height*scale+y, look(p, layer))
				}
			}
		}
	}
	return m
}

// look is a pixel to show: its colour, its depth or its mask.
func look(p []byte, layer int) color.NRGBA {
	switch {
	case layer == 2 && p[3] < picture.DepthFar:
		return color.NRGBA{255, 255, 255, 255}
	case layer == 2:
		return color.NRGBA{0, 0, 0, 255}
	case layer == 1:
		near := picture.DepthFar - p[3]
		return color.NRGBA{near, near, near, 255}
	case len(p) >= 3:
		return color.NRGBA{p[0], p[1], p[2], 255}
	default:
		return color.NRGBA{p[0], p[0], p[0], 255}
	}
}
