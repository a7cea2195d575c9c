//go:build view || js

package window

import (
	"image/color"

	"github.com/hajimehoshi/ebiten/v2"

	"pixelda-wgpu/trainer/gallery"
)

// canvas draws a gallery on Ebiten's screen.
type canvas struct {
	screen *ebiten.Image
	dot    *texture // one white pixel
	images map[*gallery.Image]*texture
	labels map[label]*texture
	font   font
	frame  int
}

// texture is an image on the GPU, kept for as long as it is drawn.
type texture struct {
	*ebiten.Image
	used int // the last frame
}

func newCanvas() (*canvas, error) {
	font, err := newFont()
	return &canvas{font: font, images: map[*gallery.Image]*texture{}, labels: map[label]*texture{}}, err
}

func (c *canvas) begin(screen *ebiten.Image) {
	c.screen = screen
	c.frame++
}

// end frees the textures that this frame did not draw.
func (c *canvas) end() {
	evict(c.images, c.frame)
	evict(c.labels, c.frame)
}

func evict[K comparable](textures map[K]*texture, frame int) {
	for key, t := range textures {
		if t.used != frame {
			t.Deallocate()
			delete(textures, key)
		}
	}
}

// draw puts a texture into an area.
func (c *canvas) draw(t *texture, r gallery.Rect, o *ebiten.DrawImageOptions) {
	t.used = c.frame
	size := t.Bounds().Size()
	o.GeoM.Scale(r.W/float64(size.X), r.H/float64(size.Y))
	o.GeoM.Translate(r.X, r.Y)
	c.screen.DrawImage(t.Image, o)
}

// Fill implements gallery.Canvas.
func (c *canvas) Fill(r gallery.Rect, fill color.RGBA) {
	if c.dot == nil {
		c.dot = &texture{Image: ebiten.NewImage(1, 1)}
		c.dot.Fill(color.White)
	}
	var o ebiten.DrawImageOptions
	o.ColorScale.ScaleWithColor(fill)
	c.draw(c.dot, r, &o)
}

// Image implements gallery.Canvas.
func (c *canvas) Image(r gallery.Rect, img *gallery.Image) {
	t := c.images[img]
	if t == nil {
		t = &texture{Image: ebiten.NewImage(img.Width, img.Height)}
		t.WritePixels(img.RGBA)
		c.images[img] = t
	}
	var o ebiten.DrawImageOptions
	if r.W < float64(img.Width) {
		o.Filter = ebiten.FilterLinear
	}
	c.draw(t, r, &o)
}
