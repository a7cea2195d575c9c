package draw

import (
	"math"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/random"
)

// The built-in digits need no files: strokes as a hand would draw them, bent, slanted and inked at
// random, then scaled and centred as MNIST's are (20×20 in 28×28, about the centre of mass). Image
// i of a seed is always the same.
const (
	digitSide = 28
	digitBox  = 20.0
)

// builtinCounts are the splits of the generated digits.
var builtinCounts = datasets.Counts{Train: 20000, Valid: 1000, Test: 2000}

// Streams keep the digits of source and target apart, and the textures from both.
const (
	sourceStream = iota
	targetStream
	textureStream
)

// Digits generates images [from, from+n) of the built-in source: 28×28 grey.
func Digits(seed uint64, from, n int) *datasets.Set {
	return generators["digits"].set("digits", seed, from, n).Hold()
}

// digitGenerator generates digits of the class that the first draw of each stream picks.
func digitGenerator(side, channels int, stream uint64, draw func(dst []byte, seed, i uint64)) generator {
	return generator{
		side: side, channels: channels, counts: builtinCounts,
		classes: func() []string { return datasets.NumberedClasses(10) },
		describe: func(seed, i uint64) (uint32, datasets.Pose) {
			r := random.New(seed, stream, i)
			return uint32(drawClass(&r)), datasets.Pose{}
		},
		draw: draw,
	}
}

// drawClass picks the digit.
func drawClass(r *random.Source) int { return r.Intn(10) }

func drawDigitPlain(dst []byte, seed, i uint64) { drawDigit(dst, random.New(seed, sourceStream, i)) }

// hand is how one image is written: the habits that bend every stroke alike.
type hand struct {
	xx, xy, yx, yy float64 // slant, rotation and aspect
	waves          [3]wave // elastic warp
	jitter         float64 // of control points
	radius         float64 // of the pen, pixels
	softness       float64 // width of the ink's edge, pixels
	ink            float64 // 0…1
}

// wave is one smooth displacement of the plane.
type wave struct{ fx, fy, phase, dx, dy float64 }

func newHand(r *random.Source) hand {
	slant := 0.08 + 0.20*r.Normal()
	turn := 0.11 * r.Normal()
	wide := math.Exp(0.14 * r.Normal())
	sin, cos := math.Sincos(turn)
	h := hand{
		xx: cos * wide, xy: -cos*slant - sin,
		yx: sin * wide, yy: -sin*slant + cos,
		jitter:   r.Between(0.02, 0.045),
		radius:   math.Exp(0.12 + 0.30*r.Normal()),
		softness: r.Between(0.9, 1.5),
		ink:      r.Between(0.95, 1.4),
	}
	bend := r.Between(0.01, 0.06)
	for i := range h.waves {
		h.waves[i] = wave{
			fx: r.Between(-4, 4), fy: r.Between(-4, 4), phase: r.Between(0, 2*math.Pi),
			dx: bend * r.Normal(), dy: bend * r.Normal(),
		}
	}
	return h
}

// bend moves a point of the unit box.
func (h *hand) bend(p point) point {
	q := p
	for _, w := range h.waves {
		s := math.Sin(w.fx*p.x + w.fy*p.y + w.phase)
		q.x += w.dx * s
		q.y += w.dy * s
	}
	x, y := q.x-0.5, q.y-0.5
	return point{h.xx*x + h.xy*y, h.yx*x + h.yy*y}
}

// mark is a point of the pen's path with the pen's radius there; lift means that no line leads to
// it.
type mark struct {
	point
	radius float64
	lift   bool
}

// Bounds on a stroke's points and a line's marks: more than any glyph needs.
const (
	maxPoints = 16
	maxMarks  = 128
	spanSteps = 5 // marks per span between points
)

// line is a pen's movement in a fixed array, so that drawing allocates nothing.
type line struct {
	marks [maxMarks]mark
	n     int
}

// drawDigit draws a random digit into dst, 28×28 grey.
func drawDigit(dst []byte, r random.Source) {
	digit := drawClass(&r)
	h := newHand(&r)
	var p line
	for _, s := range pick(digit, &r).strokes {
		p.trace(&s, &h, &r)
	}
	p.press(&h, &r)
	p.fit(r.Between(0.93, 1.03))
	p.centre(0.6*r.Normal(), 0.6*r.Normal())
	p.render(dst, &h)
}

