//go:build view || js

package window

import (
	"fmt"
	"image"
	"image/color"

	"github.com/hajimehoshi/ebiten/v2"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"pixelda-wgpu/trainer/gallery"
)

// Ebiten's own text package shapes all of the world's scripts, which makes the page's download half
// as large again. The gallery writes only a few short lines.

// font is the Go font in the sizes used so far.
type font struct {
	outlines *opentype.Font
	faces    map[float64]xfont.Face
}

func newFont() (font, error) {
	outlines, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return font{}, fmt.Errorf("the font of the window: %w", err)
	}
	return font{outlines, map[float64]xfont.Face{}}, nil
}

// face is the font with an em of size pixels.
func (f font) face(size float64) xfont.Face {
	face := f.faces[size]
	if face == nil {
		var err error
		face, err = opentype.NewFace(f.outlines, &opentype.FaceOptions{Size: size, DPI: 72})
		if err != nil {
			panic(err) // cannot happen for a font that parses
		}
		f.faces[size] = face
	}
	return face
}

// label is a text that has been drawn.
type label struct {
	size float64
	text string
}

// Measure implements gallery.Canvas.
func (c *canvas) Measure(size float64, s string) float64 {
	return float64(xfont.MeasureString(c.font.face(size), s)) / 64
}

// Text implements gallery.Canvas.
func (c *canvas) Text(x, y, size float64, fill color.RGBA, s string) {
	key := label{size, s}
	t := c.labels[key]
	if t == nil {
		face := c.font.face(size)
		width, m := xfont.MeasureString(face, s).Ceil(), face.Metrics()
		if width == 0 {
			return
		}
		white := image.NewRGBA(image.Rect(0, 0, width+1, (m.Ascent + m.Descent).Ceil()))
		d := xfont.Drawer{Dst: white, Src: image.White, Face: face, Dot: fixed.Point26_6{Y: m.Ascent}}
		d.DrawString(s)
		t = &texture{Image: ebiten.NewImageFromImage(white)}
		c.labels[key] = t
	}
	var o ebiten.DrawImageOptions
	o.ColorScale.ScaleWithColor(fill)
	b := t.Bounds()
	c.draw(t, gallery.Rect{X: x, Y: y, W: float64(b.Dx()), H: float64(b.Dy())}, &o)
}
