package render

import (
	"math"
	"testing"
)

// Every solid is closed, faces outwards and has the volume that geometry gives.
func TestSolids(t *testing.T) {
	const n = 128
	for name, c := range map[string]struct {
		m      *Mesh
		volume float64
	}{
		"box":       {Box(Vec{2, 3, 4}), 24},
		"cone":      {Lathe(n, [2]float64{0, 0}, [2]float64{3, 0}, [2]float64{0, 4}), math.Pi * 9 * 4 / 3},
		"ellipsoid": {Ellipsoid(Vec{1, 2, 3}, n), 4.0 / 3 * math.Pi * 6},
		"rod":       {Tube(n, []Vec{{0, 0, 0}, {5, 0, 0}}, 1), math.Pi * 5},
		"ring":      {Tube(n, Arc(90, Vec{}, 6, 0, 180), 1), math.Pi * math.Pi * 6},
		"plate":     {Plate(2, [2]float64{0, 0}, [2]float64{4, 0}, [2]float64{0, 3}), 12},
		"turned":    {Box(Vec{2, 3, 4}).Move(Vec{1, 2, 3}).Turn(Vec{1, 1, 0}, 77), 24},
	} {
		if err := c.m.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		volume, edges := 0.0, map[[2]Vec]int{}
		for _, f := range c.m.Faces {
			p := [3]Vec{c.m.Points[f[0]], c.m.Points[f[1]], c.m.Points[f[2]]}
			volume += p[0].Dot(p[1].Cross(p[2])) / 6
			for k := range p {
				edges[[2]Vec{p[k], p[(k+1)%3]}]++
				edges[[2]Vec{p[(k+1)%3], p[k]}]--
			}
			outward := p[1].Sub(p[0]).Cross(p[2].Sub(p[0])).Unit()
			for _, v := range f {
				if c.m.Normals[v].Dot(outward) < 0.8 || math.Abs(c.m.Normals[v].Norm()-1) > 1e-9 {
					t.Fatalf("%s: the normal %v on a face that looks to %v", name, c.m.Normals[v], outward)
				}
			}
		}
		for _, count := range edges {
			if count != 0 {
				t.Errorf("%s is open", name)
				break
			}
		}
		if math.Abs(volume-c.volume) > 0.005*c.volume { // chords of 128 parts: 0.04 % a circle
			t.Errorf("%s: volume %g, want %g", name, volume, c.volume)
		}
	}
}

func TestSmoothKeepsCreases(t *testing.T) {
	if m := Box(Vec{1, 1, 1}); len(m.Points) != 24 {
		t.Errorf("a box of %d points: want each corner once a side", len(m.Points))
	}
	if m := Ellipsoid(Vec{1, 1, 1}, 16); len(m.Points) > 17*16+2 {
		t.Errorf("a ball of %d points", len(m.Points))
	}
	m := Join(Box(Vec{1, 1, 1}).Paint(Vec{1, 0, 0}), Box(Vec{1, 1, 1}).Move(Vec{3, 0, 0}))
	low, high := m.Bounds()
	if len(m.Faces) != 24 || low != (Vec{-0.5, -0.5, -0.5}) || high != (Vec{3.5, 0.5, 0.5}) ||
		m.Colours[0] != (Vec{1, 0, 0}) || m.Colours[24] != grey {
		t.Errorf("joined: %d faces, %v to %v", len(m.Faces), low, high)
	}
	if r := m.Radius(); math.Abs(r-math.Sqrt(12.25+0.5)) > 1e-12 {
		t.Errorf("radius %g", r)
	}
}
