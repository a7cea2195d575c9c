package gallery

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Gallery is what a person looks at. It is used from one goroutine at a time.
type Gallery struct {
	host          Host
	width, height float64 // in device pixels
	scale         float64 // device pixels per unit

	samples Samples
	loaded  bool
	status  string // what the host is doing
	toast   string // the last thing that happened

	chosen  int     // the sample that keys act on
	open    bool    // it is enlarged
	hover   int     // the sample under the pointer, or -1
	help    bool    // the overlay of keys
	scroll  float64 // in units
	reach   float64 // how far it may scroll
	reveal  bool    // scroll to what is chosen when drawn next
	targets []target
	columns int // of the grid as drawn last

	study study
}

// target is a place to click.
type target struct {
	area   Rect // in device pixels
	sample int  // the sample that it shows, or -1
	act    func()
}

// New makes an empty gallery.
func New(host Host) *Gallery {
	return &Gallery{host: host, scale: 1, width: 960, height: 640, hover: -1}
}

// Resize sets the size in device pixels, and how many device pixels a unit of 1/96 inch has.
func (g *Gallery) Resize(width, height, scale float64) {
	if width != g.width || height != g.height || scale != g.scale {
		g.width, g.height, g.scale, g.reveal = width, height, scale, true
	}
}

// Show displays a state of the generator. An enlarged sample stays enlarged.
func (g *Gallery) Show(s Samples) {
	g.samples, g.loaded = s, true
	g.chosen = max(0, min(g.chosen, len(s.Source)-1))
	if g.open {
		g.ask()
	}
}

// Status says what the host is doing, in a few words.
func (g *Gallery) Status(text string) { g.status = text }

// Toast says what happened, until the next key or click.
func (g *Gallery) Toast(text string) { g.toast = text }

// Open reports whether a sample is enlarged, and which one is chosen.
func (g *Gallery) Open() (sample int, open bool) { return g.chosen, g.open }

// Point moves the pointer.
func (g *Gallery) Point(x, y float64) {
	g.hover = -1
	for _, t := range g.targets {
		if t.area.Contains(x, y) {
			g.hover = t.sample
		}
	}
}

// Click presses what is at a point.
func (g *Gallery) Click(x, y float64) {
	g.toast = ""
	if g.help {
		g.help = false
		return
	}
	for _, t := range slices.Backward(g.targets) { // what was drawn last is on top
		if t.area.Contains(x, y) {
			t.act()
			return
		}
	}
}

// Scroll moves the content up by device pixels.
func (g *Gallery) Scroll(by float64) {
	g.scroll = max(0, min(g.scroll+by/g.scale, g.reach))
}

// Key presses a key, named as in the browsers' KeyboardEvent.code. It reports whether the gallery
// used it.
func (g *Gallery) Key(code string) bool {
	g.toast = ""
	if g.help {
		g.help = false
		return true
	}
	for _, b := range g.bindings() {
		if slices.Contains(b.codes, code) {
			b.act()
			return true
		}
	}
	return false
}

// binding is what keys do, and what the help says about them.
type binding struct {
	codes      []string
	keys, does string // "" if another binding covers it
	act        func()
}

