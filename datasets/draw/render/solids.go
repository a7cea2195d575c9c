package render

import "math"

// The solids here are grey, and smooth or creased as their shape requires; Move, Turn, Stretch,
// Paint and Join make objects of them.

const crease = 35 // degrees below which two faces look like one surface

func solid(m *Mesh) *Mesh {
	m.Colours = make([]Vec, len(m.Points))
	return m.Paint(grey).Smooth(crease)
}

// Box is a cuboid centred on the origin.
func Box(size Vec) *Mesh {
	m := &Mesh{}
	for k := range uint32(8) {
		m.Points = append(m.Points, Vec{
			size[0] * (float64(k&1) - 0.5), size[1] * (float64(k>>1&1) - 0.5), size[2] * (float64(k>>2) - 0.5),
		})
	}
	m.quads([4]uint32{0, 2, 3, 1}, [4]uint32{4, 5, 7, 6}, [4]uint32{0, 1, 5, 4}, [4]uint32{2, 6, 7, 3},
		[4]uint32{0, 4, 6, 2}, [4]uint32{1, 3, 7, 5})
	return solid(m)
}

// Lathe turns a profile of radius and height pairs about the z axis, in n parts. A radius of 0
// closes it.
func Lathe(n int, profile ...[2]float64) *Mesh {
	rings := make([][]Vec, len(profile))
	for i, p := range profile {
		rings[i] = Circle(n, p[0], Vec{0, 0, p[1]})
	}
	return Skin(rings...)
}

// Ellipsoid is centred on the origin, in n parts around and n/2 from pole to pole.
func Ellipsoid(radii Vec, n int) *Mesh {
	var profile [][2]float64
	for i := range n/2 + 1 {
		sin, cos := math.Sincos(math.Pi * float64(i) / float64(n/2))
		if i == n/2 {
			sin = 0
		}
		profile = append(profile, [2]float64{sin, -cos})
	}
	return Lathe(n, profile...).Stretch(radii).Smooth(60)
}

// Tube is a round rod along a path, closed at its ends, with a radius at each
// point of the path.
func Tube(n int, path []Vec, radii ...float64) *Mesh {
	rings := [][]Vec{Circle(n, 0, Vec{})}
	var side Vec
	for i, p := range path {
		along := path[min(i+1, len(path)-1)].Sub(path[max(i-1, 0)]).Unit()
		if i == 0 {
			side = Vec{0, 0, 1}
			if math.Abs(along[2]) > 0.9 {
				side = Vec{1, 0, 0}
			}
		}
		side = side.Sub(along.Scale(side.Dot(along))).Unit() // carried along without twisting
		other := along.Cross(side)
		radius := radii[min(i, len(radii)-1)]
		ring := make([]Vec, n)
		for k := range ring {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
			ring[k] = p.Add(side.Scale(radius * cos)).Add(other.Scale(radius * sin))
		}
		rings = append(rings, ring)
	}
	for k := range rings[0] {
		rings[0][k] = path[0]
	}
	return Skin(append(rings, Circle(n, 0, path[len(path)-1]))...)
}

// Arc is a path of n+1 points on a circle in the x–z plane, from one angle to the
// other in degrees; 0 is along x, 90 along z.
func Arc(n int, centre Vec, radius, from, to float64) []Vec {
	path := make([]Vec, n+1)
	for i := range path {
		sin, cos := math.Sincos((from + (to-from)*float64(i)/float64(n)) / 180 * math.Pi)
		path[i] = centre.Add(Vec{radius * cos, 0, radius * sin})
	}
	return path
}

// Circle is n points around the z axis.
func Circle(n int, radius float64, centre Vec) []Vec {
	ring := make([]Vec, n)
	for k := range ring {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		ring[k] = centre.Add(Vec{radius * cos, radius * sin, 0})
	}
	return ring
}

// Plate is an outline in the x–y plane, given counterclockwise and entirely visible from its mean,
// extruded from z = -thick/2 to thick/2.
func Plate(thick float64, outline ...[2]float64) *Mesh {
	var mean Vec
	lower, upper := make([]Vec, len(outline)), make([]Vec, len(outline))
	for k, p := range outline {
		lower[k], upper[k] = Vec{p[0], p[1], -thick / 2}, Vec{p[0], p[1], thick / 2}
		mean = mean.Add(Vec{p[0], p[1], 0}.Scale(1 / float64(len(outline))))
	}
	bottom, top := make([]Vec, len(outline)), make([]Vec, len(outline))
	for k := range outline {
		bottom[k], top[k] = mean.Add(Vec{0, 0, -thick / 2}), mean.Add(Vec{0, 0, thick / 2})
	}
	return Skin(bottom, lower, upper, top)
}

// Skin joins rings of equally many points, one after the other; a ring whose points coincide is a
// tip.
func Skin(rings ...[]Vec) *Mesh {
	m := &Mesh{}
	n := uint32(len(rings[0]))
	for _, ring := range rings {
		m.Points = append(m.Points, ring...)
	}
	for i := range uint32(len(rings) - 1) {
		for k := range n {
			a, b := i*n+k, i*n+(k+1)%n
			m.quads([4]uint32{a, b, b + n, a + n})
		}
	}
	return solid(m)
}

// quads adds faces with four corners, leaving out triangles without area.
func (m *Mesh) quads(corners ...[4]uint32) {
	for _, q := range corners {
		for _, f := range [][3]uint32{{q[0], q[1], q[2]}, {q[0], q[2], q[3]}} {
			a, b, c := m.Points[f[0]], m.Points[f[1]], m.Points[f[2]]
			if a != b && b != c && c != a {
				m.Faces = append(m.Faces, f)
			}
		}
	}
}