// trace adds a stroke, jittered, as Catmull-Rom spans between its corners.
func (p *line) trace(s *stroke, h *hand, r *random.Source) {
	var at [maxPoints]point
	points := at[:0]
	for _, q := range s.points {
		points = append(points, point{q.x + h.jitter*r.Normal(), q.y + h.jitter*r.Normal()})
	}
	// The slope at a point: one-sided at ends and corners.
	slope := func(i int, after bool) point {
		a, b := i-1, i+1
		if i == 0 || s.corners[i] && after {
			a = i
		}
		if i == len(points)-1 || s.corners[i] && !after {
			b = i
		}
		k := 1 / float64(b-a)
		return point{(points[b].x - points[a].x) * k, (points[b].y - points[a].y) * k}
	}
	p.add(h.bend(points[0]), true)
	for i := range len(points) - 1 {
		a, b := points[i], points[i+1]
		sa, sb := slope(i, true), slope(i+1, false)
		for k := 1; k <= spanSteps; k++ {
			t := float64(k) / spanSteps
			t2, t3 := t*t, t*t*t
			ha, hb, da, db := 2*t3-3*t2+1, 3*t2-2*t3, t3-2*t2+t, t3-t2
			p.add(h.bend(point{ha*a.x + hb*b.x + da*sa.x + db*sb.x, ha*a.y + hb*b.y + da*sa.y + db*sb.y}), false)
		}
	}
}

func (p *line) add(at point, lift bool) {
	p.marks[p.n] = mark{point: at, lift: lift}
	p.n++
}

// press sets the pen's radius along the path: pressure drifts slowly, and
// strokes end thinner than they run.
func (p *line) press(h *hand, r *random.Source) {
	drift, phase, speed := r.Between(0, 0.25), r.Between(0, 2*math.Pi), r.Between(0.05, 0.25)
	taper := r.Between(0.6, 1)
	for i := range p.marks[:p.n] {
		m := &p.marks[i]
		m.radius = h.radius * (1 + drift*math.Sin(phase+speed*float64(i)))
		if m.lift || i == p.n-1 || p.marks[i+1].lift {
			m.radius *= taper
		}
	}
}

// fit scales the inked box so that its longer side is digitBox · scale pixels.
func (p *line) fit(scale float64) {
	low, high := p.marks[0].point, p.marks[0].point
	widest := 0.0
	for _, m := range p.marks[:p.n] {
		low.x, low.y = min(low.x, m.x), min(low.y, m.y)
		high.x, high.y = max(high.x, m.x), max(high.y, m.y)
		widest = max(widest, m.radius)
	}
	k := (digitBox*scale - 2*widest) / max(high.x-low.x, high.y-low.y)
	for i := range p.marks[:p.n] {
		p.marks[i].x *= k
		p.marks[i].y *= k
	}
}

// centre moves the path's centre of mass to the middle of the image, offset by dx, dy, but keeps
// its box inside.
func (p *line) centre(dx, dy float64) {
	var sum point
	var low, high point
	mass := 0.0
	for i, m := range p.marks[:p.n] {
		if i == 0 {
			low, high = m.point, m.point
		}
		low.x, low.y = min(low.x, m.x-m.radius), min(low.y, m.y-m.radius)
		high.x, high.y = max(high.x, m.x+m.radius), max(high.y, m.y+m.radius)
		if m.lift {
			continue
		}
		q := p.marks[i-1]
		w := math.Hypot(m.x-q.x, m.y-q.y) * (m.radius + q.radius)
		sum.x += w * (m.x + q.x) / 2
		sum.y += w * (m.y + q.y) / 2
		mass += w
	}
	const middle, margin = digitSide / 2, 1.5 // the soft edge stays inside
	x, y := middle+dx-sum.x/mass, middle+dy-sum.y/mass
	x = min(max(x, margin-low.x), digitSide-margin-high.x)
	y = min(max(y, margin-low.y), digitSide-margin-high.y)
	for i := range p.marks[:p.n] {
		p.marks[i].x += x
		p.marks[i].y += y
	}
}

// render inks every pixel by its distance from the path: full inside the pen's
// radius, fading over the soft edge.
func (p *line) render(dst []byte, h *hand) {
	var ink [digitSide * digitSide]float64
	fade := 1 / h.softness
	for i := range p.marks[:p.n] {
		b := &p.marks[i]
		if b.lift {
			continue
		}
		a := &p.marks[i-1]
		reach := max(a.radius, b.radius) + h.softness/2
		x0, x1 := span(a.x, b.x, reach)
		y0, y1 := span(a.y, b.y, reach)
		vx, vy := b.x-a.x, b.y-a.y
		inverse := 1 / max(vx*vx+vy*vy, 1e-12)
		for y := y0; y < y1; y++ {
			wy := float64(y) + 0.5 - a.y
			for x := x0; x < x1; x++ {
				wx := float64(x) + 0.5 - a.x
				t := min(max((wx*vx+wy*vy)*inverse, 0), 1)
				ex, ey := wx-t*vx, wy-t*vy
				radius := a.radius + t*(b.radius-a.radius)
				edge := radius + h.softness/2
				d2 := ex*ex + ey*ey
				if d2 >= edge*edge {
					continue
				}
				if v := (edge - math.Sqrt(d2)) * fade; v > ink[y*digitSide+x] {
					ink[y*digitSide+x] = v
				}
			}
		}
	}
	for i, v := range ink {
		dst[i] = byte(255*min(1, min(1, v)*h.ink) + 0.5)
	}
}

// span is the range of pixels that lie within reach of [a, b].
func span(a, b, reach float64) (int, int) {
	return max(0, int(math.Floor(min(a, b)-reach))), min(digitSide, int(math.Ceil(max(a, b)+reach)))
}
