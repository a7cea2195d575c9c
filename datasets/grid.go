package datasets

import (
	"image"
	"image/color"
)

// Grid lays the images with the given indices out in rows of columns, enlarged
// scale times, with a gap between them: a look at a set.
func (s *Set) Grid(indices []int, columns, scale int) *image.NRGBA {
	const gap = 1
	w, h := s.Width*scale+gap, s.Height*scale+gap
	rows := (len(indices) + columns - 1) / columns
	m := image.NewNRGBA(image.Rect(0, 0, columns*w-gap, rows*h-gap))
	for k, i := range indices {
		left, top := k%columns*w, k/columns*h
		pixels := s.Image(i)
		for y := range s.Height * scale {
			for x := range s.Width * scale {
				at := (y/scale*s.Width + x/scale) * s.Channels
				c := color.NRGBA{pixels[at], pixels[at], pixels[at], 255}
				if s.Channels >= 3 {
					c.G, c.B = pixels[at+1], pixels[at+2]
				}
				m.SetNRGBA(left+x, top+y, c)
			}
		}
	}
	return m
}
