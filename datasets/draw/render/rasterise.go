package render

import (
	"math"
	"slices"
)

// Camera is a pinhole that looks along +z, with x to the right and y down. The
// point x, y, z appears at Centre + Focal·(x/z, y/z), where pixel i reaches from
// i to i+1.
type Camera struct {
	Focal  float64 // pixels
	Centre float64 // pixels, in both directions
}

// Frame is what a camera sees, square. Every pixel is divided into samples × samples points; each
// keeps the nearest triangle that covers it. Triangles are snapped to a grid of 1/256 of a sample
// and tested there in integers, so that no two neighbours share a sample or leave one out.
type Frame struct {
	size, samples, side int
	camera              Camera
	nearness            []float32 // 1/z by sample; 0 where nothing is
	hit                 []int32   // the triangle by sample, over all things
	things              []thing
	corners             []corner
	triangles           int
}

// thing is a mesh that has been put into the frame.
type thing struct {
	mesh           *Mesh
	rotation       Rotation
	first, corners int // of its triangles and of its corners
}

// corner is a vertex on the screen: in 1/256 of a sample, and 1/z, which is 0 where the vertex is
// not in front of the camera or is far outside its view. It is small, since most of the time goes
// into fetching the corners of tiny triangles.
type corner struct {
	x, y     int32
	nearness float32
}

const (
	subsample  = 256
	outOfSight = 1 << 24 // of a corner; products of two differences fit into 63 bits
)

// NewFrame is an empty frame of size × size pixels.
func NewFrame(size, samples int) *Frame {
	side := size * samples
	return &Frame{size: size, samples: samples, side: side, nearness: make([]float32, side*side),
		hit: make([]int32, side*side)}
}

// Clear empties the frame for another camera.
func (f *Frame) Clear(c Camera) {
	f.camera = c
	clear(f.nearness)
	f.things, f.corners, f.triangles = f.things[:0], f.corners[:0], 0
}

// Draw puts a mesh into the frame, rotated and then moved into the camera's space. Both sides of
// its faces show. A triangle that reaches behind the camera is left out.
func (f *Frame) Draw(m *Mesh, r Rotation, at Vec) {
	first := len(f.corners)
	f.things = append(f.things, thing{m, r, f.triangles, first})
	f.corners = slices.Grow(f.corners, len(m.Points))[:first+len(m.Points)]
	corners := f.corners[first:]
	scale := float64(f.samples * subsample)
	focal, centre := f.camera.Focal*scale, f.camera.Centre*scale+0.5 // rounds to the nearest below
	for i := range m.Points {
		p := &m.Points[i]
		corners[i] = corner{}
		z := r[2][0]*p[0] + r[2][1]*p[1] + r[2][2]*p[2] + at[2]
		if z <= 0 {
			continue
		}
		n := 1 / z
		x := centre + focal*n*(r[0][0]*p[0]+r[0][1]*p[1]+r[0][2]*p[2]+at[0])
		y := centre + focal*n*(r[1][0]*p[0]+r[1][1]*p[1]+r[1][2]*p[2]+at[1])
		if math.Abs(x) < outOfSight && math.Abs(y) < outOfSight {
			corners[i] = corner{int32(math.Floor(x)), int32(math.Floor(y)), float32(n)}
		}
	}
	for i := range m.Faces {
		t := &m.Faces[i]
		a, b, c := &corners[t[0]], &corners[t[1]], &corners[t[2]]
		// Most triangles of a scanned model lie between the samples.
		x0, x1 := between(min(a.x, b.x, c.x), max(a.x, b.x, c.x))
		y0, y1 := between(min(a.y, b.y, c.y), max(a.y, b.y, c.y))
		if x0 < x1 && y0 < y1 && a.nearness != 0 && b.nearness != 0 && c.nearness != 0 {
			side := int32(f.side)
			f.fill(a, b, c, int(max(x0, 0)), int(min(x1, side)), int(max(y0, 0)), int(min(y1, side)),
				int32(f.triangles+i))
		}
	}
	f.triangles += len(m.Faces)
}

// fill records the triangle at those samples of columns x0 to x1 and rows y0 to y1 that it covers
// and where nothing is nearer.
func (f *Frame) fill(a, b, c *corner, x0, x1, y0, y1 int, id int32) {
	area := cross(a, b, int(c.x), int(c.y))
	if area == 0 {
		return
	}
	if area < 0 {
		b, c, area = c, b, -area
	}
	x, y := x0*subsample+subsample/2, y0*subsample+subsample/2
	// A sample on an edge belongs to one of the two triangles: to the other it counts as just
	// outside.
	outA, outB, outC := yields(b, c), yields(c, a), yields(a, b)
	rowA, rowB, rowC := cross(b, c, x, y)-outA, cross(c, a, x, y)-outB, cross(a, b, x, y)-outC
	per := 1 / float64(area)
	nearA, nearB, nearC := float64(a.nearness)*per, float64(b.nearness)*per, float64(c.nearness)*per
	moved := float64(outA)*nearA + float64(outB)*nearB + float64(outC)*nearC
	acrossA, acrossB, acrossC := subsample*int(b.y-c.y), subsample*int(c.y-a.y), subsample*int(a.y-b.y)
	downA, downB, downC := subsample*int(c.x-b.x), subsample*int(a.x-c.x), subsample*int(b.x-a.x)
	for row := y0; row < y1; row++ {
		wa, wb, wc := rowA, rowB, rowC
		for at := row*f.side + x0; at < row*f.side+x1; at++ {
			if wa|wb|wc >= 0 { // none is negative
				n := float32(float64(wa)*nearA + float64(wb)*nearB + float64(wc)*nearC + moved)
				if n > f.nearness[at] {
					f.nearness[at], f.hit[at] = n, id
				}
			}
			wa, wb, wc = wa+acrossA, wb+acrossB, wc+acrossC
		}
		rowA, rowB, rowC = rowA+downA, rowB+downB, rowC+downC
	}
}

// between is the range of samples whose centres are in [low, high].
func between(low, high int32) (from, to int32) {
	from = (low + subsample/2 - 1) >> 8 // the first centre, i·256 + 128, not before low
	to = (high + subsample/2) >> 8      // and the first one after high
	return from, to
}

// cross is twice the area of the triangle of p, q and the point x, y: negative if that point is
// beyond the edge from p to q.
func cross(p, q *corner, x, y int) int {
	return int(q.x-p.x)*(y-int(p.y)) - int(q.y-p.y)*(x-int(p.x))
}

// yields is 1 where samples on the edge from p to q belong to the triangle on the other side, else
// 0.
func yields(p, q *corner) int {
	if q.y < p.y || q.y == p.y && q.x < p.x {
		return 1
	}
	return 0
}