func (g *Gallery) bindings() []binding {
	bindings := []binding{
		{[]string{"ArrowLeft"}, "arrows", "choose a sample", func() { g.move(-1, 0) }},
		{[]string{"ArrowRight"}, "", "", func() { g.move(1, 0) }},
		{[]string{"ArrowUp"}, "", "", func() { g.move(0, -1) }},
		{[]string{"ArrowDown"}, "", "", func() { g.move(0, 1) }},
		{[]string{"Enter", "Space"}, "Enter", "enlarge it", func() { g.enlarge(g.chosen) }},
		{[]string{"PageUp"}, "PgUp PgDn", "earlier, later checkpoint", func() { g.turn(-1) }},
		{[]string{"PageDown"}, "", "", func() { g.turn(1) }},
	}
	if g.open {
		bindings = []binding{
			{[]string{"ArrowLeft"}, "arrows", "choose a picture", func() { g.study.move(g, -1, 0) }},
			{[]string{"ArrowRight"}, "", "", func() { g.study.move(g, 1, 0) }},
			{[]string{"ArrowUp"}, "", "", func() { g.study.move(g, 0, -1) }},
			{[]string{"ArrowDown"}, "", "", func() { g.study.move(g, 0, 1) }},
			{[]string{"Digit1", "KeyS"}, "1 2 3", "sweep the noise, walk through it, neighbours", func() {
				g.turnTo(Sweep)
			}},
			{[]string{"Digit2", "KeyW"}, "", "", func() { g.turnTo(Walk) }},
			{[]string{"Digit3", "KeyN"}, "", "", func() { g.turnTo(Neighbours) }},
			{[]string{"KeyR"}, "R", "draw other noise", func() { g.redraw() }},
			{[]string{"BracketLeft", "Comma"}, "[ ]", "previous, next sample", func() { g.enlarge(g.chosen - 1) }},
			{[]string{"BracketRight", "Period"}, "", "", func() { g.enlarge(g.chosen + 1) }},
			{[]string{"PageUp"}, "PgUp PgDn", "earlier, later checkpoint", func() { g.turn(-1) }},
			{[]string{"PageDown"}, "", "", func() { g.turn(1) }},
			{[]string{"Escape", "Backspace"}, "Esc", "back to all samples", g.shut},
		}
	}
	return append(bindings,
		binding{[]string{"KeyP"}, "P", "save a picture", g.host.Save},
		binding{[]string{"KeyH", "Slash", "F1"}, "H", "these keys", func() { g.help = true }})
}

// move chooses another sample of the grid.
func (g *Gallery) move(dx, dy int) {
	if n := len(g.samples.Source); n > 0 {
		next := g.chosen + dx + dy*max(1, g.columns)
		if next >= 0 && next < n {
			g.chosen = next
		}
		g.reveal = true
	}
}

func (g *Gallery) turn(by int) {
	if by < 0 && g.samples.Earlier || by > 0 && g.samples.Later {
		g.host.Turn(by)
	}
}

// enlarge opens a sample.
func (g *Gallery) enlarge(sample int) {
	if sample < 0 || sample >= len(g.samples.Source) {
		return
	}
	g.chosen, g.open, g.scroll = sample, true, 0
	g.ask()
}

func (g *Gallery) shut() {
	g.open, g.scroll, g.reveal = false, 0, true
	g.study.clear()
}

// Draw draws everything, and records where it can be clicked.
func (g *Gallery) Draw(c Canvas) {
	p := pen{c, g.scale}
	g.targets = g.targets[:0]
	w, h := g.width/g.scale, g.height/g.scale
	p.fill(Rect{0, 0, w, h}, paper)
	view := Rect{0, bar, w, max(0, h-2*bar)}
	switch {
	case !g.loaded:
		g.center(p, view, "Waiting for samples")
	case len(g.samples.Source) == 0:
		g.center(p, view, "There are no source images to show")
	case g.open:
		g.drawStudy(p, view)
	default:
		g.drawGrid(p, view)
	}
	// Head and foot cover what has scrolled out of view.
	g.targets = slices.DeleteFunc(g.targets, func(t target) bool {
		middle := t.area.Y + t.area.H/2
		return middle < view.Y*g.scale || middle > (view.Y+view.H)*g.scale
	})
	g.drawHead(p, w)
	g.drawFoot(p, w, h)
	if g.help {
		g.drawHelp(p, w, h)
	}
}

func (g *Gallery) center(p pen, r Rect, text string) {
	size := p.width(body, text)
	p.text(r.X+max(pad, (r.W-size)/2), r.Y+r.H/2, body, r.W-2*pad, faint, text)
}

// click makes an area do something.
func (g *Gallery) click(p pen, r Rect, sample int, act func()) {
	g.targets = append(g.targets, target{p.device(r), sample, act})
}

// button draws a word to click, from x on or, if end, ending at x, and returns its width.
func (g *Gallery) button(p pen, x, y float64, end, active bool, label string, act func()) float64 {
	w := p.width(body, label) + 2*12
	if end {
		x -= w
	}
	r := Rect{x, y - 15, w, 30}
	c, back := faint, panel
	if active {
		c, back = ink, raised
	}
	p.fill(r, back)
	p.text(x+12, y, body, w, c, label)
	g.click(p, Rect{x, y - bar/2, w, bar}, -1, act)
	return w
}

