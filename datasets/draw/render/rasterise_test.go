package render

import (
	"math"
	"math/rand/v2"
	"testing"
)

var white = Light{Ambient: Vec{1, 1, 1}}

// soup is n random triangles about the origin, with random normals and colours.
func soup(r *rand.Rand, n int) *Mesh {
	m := &Mesh{}
	for range n {
		centre := Vec{r.Float64() - 0.5, r.Float64() - 0.5, r.Float64() - 0.5}.Scale(80)
		for range 3 {
			m.Points = append(m.Points, centre.Add(Vec{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}.Scale(20)))
			m.Normals = append(m.Normals, Vec{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}.Unit())
			m.Colours = append(m.Colours, Vec{r.Float64(), r.Float64(), r.Float64()})
		}
		k := uint32(len(m.Points))
		m.Faces = append(m.Faces, [3]uint32{k - 3, k - 2, k - 1})
	}
	return m
}

// cast is the plain reference: it intersects the ray through a point of the
// screen with every triangle (Möller and Trumbore 1997). The margin is how near
// the ray comes to an edge, in shares of the triangle.
func cast(m *Mesh, rot Rotation, at Vec, c Camera, u, v float64) (depth float64, colour Vec, margin float64) {
	ray := Vec{(u - c.Centre) / c.Focal, (v - c.Centre) / c.Focal, 1}
	depth, margin = math.Inf(1), math.Inf(1)
	for _, f := range m.Faces {
		var p [3]Vec
		for k := range p {
			p[k] = rot.Apply(m.Points[f[k]]).Add(at)
		}
		e1, e2 := p[1].Sub(p[0]), p[2].Sub(p[0])
		n := ray.Cross(e2)
		det := e1.Dot(n)
		s := Vec{}.Sub(p[0])
		b := s.Dot(n) / det
		q := s.Cross(e1)
		cc := ray.Dot(q) / det
		t := e2.Dot(q) / det
		inside := min(b, cc, 1-b-cc)
		margin = min(margin, math.Abs(inside))
		if inside >= 0 && t > 0 && t < depth {
			depth = t
			colour = m.Colours[f[0]].Scale(1 - b - cc).Add(m.Colours[f[1]].Scale(b)).Add(m.Colours[f[2]].Scale(cc))
		}
	}
	return depth, colour, margin
}

// Depth and colour equal those of ray casting. Corners are set down within 1/512
// of a pixel here, which moves a surface that is seen edge-on; so a few samples in
// a thousand may differ by more than 0.3 mm of 300, or 0.01 in colour.
func TestFrameAgainstRays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	camera := Camera{Focal: 60, Centre: 15.5}
	frame := NewFrame(31, 1)
	checked, seen, off := 0, 0, 0
	for range 20 {
		m := soup(r, 12)
		rot, at := Rotate(Turn(Vec{1, 2, 3}, r.Float64()*360)), Vec{5, -8, 300}
		frame.Clear(camera)
		frame.Draw(m, rot, at)
		for y := range 31 {
			for x := range 31 {
				depth, colour, margin := cast(m, rot, at, camera, float64(x)+0.5, float64(y)+0.5)
				if margin < 0.002 {
					continue // beside an edge
				}
				checked++
				p := frame.Shade(x, y, &white)
				if (p.Coverage == 1) != !math.IsInf(depth, 1) {
					t.Fatalf("pixel %d, %d: coverage %g, depth by ray %g", x, y, p.Coverage, depth)
				}
				if p.Coverage == 0 {
					continue
				}
				seen++
				if math.Abs(p.Depth-depth) > 0.3 || p.Colour.Sub(colour).Norm() > 0.01 {
					off++
				}
			}
		}
	}
	t.Logf("%d of %d samples lie on a surface; %d are off", seen, checked, off)
	if checked < 10000 || seen < 3000 || off > seen/200 {
		t.Errorf("%d checked, %d on a surface, %d of them off", checked, seen, off)
	}
}

// Triangles that share edges cover each sample once, whatever their orientation:
// a fan that fills the frame leaves no hole, and where a sheet of two colours
// meets, none is in both.
func TestNeighboursShareNoSample(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		const n = 9
		m := &Mesh{Points: []Vec{{r.Float64()*8 - 4, r.Float64()*8 - 4, 0}}}
		for k := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / n)
			m.Points = append(m.Points, Vec{30 * cos, 30 * sin, 0})
			f := [3]uint32{0, uint32(k + 1), uint32((k+1)%n + 1)}
			if r.IntN(2) == 0 {
				f[1], f[2] = f[2], f[1]
			}
			m.Faces = append(m.Faces, f)
		}
		m.Normals, m.Colours = make([]Vec, n+1), make([]Vec, n+1)
		// On whole pixels many edges pass through centres.
		m.Points[0][0], m.Points[0][1] = math.Round(m.Points[0][0]*2)/2, math.Round(m.Points[0][1]*2)/2
		frame := NewFrame(16, 1)
		counts := make([]int, 16*16)
		for _, face := range m.Faces {
			frame.Clear(Camera{Focal: 100, Centre: 8})
			one := *m
			one.Faces = [][3]uint32{face}
			frame.Draw(&one, Rotate(Turn(Vec{1}, 0)), Vec{0, 0, 100})
			for i := range counts {
				if frame.Shade(i%16, i/16, &white).Coverage > 0 {
					counts[i]++
				}
			}
		}
		for i, c := range counts {
			if c != 1 {
				t.Fatalf("pixel %d, %d is covered by %d triangles", i%16, i/16, c)
			}
		}
	}
}

