package gallery

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Mode is what surrounds an enlarged sample.
type Mode int

// The modes.
const (
	Sweep      Mode = iota // a row for each component of the noise, from -1 to 1
	Walk                   // rows from the sample's noise to other vectors (the paper's supplement, figure 1)
	Neighbours             // the target images nearest to it
)

var modes = []string{"Sweep", "Walk", "Neighbours"}

const (
	steps   = 9 // images per row; odd, so that a sweep includes 0
	walks   = 8 // rows of a walk
	nearest = 24
)

// study is an enlarged sample under several noise vectors.
type study struct {
	mode  Mode
	round uint64 // how often noise was drawn anew

	asked   int         // the last query
	strip   int         // the query for the rows
	focus   int         // the query for the chosen picture
	noise   [][]float32 // of the rows
	images  []*Image
	likely  [][]float32
	cursor  int // the chosen picture, or -1 for the sample as in the grid
	chosen  *Image
	opinion []float32
	nearby  []Neighbour
}

// clear forgets the pictures, but not the mode.
func (s *study) clear() {
	*s = study{mode: s.mode, round: s.round, asked: s.asked, cursor: -1}
}

func (g *Gallery) turnTo(m Mode) {
	g.study.mode, g.scroll = m, 0
	g.ask()
}

func (g *Gallery) redraw() {
	g.study.round++
	g.ask()
}

// ask begins the study of the chosen sample anew.
func (g *Gallery) ask() {
	s := &g.study
	s.clear()
	s.noise = s.vectors(g.own(), g.chosen)
	g.look()
	if s.noise != nil {
		s.strip = s.next()
		g.host.Ask(Query{ID: s.strip, Image: g.chosen, Noise: s.noise})
	}
}

// own is the noise of the chosen sample in the grid.
func (g *Gallery) own() []float32 {
	if g.chosen < len(g.samples.Noise) {
		return g.samples.Noise[g.chosen]
	}
	return nil
}

// look asks for the chosen picture and its neighbours.
func (g *Gallery) look() {
	s, z := &g.study, g.own()
	if s.cursor >= 0 {
		z = s.noise[s.cursor]
	}
	s.focus = s.next()
	g.host.Ask(Query{ID: s.focus, Image: g.chosen, Noise: [][]float32{z}, Neighbours: nearest})
}

func (s *study) next() int {
	s.asked++
	return s.asked
}

// vectors lists the noise of the rows of a mode.
func (s *study) vectors(own []float32, sample int) [][]float32 {
	if len(own) == 0 || s.mode == Neighbours {
		return nil
	}
	rows := walks
	if s.mode == Sweep {
		rows = len(own)
	}
	random := rand.New(rand.NewPCG(s.round, uint64(sample)))
	var all [][]float32
	for r := range rows {
		end := slices.Clone(own)
		for i := range end {
			if s.mode == Walk {
				end[i] = float32(2*random.Float64() - 1)
			}
		}
		for i := range steps {
			t := float32(i) / (steps - 1)
			z := slices.Clone(own)
			if s.mode == Sweep {
				z[r] = 2*t - 1
			} else {
				for k := range z {
					z[k] = (1-t)*own[k] + t*end[k]
				}
			}
			all = append(all, z)
		}
	}
	return all
}

// Answer takes the result of a query, unless that has been replaced.
func (g *Gallery) Answer(a Answer) {
	s := &g.study
	switch {
	case !g.open:
	case a.ID == s.strip:
		s.images, s.likely = a.Images, a.Probabilities
	case a.ID == s.focus && len(a.Images) == 1:
		s.chosen, s.nearby = a.Images[0], a.Neighbours
		if len(a.Probabilities) == 1 {
			s.opinion = a.Probabilities[0]
		}
	}
}

// move chooses another picture.
func (s *study) move(g *Gallery, dx, dy int) {
	if len(s.noise) == 0 {
		g.scroll = max(0, min(g.scroll+float64(dy)*bar, g.reach))
		return
	}
	next := s.cursor + dx + dy*steps
	if s.cursor < 0 {
		next = 0
	}
	if next >= 0 && next < len(s.noise) {
		s.cursor, g.reveal = next, true
		g.look()
	}
}