// drawHead names the run and its state.
func (g *Gallery) drawHead(p pen, w float64) {
	p.fill(Rect{0, 0, w, bar}, paper)
	x, y, end := pad, bar/2, w-pad
	if g.open {
		x += g.button(p, x, y, false, true, "Back", g.shut) + gap
		if g.chosen+1 < len(g.samples.Source) {
			end -= g.button(p, end, y, true, false, "›", func() { g.enlarge(g.chosen + 1) }) + gap
		}
		if g.chosen > 0 {
			end -= g.button(p, end, y, true, false, "‹", func() { g.enlarge(g.chosen - 1) }) + gap
		}
		p.text(x, y, title, end-x, ink, g.sampleTitle())
		return
	}
	if g.samples.Later {
		end -= g.button(p, end, y, true, false, "Later", func() { g.turn(1) }) + gap
	}
	if g.samples.Earlier {
		end -= g.button(p, end, y, true, false, "Earlier", func() { g.turn(-1) }) + gap
	}
	if g.loaded {
		end -= p.right(end, y, body, ink, "step "+thousands(g.samples.Step)) + gap
		if s := g.agreement(); p.width(body, s) < end-x-160 {
			end -= p.right(end, y, body, faint, s+"  ·") + gap
		}
	}
	p.text(x, y, title, end-x, ink, g.samples.Title)
}

// sampleTitle names the sample that is enlarged.
func (g *Gallery) sampleTitle() string {
	s := fmt.Sprintf("Sample %d", g.chosen+1)
	if label, ok := g.label(g.chosen); ok {
		s += ", labelled " + label
	}
	return s
}

func (g *Gallery) label(sample int) (string, bool) {
	s := g.samples
	if sample >= len(s.Labels) || s.Labels[sample] < 0 || s.Labels[sample] >= len(s.Classes) {
		return "", false
	}
	return s.Classes[s.Labels[sample]], true
}

// agreement counts the samples that the classifier still recognises.
func (g *Gallery) agreement() string {
	right, all := 0, 0
	for i, p := range g.samples.Probabilities {
		if i < len(g.samples.Labels) {
			all++
			if top(p) == g.samples.Labels[i] {
				right++
			}
		}
	}
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d recognised", right, all)
}

// drawFoot says what is going on, and how to find out more.
func (g *Gallery) drawFoot(p pen, w, h float64) {
	y := h - bar/2
	p.fill(Rect{0, h - bar, w, bar}, paper)
	end := w - pad
	end -= g.button(p, end, y, true, false, "Keys", func() { g.help = true }) + gap
	text, c := g.status, faint
	if g.toast != "" {
		text, c = g.toast, accent
	}
	p.text(pad, y, body, end-pad, c, text)
}

// drawHelp lists the keys.
func (g *Gallery) drawHelp(p pen, w, h float64) {
	const line, keys = 28.0, 110.0
	var told []binding
	for _, b := range g.bindings() {
		if b.keys != "" {
			told = append(told, b)
		}
	}
	if leave := g.host.Leave(); leave != "" && !g.open {
		told = append(told, binding{keys: "Esc", does: leave})
	}
	width, height := min(w-2*pad, 460), float64(len(told))*line+2*pad+line
	r := Rect{(w - width) / 2, max(pad, (h-height)/2), width, height}
	p.frame(r, raised)
	p.fill(r, panel)
	x, y := r.X+pad, r.Y+pad+line/2
	p.text(x, y, title, width, ink, "Keys")
	for _, b := range told {
		y += line
		p.text(x, y, body, keys, accent, b.keys)
		p.text(x+keys, y, body, width-keys-2*pad, ink, b.does)
	}
}

// top is the index of the largest value, or -1 if there is none.
func top(values []float32) int {
	at := -1
	for i, v := range values {
		if at < 0 || v > values[at] {
			at = i
		}
	}
	return at
}

// thousands writes 12000 as 12,000.
func thousands(n int) string {
	s := fmt.Sprint(n)
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), ",")
}

func round(v float64) float64 { return math.Round(v) }
func floor(v float64) float64 { return math.Floor(v) }
