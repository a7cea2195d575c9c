package draw

import (
	"math"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/random"
)

// The built-in target lays digits over colour textures as MNIST-M does over
// photographs. A texture is a small scene in the manner of dead leaves
// (Matheron; Lee, Mumford, Huang 2001): shapes of all sizes cover each other,
// each with its own colours, gradient, grain and stripes. Such scenes have the
// edges and the 1/f spectrum of photographs.
const textureSide = mnistmSide

// DigitsM generates images [from, from+n) of the built-in target: 32×32 RGB, digits that do not
// occur in the source of the same seed, as 255 - texture on the digit and texture elsewhere.
func DigitsM(seed uint64, from, n int) *datasets.Set {
	return generators["digits-m"].set("digits-m", seed, from, n).Hold()
}

// drawDigitM draws image i of DigitsM.
func drawDigitM(out []byte, seed, i uint64) {
	var digit [digitSide * digitSide]byte
	drawDigit(digit[:], random.New(seed, targetStream, i))
	drawTexture(out, random.New(seed, textureStream, i))
	const border = (textureSide - digitSide) / 2
	for y := range digitSide {
		for x := range digitSide {
			at := ((y+border)*textureSide + x + border) * 3
			for c := at; c < at+3; c++ {
				out[c] = invert(digit[y*digitSide+x], out[c])
			}
		}
	}
}

// colour is red, green and blue, in 0…255 but not clamped.
type colour [3]float64

// field is a value for every pixel, about -1…1.
type field [textureSide * textureSide]float64

// drawTexture paints a random scene into dst, 32×32 RGB.
func drawTexture(dst []byte, r random.Source) {
	var fine, coarse field
	fine.noise(&r, 4, 0.75)
	coarse.noise(&r, 16, 0.5)
	p := newPalette(&r)
	var layers [5]struct {
		leaf
		shape
	}
	n := 1 + r.Intn(len(layers))
	for i := range n {
		layers[i].leaf = newLeaf(&r, &p)
		layers[i].shape = newShape(&r, i == 0)
	}
	for i := range textureSide * textureSide {
		x, y := float64(i%textureSide), float64(i/textureSide)
		top := n - 1 // what lies below is hidden; the first layer covers everything
		for ; top > 0; top-- {
			if s := &layers[top].shape; s.covers(x+s.wobble*coarse[i], y-s.wobble*coarse[i]) {
				break
			}
		}
		for k, v := range layers[top].at(x, y, fine[i], coarse[i]) {
			dst[3*i+k] = byte(min(max(v, 0), 255))
		}
	}
}

// noise sums octaves of smooth random values, from cells of the given size down to single pixels,
// each octave gain times as strong as the previous one.
func (f *field) noise(r *random.Source, cell int, gain float64) {
	const most = textureSide + 2
	strength := 1.7320508075688772 // makes the variance of uniform numbers 1
	for ; cell >= 1; cell /= 2 {
		n := textureSide/cell + 2
		var lattice [most * most]float64
		for i := range n * n {
			lattice[i] = strength * (2*r.Float() - 1)
		}
		var at [2][textureSide]int // cell and place within, for x and y
		var t [2][textureSide]float64
		for axis := range at {
			shift := r.Float()
			if cell == 1 {
				shift = 0
			}
			for i := range textureSide {
				v := float64(i)/float64(cell) + shift
				at[axis][i] = int(v)
				v -= math.Floor(v)
				t[axis][i] = v * v * (3 - 2*v)
			}
		}
		for y := range textureSide {
			upper := lattice[at[1][y]*n : at[1][y]*n+n]
			lower := lattice[at[1][y]*n+n : at[1][y]*n+2*n]
			for x := range textureSide {
				i, tx := at[0][x], t[0][x]
				a := upper[i] + tx*(upper[i+1]-upper[i])
				b := lower[i] + tx*(lower[i+1]-lower[i])
				f[y*textureSide+x] += a + t[1][y]*(b-a)
			}
		}
		strength *= gain
	}
}

// palette holds the few colours of one scene.
type palette [4]colour

