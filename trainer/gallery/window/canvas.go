package window

import (
	"bytes"
	"fmt"
	"image/color"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/text/v2"
	"golang.org/x/image/font/gofont/goregular"

	"pixelda-wgpu/trainer/gallery"
)

// canvas draws a gallery on Ebiten's screen.
type canvas struct {
	screen *ebiten.Image
	dot    *ebiten.Image // one white pixel
	font   *text.GoTextFaceSource
	images map[*gallery.Image]*texture
	frame  int
}

// texture is an image on the GPU, kept as long as it is drawn.
type texture struct {
	*ebiten.Image
	used int // the last frame
}

func newCanvas() (*canvas, error) {
	font, err := text.NewGoTextFaceSource(bytes.NewReader(goregular.TTF))
	if err != nil {
		return nil, fmt.Errorf("window: %w", err)
	}
	return &canvas{font: font, images: map[*gallery.Image]*texture{}}, nil
}

func (c *canvas) begin(screen *ebiten.Image) {
	c.screen = screen
	c.frame++
}

// end frees what this frame did not draw.
func (c *canvas) end() {
	for img, t := range c.images {
		if t.used != c.frame {
			t.Deallocate()
			delete(c.images, img)
		}
	}
}

// Fill implements gallery.Canvas.
func (c *canvas) Fill(r gallery.Rect, fill color.RGBA) {
	if c.dot == nil {
		c.dot = ebiten.NewImage(1, 1)
		c.dot.Fill(color.White)
	}
	var o ebiten.DrawImageOptions
	o.GeoM.Scale(r.W, r.H)
	o.GeoM.Translate(r.X, r.Y)
	o.ColorScale.ScaleWithColor(fill)
	c.screen.DrawImage(c.dot, &o)
}

// Image implements gallery.Canvas.
func (c *canvas) Image(r gallery.Rect, img *gallery.Image) {
	t := c.images[img]
	if t == nil {
		t = &texture{Image: ebiten.NewImage(img.Width, img.Height)}
		t.WritePixels(img.RGBA)
		c.images[img] = t
	}
	t.used = c.frame
	var o ebiten.DrawImageOptions
	if r.W < float64(img.Width) {
		o.Filter = ebiten.FilterLinear
	}
	o.GeoM.Scale(r.W/float64(img.Width), r.H/float64(img.Height))
	o.GeoM.Translate(r.X, r.Y)
	c.screen.DrawImage(t.Image, &o)
}

// Text implements gallery.Canvas.
func (c *canvas) Text(x, y, size float64, fill color.RGBA, s string) {
	var o text.DrawOptions
	o.GeoM.Translate(x, y)
	o.ColorScale.ScaleWithColor(fill)
	text.Draw(c.screen, s, c.face(size), &o)
}

// Measure implements gallery.Canvas.
func (c *canvas) Measure(size float64, s string) float64 {
	return text.Advance(s, c.face(size))
}

func (c *canvas) face(size float64) *text.GoTextFace {
	return &text.GoTextFace{Source: c.font, Size: size}
}
