package gallery

import "math"

// arrangement is how a grid of samples fills an area.
type arrangement struct {
	columns, bands int
	cellW, cellH   float64 // of an image, in units
	caption        float64 // the height of a caption above a row, or 0
	left           float64 // the width of captions on the left, or 0
	bandH          float64
}

const (
	captionW = 104.0 // on the left
	captionH = 20.0  // above a row
	verdictH = 22.0  // the line below a column
	smallest = 40.0  // of an image, so that a finger can hit it
	bandGap  = 20.0
)

// arrange finds the largest integer scale for images of w × h pixels at which all samples are
// visible, or else the smallest that a finger can hit, with scrolling.
func arrange(area Rect, scale float64, samples, rows, w, h int) arrangement {
	a := arrangement{left: captionW}
	margin := pad
	if area.W < narrow {
		a.left, a.caption, margin = 0, captionH, gap
	}
	room := area.W - 2*margin - a.left
	least := math.Ceil(smallest * scale / float64(w))
	for zoom := max(least, floor(room*scale/float64(w))); ; zoom-- {
		a.cellW, a.cellH = zoom*float64(w)/scale, zoom*float64(h)/scale
		fit := min(samples, max(1, int((room+hair)/(a.cellW+hair))))
		a.bands = (samples + fit - 1) / fit
		a.columns = (samples + a.bands - 1) / a.bands // evenly filled
		a.bandH = float64(rows)*(a.cellH+hair+a.caption) + verdictH
		if zoom <= least || a.height() <= area.H {
			return a
		}
	}
}

func (a arrangement) height() float64 {
	return float64(a.bands)*(a.bandH+bandGap) - bandGap
}

// row is one row of the grid.
type row struct {
	caption string
	images  []*Image
}

func (g *Gallery) rows() []row {
	rows := []row{{"source", g.samples.Source}, {"adapted", g.samples.Adapted}}
	if g.samples.Nearest != nil {
		rows = append(rows, row{"nearest target", g.samples.Nearest})
	}
	return rows
}

// drawGrid draws all samples.
func (g *Gallery) drawGrid(p pen, area Rect) {
	rows, n := g.rows(), len(g.samples.Source)
	first := g.samples.Source[0]
	a := arrange(area, g.scale, n, len(rows), first.Width, first.Height)
	g.columns = a.columns
	g.settle(area.H, a.height(), float64(g.chosen/a.columns)*(a.bandH+bandGap), a.bandH)

	width := a.left + float64(a.columns)*(a.cellW+hair) - hair
	x0 := area.X + (area.W-width)/2
	y0 := area.Y + max(0, (area.H-a.height())/2) - g.scroll
	for i := range n {
		x := x0 + a.left + float64(i%a.columns)*(a.cellW+hair)
		y := y0 + float64(i/a.columns)*(a.bandH+bandGap)
		column := Rect{x, y, a.cellW, a.bandH}
		if y > area.Y+area.H || y+a.bandH < area.Y {
			continue
		}
		if i == g.hover && i != g.chosen {
			p.fill(column.inset(-hair), raised)
		}
		for _, r := range rows {
			if i%a.columns == 0 {
				g.caption(p, a, x0, y, r.caption)
			}
			y += a.caption
			cell := Rect{x, y, a.cellW, a.cellH}
			if i == g.chosen {
				p.frame(cell, accent)
			}
			p.image(cell, r.images[i])
			y += a.cellH + hair
		}
		if i%a.columns == 0 && a.left > 0 && i < len(g.samples.Probabilities) {
			p.text(x0, y+verdictH/2, small, a.left-gap, faint, "classified")
		}
		g.verdict(p, Rect{x, y, a.cellW, verdictH}, i)
		g.click(p, column, i, func() { g.enlarge(i) })
	}
}

func (g *Gallery) caption(p pen, a arrangement, x, y float64, text string) {
	if a.left > 0 {
		p.text(x, y+a.cellH/2, small, a.left-gap, faint, text)
		return
	}
	p.text(x, y+a.caption/2, small, 200, faint, text)
}

// verdict says what the classifier takes the adapted image for: 3, or 3→1 if its label is 3.
func (g *Gallery) verdict(p pen, r Rect, sample int) {
	if sample >= len(g.samples.Probabilities) {
		return
	}
	at := top(g.samples.Probabilities[sample])
	if at < 0 || at >= len(g.samples.Classes) {
		return
	}
	text, c := g.samples.Classes[at], ink
	if label, ok := g.label(sample); ok {
		c = good
		if label != text {
			text, c = label+"→"+text, bad
		}
	}
	text = p.shorten(small, r.W, text)
	p.text(r.X+(r.W-p.width(small, text))/2, r.Y+r.H/2, small, r.W, c, text)
}

// settle keeps the scroll position within the content and, if asked for, scrolls the part of the
// given height at y into view.
func (g *Gallery) settle(room, content, y, height float64) {
	g.reach = max(0, content-room)
	if g.reveal {
		g.scroll = max(min(g.scroll, y), y+height-room)
		g.reveal = false
	}
	g.scroll = max(0, min(g.scroll, g.reach))
}