// landscape lists the hue, saturation and value around which the colours of photographs cluster:
// sky and water, foliage, earth, skin and wood, stone.
var landscape = [][3]float64{
	{0.58, 0.35, 0.70}, {0.55, 0.45, 0.45}, {0.25, 0.45, 0.40}, {0.20, 0.35, 0.55},
	{0.09, 0.45, 0.50}, {0.07, 0.35, 0.75}, {0.12, 0.15, 0.55}, {0.60, 0.08, 0.45},
}

func newPalette(r *random.Source) palette {
	var p palette
	vivid := 1 + 0.8*max(0, r.Normal())
	for i := range p {
		c := landscape[r.Intn(len(landscape))]
		hue := c[0] + 0.04*r.Normal()
		if r.Chance(0.08) { // flowers, paint, clothes
			hue, c[1] = r.Float(), 0.7
		}
		p[i] = fromHSV(hue, min(1, vivid*c[1]*r.Between(0.3, 1.5)), min(max(c[2]+0.28*r.Normal(), 0.02), 1))
	}
	return p
}

func fromHSV(h, s, v float64) colour {
	var c colour
	for i, shift := range [3]float64{0, 2.0 / 3, 1.0 / 3} {
		t := h + shift
		t = math.Abs(6*(t-math.Floor(t)) - 3)
		c[i] = 255 * v * (1 - s + s*min(max(t-1, 0), 1))
	}
	return c
}

// leaf is how one shape is painted: from one colour to another along a gradient, with noise at two
// scales and stripes.
type leaf struct {
	a, b          colour
	gx, gy, g0    float64 // the gradient: 0…1 from a to b
	grain, clouds float64 // strength of the noises, levels
	fx, fy, phase float64 // stripes
	stripes       float64
}

func newLeaf(r *random.Source, p *palette) leaf {
	angle, run := r.Between(0, 2*math.Pi), r.Between(0, 1.2)/textureSide
	m := leaf{
		a: p[r.Intn(len(p))], b: p[r.Intn(len(p))],
		gx: run * math.Cos(angle), gy: run * math.Sin(angle), g0: r.Float(),
		grain:  25 * r.Float() * r.Float(),
		clouds: 40 * r.Float(),
		phase:  r.Between(0, 2*math.Pi),
	}
	if r.Chance(0.2) {
		angle, wave := r.Between(0, math.Pi), r.Between(3, 12)
		m.fx, m.fy = 2*math.Pi/wave*math.Cos(angle), 2*math.Pi/wave*math.Sin(angle)
		m.stripes = r.Between(10, 60)
	}
	return m
}

func (m *leaf) at(x, y, fine, coarse float64) colour {
	t := min(max(m.g0+m.gx*(x-textureSide/2)+m.gy*(y-textureSide/2), 0), 1)
	v := m.grain*fine + m.clouds*coarse
	if m.stripes > 0 {
		v += m.stripes * math.Sin(m.fx*x+m.fy*y+m.phase+0.8*coarse)
	}
	var c colour
	for k := range c {
		c[k] = m.a[k] + t*(m.b[k]-m.a[k]) + v
	}
	return c
}

// shape is what a leaf covers: everything, one side of a line, or an ellipse,
// with an edge bent by wobble pixels.
type shape struct {
	x, y, ux, uy float64
	long, wide   float64
	kind         int
	wobble       float64
}

func newShape(r *random.Source, everything bool) shape {
	if everything {
		return shape{}
	}
	angle := r.Between(0, 2*math.Pi)
	// Sizes follow the dead leaves' power law: small shapes are common.
	size := 3 / math.Sqrt(r.Between(0.02, 1))
	return shape{
		kind: 1 + r.Intn(3),
		x:    r.Between(0, textureSide), y: r.Between(0, textureSide),
		ux: math.Cos(angle), uy: math.Sin(angle),
		long: size * r.Between(1, 3), wide: size,
		wobble: r.Between(0, 3),
	}
}

func (s *shape) covers(x, y float64) bool {
	x, y = x-s.x, y-s.y
	along, across := x*s.ux+y*s.uy, y*s.ux-x*s.uy
	switch s.kind {
	case 0:
		return true
	case 1: // a half-plane
		return across > 0
	case 2: // a band
		return math.Abs(across) < s.wide/2
	default:
		return along*along/(s.long*s.long)+across*across/(s.wide*s.wide) < 1
	}
}
