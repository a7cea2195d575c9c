package render

import (
	"math"
	"slices"
)

// Mesh is a surface of triangles. Normals and colours belong to vertices and are interpolated; a
// vertex on an edge that should look sharp is stored once for each side.
type Mesh struct {
	Points  []Vec
	Normals []Vec // unit vectors, one per point
	Colours []Vec // red, green and blue from 0 to 1, one per point
	Faces   [][3]uint32
}

// Validate reports the first thing that keeps the mesh from being drawn.
func (m *Mesh) Validate() error {
	switch {
	case len(m.Faces) == 0:
		return origin.Errorf("a mesh without faces")
	case len(m.Normals) != len(m.Points) || len(m.Colours) != len(m.Points):
		return origin.Errorf("a mesh of %d points with %d normals and %d colours", len(m.Points), len(m.Normals),
			len(m.Colours))
	}
	for i, f := range m.Faces {
		if n := slices.Max(f[:]); int(n) >= len(m.Points) {
			return origin.Errorf("face %d has the vertex %d, but there are %d", i, n, len(m.Points))
		}
	}
	for i, p := range m.Points {
		if n := p.Norm(); math.IsNaN(n) || math.IsInf(n, 0) {
			return origin.Errorf("vertex %d lies at %g, %g, %g", i, p[0], p[1], p[2])
		}
	}
	return nil
}

// Bounds are the smallest and the largest coordinates.
func (m *Mesh) Bounds() (low, high Vec) {
	low, high = m.Points[0], m.Points[0]
	for _, p := range m.Points {
		for k := range p {
			low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
		}
	}
	return low, high
}

// Radius is the distance of the farthest point from the origin.
func (m *Mesh) Radius() float64 {
	r := 0.0
	for _, p := range m.Points {
		r = max(r, p.Dot(p))
	}
	return math.Sqrt(r)
}

// Move shifts all points, and returns m.
func (m *Mesh) Move(by Vec) *Mesh {
	for i := range m.Points {
		m.Points[i] = m.Points[i].Add(by)
	}
	return m
}

// Turn turns the mesh, and returns it.
func (m *Mesh) Turn(axis Vec, degrees float64) *Mesh {
	r := Rotate(Turn(axis, degrees))
	for i := range m.Points {
		m.Points[i] = r.Apply(m.Points[i])
	}
	for i := range m.Normals {
		m.Normals[i] = r.Apply(m.Normals[i])
	}
	return m
}

// Stretch scales along the axes, and returns m. Unequal factors make the normals wrong: call Smooth
// afterwards.
func (m *Mesh) Stretch(by Vec) *Mesh {
	for i := range m.Points {
		m.Points[i] = m.Points[i].times(by)
	}
	return m
}

// Paint gives all points a colour, and returns m.
func (m *Mesh) Paint(colour Vec) *Mesh {
	for i := range m.Colours {
		m.Colours[i] = colour
	}
	return m
}

// Join combines all parts into one mesh.
func Join(parts ...*Mesh) *Mesh {
	all := &Mesh{}
	for _, m := range parts {
		base := uint32(len(all.Points))
		all.Points = append(all.Points, m.Points...)
		all.Normals = append(all.Normals, m.Normals...)
		all.Colours = append(all.Colours, m.Colours...)
		for _, f := range m.Faces {
			all.Faces = append(all.Faces, [3]uint32{base + f[0], base + f[1], base + f[2]})
		}
	}
	return all
}

// Smooth computes the normal at a point: the mean, weighted by area, of those of the faces around
// it that differ by less than crease degrees. Where faces meet at a sharper edge the point is
// doubled.
func (m *Mesh) Smooth(crease float64) *Mesh {
	cos := math.Cos(crease / 180 * math.Pi)
	area := make([]Vec, len(m.Faces)) // normals whose length is twice the area
	around := map[Vec][]int{}         // the faces at a place
	for i, f := range m.Faces {
		a, b, c := m.Points[f[0]], m.Points[f[1]], m.Points[f[2]]
		area[i] = b.Sub(a).Cross(c.Sub(a))
		for _, p := range [3]Vec{a, b, c} {
			around[p] = append(around[p], i)
		}
	}
	type corner struct {
		point  uint32
		normal Vec
	}
	seen := map[corner]uint32{}
	out := &Mesh{Faces: make([][3]uint32, len(m.Faces))}
	for i, f := range m.Faces {
		own := area[i].Unit()
		for k, v := range f {
			var sum Vec
			for _, other := range around[m.Points[v]] {
				if area[other].Unit().Dot(own) >= cos {
					sum = sum.Add(area[other])
				}
			}
			c := corner{v, sum.Unit()}
			at, ok := seen[c]
			if !ok {
				at = uint32(len(out.Points))
				seen[c] = at
				out.Points = append(out.Points, m.Points[v])
				out.Normals = append(out.Normals, c.normal)
				out.Colours = append(out.Colours, m.Colours[v])
			}
			out.Faces[i][k] = at
		}
	}
	*m = *out
	return m
}