// A ball: coverage as its silhouette has, depth and Lambert's law at its centre.
func TestBall(t *testing.T) {
	const radius, distance, focal = 50.0, 400.0, 120.0
	frame := NewFrame(64, 2)
	frame.Clear(Camera{Focal: focal, Centre: 32})
	ball := Ellipsoid(Vec{radius, radius, radius}, 96).Paint(Vec{0.5, 0.25, 1})
	frame.Draw(ball, Rotate(Turn(Vec{1, 1, 0}, 40)), Vec{0, 0, distance})
	light := Light{Towards: Vec{1, -1, -2}.Unit(), Ambient: Vec{0.2, 0.2, 0.2}, Diffuse: Vec{0.6, 0.6, 0.6}}
	area := 0.0
	for i := range 64 * 64 {
		p := frame.Shade(i%64, i/64, &light)
		area += p.Coverage
		x, y := (float64(i%64)+0.5-32)/focal, (float64(i/64)+0.5-32)/focal
		d := Vec{x, y, 1}.Unit()
		b := d[2] * distance
		if c := b*b - distance*distance + radius*radius; c > 600 { // well inside the outline
			at := d.Scale(b - math.Sqrt(c))
			n := at.Sub(Vec{0, 0, distance}).Unit()
			want := Vec{0.5, 0.25, 1}.Scale(0.2 + 0.6*max(0, n.Dot(light.Towards)))
			// Facets of 96 a turn lie up to 0.03 mm inside the ball; four samples spread over a pixel.
			if p.Colour.Sub(want).Norm() > 0.02 || math.Abs(p.Depth-at[2]) > 2.5 {
				t.Fatalf("pixel %d: %v at %g, want %v at %g", i, p.Colour, p.Depth, want, at[2])
			}
		}
	}
	outline := focal * radius / math.Sqrt(distance*distance-radius*radius)
	if want := math.Pi * outline * outline; math.Abs(area-want) > 0.01*want {
		t.Errorf("covers %g pixels, want %g", area, want)
	}
}

// What reaches behind the camera is left out, and nothing far beside it harms.
func TestFrameEdges(t *testing.T) {
	frame := NewFrame(8, 2)
	frame.Clear(Camera{Focal: 8, Centre: 4})
	m := &Mesh{
		Points:  []Vec{{0, 0, -1}, {1, 0, 5}, {0, 1, 5}, {1e9, 0, 1}, {-1e9, 1e9, 1}, {0, -1e9, 1e-9}},
		Normals: make([]Vec, 6), Colours: make([]Vec, 6),
		Faces: [][3]uint32{{0, 1, 2}, {3, 4, 5}, {1, 1, 2}},
	}
	frame.Draw(m, Rotate(Turn(Vec{1}, 0)), Vec{})
	for i := range 64 {
		if p := frame.Shade(i%8, i/8, &white); p.Coverage != 0 {
			t.Fatalf("pixel %d shows %+v", i, p)
		}
	}
}

// Of two meshes the nearer shows, in either order, under its own number.
func TestNearerCovers(t *testing.T) {
	near, far := Box(Vec{10, 10, 10}).Paint(Vec{1, 0, 0}), Box(Vec{40, 40, 40}).Paint(Vec{0, 1, 0})
	still := Rotate(Turn(Vec{1}, 0))
	for order, want := range []int{0, 1} {
		frame := NewFrame(16, 2)
		frame.Clear(Camera{Focal: 32, Centre: 8})
		if order == 1 {
			frame.Draw(far, still, Vec{0, 0, 200})
		}
		frame.Draw(near, still, Vec{0, 0, 100})
		if order == 0 {
			frame.Draw(far, still, Vec{0, 0, 200})
		}
		p, q := frame.Shade(8, 8, &white), frame.Shade(5, 8, &white)
		if p.Thing != want || p.Colour.Sub(Vec{1, 0, 0}).Norm() > 1e-6 || math.Abs(p.Depth-95) > 1e-4 ||
			q.Thing != 1-want || math.Abs(q.Depth-180) > 1e-4 {
			t.Errorf("order %d: %+v and %+v", order, p, q)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	m := Ellipsoid(Vec{50, 50, 50}, 260) // 67,600 faces, as a scanned model has
	frame, still := NewFrame(64, 2), Rotate(Turn(Vec{1}, 30))
	for b.Loop() {
		frame.Clear(Camera{Focal: 190, Centre: 32})
		frame.Draw(m, still, Vec{0, 0, 600})
		for i := range 64 * 64 {
			frame.Shade(i%64, i/64, &white)
		}
	}
}
