package gallery

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"testing"
)

// recorder notes what is drawn. Letters are half as wide as high.
type recorder struct {
	fills  []Rect
	images []drawn
	texts  []string
	right  float64 // the furthest end of a text
}

type drawn struct {
	Rect
	image *Image
}

func (r *recorder) Fill(area Rect, _ color.RGBA)  { r.fills = append(r.fills, area) }
func (r *recorder) Image(area Rect, image *Image) { r.images = append(r.images, drawn{area, image}) }
func (r *recorder) Measure(size float64, s string) float64 {
	return size / 2 * float64(len([]rune(s)))
}
func (r *recorder) Text(x, _, size float64, _ color.RGBA, s string) {
	r.texts = append(r.texts, s)
	r.right = max(r.right, x+r.Measure(size, s))
}

func (r *recorder) said(text string) bool { return strings.Contains(strings.Join(r.texts, "\n"), text) }

// host notes what a gallery asks for.
type host struct {
	asked []Query
	turns []int
	saved int
}

func (h *host) Ask(q Query)   { h.asked = append(h.asked, q) }
func (h *host) Turn(by int)   { h.turns = append(h.turns, by) }
func (h *host) Save()         { h.saved++ }
func (h *host) Leave() string { return "close" }

func (h *host) last(neighbours bool) Query {
	for _, q := range slices.Backward(h.asked) {
		if (q.Neighbours > 0) == neighbours {
			return q
		}
	}
	return Query{ID: -1}
}

const testSide, testDim = 32, 3

func pictures(n int) []*Image {
	return FromPixels(make([]byte, n*testSide*testSide), testSide, testSide, 1)
}

// example is n samples, of which every fourth is misclassified.
func example(n int) Samples {
	s := Samples{
		Title: "run", Step: 12000, Earlier: true, Classes: []string{"0", "1", "2"},
		Source: pictures(n), Adapted: pictures(n), Nearest: pictures(n),
	}
	for i := range n {
		s.Labels = append(s.Labels, i%3)
		p := make([]float32, 3)
		if i%4 == 0 {
			p[(i+1)%3] = 1
		} else {
			p[i%3] = 1
		}
		s.Probabilities = append(s.Probabilities, p)
		s.Noise = append(s.Noise, []float32{0.25, -0.5, float32(i) / 100})
	}
	return s
}

func draw(g *Gallery) *recorder {
	r := &recorder{}
	g.Draw(r)
	return r
}

// sizes from a phone to a 4K screen: width, height, device pixels a unit.
var sizes = [][3]float64{{320, 480, 1}, {1080, 2160, 3}, {800, 600, 1}, {1440, 900, 1}, {3840, 2160, 1},
	{3840, 2160, 2}, {200, 120, 1}}

func TestGridFitsEveryScreen(t *testing.T) {
	for _, size := range sizes {
		for _, n := range []int{1, 5, 16, 40} {
			g := New(&host{})
			g.Resize(size[0], size[1], size[2])
			g.Show(example(n))
			r := draw(g)
			name := fmt.Sprintf("%d samples at %v", n, size)
			if r.right > size[0] {
				t.Errorf("%s: a text ends at %g", name, r.right)
			}
			for i, a := range r.images {
				if a.X < 0 || a.X+a.W > size[0] {
					t.Errorf("%s: image %d spans %g to %g", name, i, a.X, a.X+a.W)
				}
				if zoom := a.W / testSide; zoom != float64(int(zoom)) || a.H != a.W {
					t.Errorf("%s: image %d is %g × %g, no whole enlargement", name, i, a.W, a.H)
				}
				for k, b := range r.images[:i] {
					if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
						t.Fatalf("%s: images %d and %d overlap", name, k, i)
					}
				}
			}
			if g.reach == 0 && len(r.images) != 3*n {
				t.Errorf("%s: %d images drawn without need to scroll", name, len(r.images))
			}
		}
	}
}

func TestGridEnlargesAsFarAsItCan(t *testing.T) {
	a := arrange(Rect{0, 0, 1200, 700}, 1, 16, 3, testSide, testSide)
	if a.height() > 700 {
		t.Errorf("the grid is %g high", a.height())
	}
	if larger := a.cellW + testSide; a.left+16*(larger+hair) <= 1200-2*pad && 3*(larger+hair)+verdictH <= 700 {
		t.Errorf("images of %g leave room for %g", a.cellW, larger)
	}
	if phone := arrange(Rect{0, 0, 320, 400}, 2, 64, 3, testSide, testSide); phone.cellW < smallest {
		t.Errorf("images of %g are too small for a finger", phone.cellW)
	}
}