// drawStudy draws the enlarged sample: its three pictures, the classifier's opinion of it, and the
// pictures of the mode.
func (g *Gallery) drawStudy(p pen, area Rect) {
	area = Rect{area.X + pad, area.Y, area.W - 2*pad, area.H}
	if area.W+2*pad < narrow {
		y := area.Y - g.scroll
		y += g.drawPictures(p, Rect{area.X, y, area.W, 0}) + gap
		y += g.drawOpinion(p, Rect{area.X, y, area.W, 0}, 3) + 2*gap
		y += g.drawMode(p, Rect{area.X, y, area.W, 0})
		g.settle(area.H, y+g.scroll-area.Y, g.scroll, 0)
		return
	}
	side := min(max(area.W*0.36, 260), 560)
	left := Rect{area.X, area.Y, side, area.H}
	left.Y += g.drawPictures(p, left) + gap
	g.drawOpinion(p, left, max(1, int((area.Y+area.H-left.Y)/26)-1))
	right := Rect{area.X + side + 2*pad, area.Y - g.scroll, area.W - side - 2*pad, area.H}
	height := g.drawMode(p, right)
	y, rowH := 0.0, 0.0
	if s := &g.study; s.cursor >= 0 && len(s.noise) > 0 {
		rowH = (height - bar - captionH) / float64(len(s.noise)/steps)
		y = bar + captionH + float64(s.cursor/steps)*rowH
	}
	g.settle(area.H, height, y, rowH)
}

// drawPictures draws source, adapted and nearest target, and returns the height.
func (g *Gallery) drawPictures(p pen, r Rect) float64 {
	s := &g.study
	near := (*Image)(nil)
	if len(s.nearby) > 0 {
		near = s.nearby[0].Image
	}
	pictures := []struct {
		caption string
		image   *Image
	}{{"source", g.samples.Source[g.chosen]}, {"adapted", s.chosen}, {"nearest target", near}}
	if g.samples.Nearest == nil {
		pictures = pictures[:2]
	}
	n := float64(len(pictures))
	w := (r.W - (n-1)*gap) / n
	h := w * float64(pictures[0].image.Height) / float64(pictures[0].image.Width)
	for i, picture := range pictures {
		x := r.X + float64(i)*(w+gap)
		p.text(x, r.Y+captionH/2, small, w, faint, picture.caption)
		p.image(Rect{x, r.Y + captionH, w, h}, picture.image)
	}
	return captionH + h
}

// drawOpinion draws the classifier's probabilities, at most so many of them, ordered by class if
// all fit.
func (g *Gallery) drawOpinion(p pen, r Rect, most int) float64 {
	const line = 26.0
	s := &g.study
	p.text(r.X, r.Y+line/2, small, r.W, faint, "classifier's opinion of the adapted picture")
	order := make([]int, len(s.opinion))
	for i := range order {
		order[i] = i
	}
	if len(order) > most {
		slices.SortStableFunc(order, func(a, b int) int {
			if s.opinion[a] > s.opinion[b] {
				return -1
			}
			return 1
		})
		order = order[:most]
	}
	label, labelled := g.label(g.chosen)
	nameW := 24.0
	for _, class := range order {
		nameW = min(max(nameW, p.width(body, g.samples.Classes[class])+gap), r.W/3)
	}
	best := top(s.opinion)
	y := r.Y + line
	for _, class := range order {
		name, share := g.samples.Classes[class], float64(s.opinion[class])
		c, fill := faint, raised
		if class == best {
			c, fill = ink, bad
			if !labelled {
				fill = accent
			}
		}
		if labelled && name == label && class == best {
			fill = good
		}
		p.text(r.X, y+line/2, body, nameW, c, name)
		room := r.W - nameW - 56
		p.fill(Rect{r.X + nameW, y + 5, room, line - 10}, panel)
		p.fill(Rect{r.X + nameW, y + 5, room * share, line - 10}, fill)
		p.right(r.X+r.W, y+line/2, small, c, fmt.Sprintf("%.1f %%", 100*share))
		y += line
	}
	if len(order) == 0 {
		return line * float64(min(most, len(g.samples.Classes))+1)
	}
	return y - r.Y
}

