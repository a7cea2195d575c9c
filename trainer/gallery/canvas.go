package gallery

import "image/color"

// Rect is an area in device pixels.
type Rect struct{ X, Y, W, H float64 }

// Contains reports whether a point lies in the area.
func (r Rect) Contains(x, y float64) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

func (r Rect) inset(by float64) Rect { return Rect{r.X + by, r.Y + by, r.W - 2*by, r.H - 2*by} }

// Canvas is what a gallery draws on, in device pixels.
type Canvas interface {
	Fill(r Rect, c color.RGBA)
	Image(r Rect, img *Image) // enlarged without smoothing
	Text(x, y, size float64, c color.RGBA, text string)
	Measure(size float64, text string) (width float64)
}

// The palette: a dark surround, as for photographs.
var (
	paper  = color.RGBA{15, 17, 21, 255}
	panel  = color.RGBA{24, 27, 33, 255}
	raised = color.RGBA{38, 42, 51, 255}
	ink    = color.RGBA{236, 238, 243, 255}
	faint  = color.RGBA{152, 160, 176, 255}
	accent = color.RGBA{255, 190, 92, 255}
	good   = color.RGBA{104, 211, 145, 255}
	bad    = color.RGBA{255, 128, 118, 255}
)

// Sizes in units of 1/96 inch; a gallery multiplies them with its scale.
const (
	small  = 12.0
	body   = 14.0
	title  = 16.0
	pad    = 16.0 // around everything
	gap    = 8.0  // between parts
	hair   = 2.0  // between images, and of frames
	bar    = 44.0 // head and foot, as high as a finger
	narrow = 640  // below this width, parts are stacked
)

// pen draws in units, at a scale.
type pen struct {
	Canvas
	scale float64
}

func (p pen) fill(r Rect, c color.RGBA) { p.Fill(p.device(r), c) }

// device rounds to whole pixels, so that edges are crisp.
func (p pen) device(r Rect) Rect {
	x, y := round(r.X*p.scale), round(r.Y*p.scale)
	return Rect{x, y, round((r.X+r.W)*p.scale) - x, round((r.Y+r.H)*p.scale) - y}
}

// frame draws a border just outside an area.
func (p pen) frame(r Rect, c color.RGBA) {
	p.fill(Rect{r.X - hair, r.Y - hair, r.W + 2*hair, hair}, c)
	p.fill(Rect{r.X - hair, r.Y + r.H, r.W + 2*hair, hair}, c)
	p.fill(Rect{r.X - hair, r.Y, hair, r.H}, c)
	p.fill(Rect{r.X + r.W, r.Y, hair, r.H}, c)
}

// text draws with the middle of the line at y, and shortens what is wider than room.
func (p pen) text(x, y, size, room float64, c color.RGBA, s string) {
	s = p.shorten(size, room, s)
	p.Text(round(x*p.scale), round((y-size*0.6)*p.scale), size*p.scale, c, s)
}

func (p pen) width(size float64, s string) float64 {
	return p.Measure(size*p.scale, s) / p.scale
}

func (p pen) shorten(size, room float64, s string) string {
	if p.width(size, s) <= room {
		return s
	}
	letters := []rune(s)
	for len(letters) > 0 && p.width(size, string(letters)+"…") > room {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

// right draws text that ends at x.
func (p pen) right(x, y, size float64, c color.RGBA, s string) float64 {
	w := p.width(size, s)
	p.text(x-w, y, size, w+1, c, s)
	return w
}

// image draws an image centred in an area, enlarged by a whole number if the area is larger.
func (p pen) image(r Rect, img *Image) {
	if img == nil {
		p.fill(r, panel)
		return
	}
	d := p.device(r)
	zoom := min(d.W/float64(img.Width), d.H/float64(img.Height))
	if zoom > 1 {
		zoom = floor(zoom)
	}
	w, h := floor(zoom*float64(img.Width)), floor(zoom*float64(img.Height))
	p.Image(Rect{d.X + floor((d.W-w)/2), d.Y + floor((d.H-h)/2), w, h}, img)
}