func TestGridTellsTheVerdict(t *testing.T) {
	g := New(&host{})
	g.Show(example(4))
	r := draw(g)
	for _, text := range []string{"0→1", "nearest target", "step 12,000", "3 of 4 recognised"} {
		if !r.said(text) {
			t.Errorf("%q is not there: %q", text, r.texts)
		}
	}
}

func TestEverySampleCanBeReached(t *testing.T) {
	g := New(&host{})
	g.Resize(320, 300, 1)
	g.Show(example(30))
	draw(g)
	if g.reach == 0 {
		t.Fatal("30 samples fit into 320 × 300: the test has lost its point")
	}
	seen := map[int]bool{}
	for range 200 {
		draw(g)
		for _, target := range g.targets {
			if target.sample >= 0 {
				seen[target.sample] = true
			}
		}
		g.Scroll(20)
	}
	if len(seen) != 30 {
		t.Errorf("%d of 30 samples came into sight", len(seen))
	}
	for range 40 {
		g.Key("ArrowRight")
	}
	draw(g)
	if last, _ := g.Open(); last != 29 {
		t.Errorf("the arrow chose sample %d", last)
	}
}

// click presses what shows a sample.
func click(g *Gallery, sample int) {
	draw(g)
	for _, target := range g.targets {
		if target.sample == sample {
			g.Click(target.area.X+1, target.area.Y+target.area.H/2)
			return
		}
	}
}

func TestSweep(t *testing.T) {
	h := &host{}
	g := New(h)
	s := example(5)
	g.Show(s)
	click(g, 3)
	if sample, open := g.Open(); sample != 3 || !open {
		t.Fatalf("sample %d, open %v", sample, open)
	}
	q := h.last(false)
	if q.Image != 3 || len(q.Noise) != testDim*steps {
		t.Fatalf("asked for image %d under %d vectors", q.Image, len(q.Noise))
	}
	for i, z := range q.Noise {
		for k, v := range z {
			want := s.Noise[3][k]
			if k == i/steps {
				want = float32(i%steps)/(steps-1)*2 - 1
			}
			if v != want {
				t.Fatalf("vector %d is %v", i, z)
			}
		}
	}
	if focus := h.last(true); focus.Noise[0][0] != s.Noise[3][0] {
		t.Errorf("the sample itself was asked for with noise %v", focus.Noise)
	}
}

func TestWalkGoesFromTheSamplesNoise(t *testing.T) {
	h := &host{}
	g := New(h)
	s := example(2)
	g.Show(s)
	g.Key("Enter")
	g.Key("Digit2")
	first := h.last(false)
	for row := range walks {
		if z := first.Noise[row*steps]; z[0] != s.Noise[0][0] {
			t.Errorf("walk %d begins at %v", row, z)
		}
		a, b, c := first.Noise[row*steps][1], first.Noise[row*steps+steps/2][1], first.Noise[row*steps+steps-1][1]
		if d := b - (a+c)/2; d > 1e-6 || d < -1e-6 || a == c {
			t.Errorf("walk %d goes %g, %g, %g", row, a, b, c)
		}
	}
	g.Key("KeyR")
	if again := h.last(false); again.Noise[steps-1][1] == first.Noise[steps-1][1] {
		t.Error("R draws the same noise")
	}
}

func TestAnswersFindTheirPlace(t *testing.T) {
	h := &host{}
	g := New(h)
	g.Show(example(2))
	g.Key("Enter")
	old := h.last(false)
	g.Key("BracketRight")
	strip, focus := h.last(false), h.last(true)
	rows := pictures(len(strip.Noise))
	g.Answer(Answer{ID: old.ID, Images: pictures(len(old.Noise))})
	if g.study.images != nil {
		t.Error("the answer to a query that was replaced is shown")
	}
	g.Answer(Answer{ID: strip.ID, Images: rows})
	near := pictures(2)
	g.Answer(Answer{ID: focus.ID, Images: pictures(1), Probabilities: [][]float32{{0, 0.25, 0.75}},
		Neighbours: []Neighbour{{near[0], 12.34}, {near[1], 20}}})
	r := draw(g)
	shown := map[*Image]bool{}
	for _, d := range r.images {
		shown[d.image] = true
	}
	if !shown[rows[0]] || !shown[near[0]] || !r.said("75.0 %") {
		t.Error("an answer is not shown")
	}
	g.Key("ArrowDown")
	g.Key("ArrowDown")
	if q := h.last(true); q.Noise[0][1] != -1 {
		t.Errorf("the picture in the second row was asked for with %v", q.Noise)
	}
	g.Key("Digit3")
	g.Answer(Answer{ID: h.last(true).ID, Images: pictures(1), Neighbours: []Neighbour{{near[0], 12.34}}})
	if r := draw(g); !r.said("12.3") {
		t.Errorf("no distance of a neighbour: %q", r.texts)
	}
}