// drawMode draws the choice of modes and the pictures of the one chosen.
func (g *Gallery) drawMode(p pen, r Rect) float64 {
	s, x := &g.study, r.X
	for m, name := range modes {
		x += g.button(p, x, r.Y+bar/2, false, s.mode == Mode(m), name, func() { g.turnTo(Mode(m)) }) + hair
	}
	if s.mode == Walk && len(s.noise) > 0 {
		g.button(p, r.X+r.W, r.Y+bar/2, true, false, "Other noise", g.redraw)
	}
	r.Y += bar
	switch {
	case s.mode == Neighbours:
		return bar + g.drawNeighbours(p, r)
	case len(s.noise) == 0:
		p.text(r.X, r.Y+bar/2, body, r.W, faint, "This generator takes no noise: a source image has one picture.")
		return 2 * bar
	}
	return bar + g.drawRows(p, r)
}

// drawRows draws a picture for each noise vector.
func (g *Gallery) drawRows(p pen, r Rect) float64 {
	s, name := &g.study, 40.0
	if s.mode == Walk {
		name = 0
	}
	source := g.samples.Source[g.chosen]
	zoom := max(1, floor(((r.W-name+hair)/steps-hair)*g.scale/float64(source.Width)))
	w, h := zoom*float64(source.Width)/g.scale, zoom*float64(source.Height)/g.scale
	if (w+hair)*steps-hair > r.W-name { // a small screen: no integer scale fits
		w = (r.W-name+hair)/steps - hair
		h = w * float64(source.Height) / float64(source.Width)
	}
	ends := [2]string{"−1", "1"}
	if s.mode == Walk {
		ends = [2]string{"this noise", "another"}
	}
	p.text(r.X+name, r.Y+captionH/2, small, r.W/2, faint, ends[0])
	p.right(r.X+name+steps*(w+hair)-hair, r.Y+captionH/2, small, faint, ends[1])
	for i := range s.noise {
		x := r.X + name + float64(i%steps)*(w+hair)
		y := r.Y + captionH + float64(i/steps)*(h+hair)
		if i%steps == 0 && name > 0 {
			p.text(r.X, y+h/2, small, name, faint, fmt.Sprintf("z%d", i/steps+1))
		}
		cell := Rect{x, y, w, h}
		var img *Image
		if i < len(s.images) {
			img = s.images[i]
		}
		p.image(cell, img)
		g.click(p, cell, -1, func() { s.cursor = i; g.look() })
	}
	if i := s.cursor; i >= 0 {
		p.frame(Rect{r.X + name + float64(i%steps)*(w+hair), r.Y + captionH + float64(i/steps)*(h+hair), w, h}, accent)
	}
	return captionH + float64(len(s.noise)/steps)*(h+hair)
}

// drawNeighbours draws the nearest target images.
func (g *Gallery) drawNeighbours(p pen, r Rect) float64 {
	s := &g.study
	if g.samples.Nearest == nil {
		p.text(r.X, r.Y+bar/2, body, r.W, faint,
			"Source and target have different channels: their images do not compare.")
		return bar
	}
	const least = 72.0
	columns := max(1, int((r.W+gap)/(least+gap)))
	columns = min(columns, 8)
	w := (r.W - float64(columns-1)*gap) / float64(columns)
	rows := (len(s.nearby) + columns - 1) / columns
	if side := float64(g.samples.Source[0].Width); w*g.scale > side { // so that captions stand below their images
		w = floor(w*g.scale/side) * side / g.scale
	}
	h := w
	p.text(r.X, r.Y+captionH/2, small, r.W, faint,
		"training images of the target, with the root mean square difference of 255")
	for i, n := range s.nearby {
		h = w * float64(n.Image.Height) / float64(n.Image.Width)
		x := r.X + float64(i%columns)*(w+gap)
		y := r.Y + captionH + float64(i/columns)*(h+captionH+gap)
		p.image(Rect{x, y, w, h}, n.Image)
		p.text(x, y+h+captionH/2, small, w, faint, fmt.Sprintf("%.1f", n.Distance))
	}
	return captionH + float64(rows)*(h+captionH+gap)
}