func TestStudyFitsEveryScreen(t *testing.T) {
	for _, size := range sizes {
		for mode := range modes {
			h := &host{}
			g := New(h)
			g.Resize(size[0], size[1], size[2])
			g.Show(example(3))
			g.Key("Enter")
			g.Key(fmt.Sprintf("Digit%d", mode+1))
			g.Answer(Answer{ID: h.last(true).ID, Images: pictures(1), Probabilities: [][]float32{{0, 1, 0}},
				Neighbours: []Neighbour{{pictures(1)[0], 1}}})
			g.Answer(Answer{ID: h.last(false).ID, Images: pictures(testDim * steps)})
			for range 3 {
				r := draw(g)
				if size[0] >= 320 && r.right > size[0] {
					t.Errorf("%s at %v: a text ends at %g", modes[mode], size, r.right)
				}
				for _, a := range r.images {
					if a.X < 0 || a.X+a.W > size[0] || a.W < 1 {
						t.Errorf("%s at %v: an image spans %g to %g", modes[mode], size, a.X, a.X+a.W)
					}
				}
				g.Scroll(size[1])
			}
		}
	}
}

func TestKeys(t *testing.T) {
	h := &host{}
	g := New(h)
	g.Show(example(3))
	g.Key("PageDown") // there is nothing later
	g.Key("PageUp")
	if len(h.turns) != 1 || h.turns[0] != -1 {
		t.Errorf("turned %v", h.turns)
	}
	g.Key("KeyP")
	if h.saved != 1 {
		t.Error("P saves nothing")
	}
	if g.Key("KeyQ") || g.Key("Escape") {
		t.Error("a key without a use is taken from the host")
	}
	g.Key("KeyH")
	if r := draw(g); !r.said("save a picture") || !r.said("close") {
		t.Errorf("the help says %q", r.texts)
	}
	g.Key("Escape")
	g.Key("Enter")
	if !g.Key("Escape") {
		t.Error("Escape does not leave an enlarged sample")
	}
	if _, open := g.Open(); open {
		t.Error("the sample is still enlarged")
	}
}

func TestWithoutNoiseLabelsOrTargets(t *testing.T) {
	h := &host{}
	g := New(h)
	draw(g)
	s := example(2)
	s.Noise, s.Labels, s.Nearest, s.Probabilities = nil, nil, nil, nil
	g.Show(s)
	draw(g)
	g.Key("Enter")
	if r := draw(g); !r.said("takes no noise") {
		t.Errorf("it says %q", r.texts)
	}
	if q := h.last(true); len(q.Noise) != 1 || q.Noise[0] != nil {
		t.Errorf("asked with the noise %v", q.Noise)
	}
	g.Key("ArrowDown")
	g.Key("Digit3")
	if r := draw(g); !r.said("do not compare") {
		t.Errorf("it says %q", r.texts)
	}
	g.Show(Samples{})
	draw(g)
	g.Key("ArrowRight")
}

func TestFromPixels(t *testing.T) {
	grey := FromPixels([]byte{1, 2, 3, 4}, 2, 1, 1)
	if len(grey) != 2 || string(grey[1].RGBA) != string([]byte{3, 3, 3, 255, 4, 4, 4, 255}) {
		t.Errorf("grey becomes %v", grey[1].RGBA)
	}
	if rgb := FromPixels([]byte{1, 2, 3}, 1, 1, 3); string(rgb[0].RGBA) != string([]byte{1, 2, 3, 255}) {
		t.Errorf("RGB becomes %v", rgb[0].RGBA)
	}
}
