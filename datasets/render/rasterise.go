package render

import "math"

// Camera is a pinhole that looks along +z, with x to the right and y down. The
// point x, y, z appears at Centre + Focal·(x/z, y/z), where pixel i reaches from
// i to i+1.
type Camera struct {
	Focal  float64 // pixels
	Centre float64 // pixels, in both directions
}

// Frame is what a camera sees, square. Every pixel is divided into samples × samples
// points; each keeps the nearest triangle that it lies on. Triangles are set down
// on a grid of 1/256 of a sample and tested there in whole numbers, so that
// neighbours share no sample and leave none out.
type Frame struct {
	size, samples, side int
	camera              Camera
	nearness            []float32 // 1/z by sample; 0 where nothing is
	hit                 []int32   // the triangle by sample, over all things
	things              []thing
	corners             []corner
	triangles           int
}

// thing is a mesh as it was put into the frame.
type thing struct {
	mesh           *Mesh
	rotation       Rotation
	first, corners int // of its triangles and of its corners
}

// corner is a vertex on the screen: in 1/256 of a sample, and 1/z. Where that is 0
// the vertex is not in front of the camera, or far beside what it sees.
type corner struct {
	x, y     int
	nearness float64
}

const (
	subsample  = 256
	outOfSight = 1 << 24 // of a corner; products of two differences fit 63 bits
)

// NewFrame is an empty frame of size × size pixels.
func NewFrame(size, samples int) *Frame {
	side := size * samples
	return &Frame{size: size, samples: samples, side: side, nearness: make([]float32, side*side), hit: make([]int32, side*side)}
}

// Clear empties the frame for another camera.
func (f *Frame) Clear(c Camera) {
	f.camera = c
	clear(f.nearness)
	f.things, f.corners, f.triangles = f.things[:0], f.corners[:0], 0
}

// Draw puts a mesh into the frame, turned and then moved into the camera's
// space. Both sides of its faces show. A triangle that reaches behind the camera
// is left out.
func (f *Frame) Draw(m *Mesh, r Rotation, at Vec) {
	first := len(f.corners)
	f.things = append(f.things, thing{m, r, f.triangles, first})
	scale, focal := float64(f.samples*subsample), f.camera.Focal
	for _, p := range m.Points {
		p = r.Apply(p).Add(at)
		var c corner
		if p[2] > 0 {
			n := 1 / p[2]
			x, y := (f.camera.Centre+focal*p[0]*n)*scale, (f.camera.Centre+focal*p[1]*n)*scale
			if math.Abs(x) < outOfSight && math.Abs(y) < outOfSight {
				c = corner{int(math.Floor(x + 0.5)), int(math.Floor(y + 0.5)), n}
			}
		}
		f.corners = append(f.corners, c)
	}
	corners := f.corners[first:]
	for i, t := range m.Faces {
		f.fill(&corners[t[0]], &corners[t[1]], &corners[t[2]], int32(f.triangles+i))
	}
	f.triangles += len(m.Faces)
}

// fill notes the triangle at the samples that it covers and where nothing is
// nearer.
func (f *Frame) fill(a, b, c *corner, id int32) {
	x0, x1 := span(min(a.x, b.x, c.x), max(a.x, b.x, c.x), f.side)
	y0, y1 := span(min(a.y, b.y, c.y), max(a.y, b.y, c.y), f.side)
	if x0 >= x1 || y0 >= y1 || a.nearness == 0 || b.nearness == 0 || c.nearness == 0 {
		return
	}
	area := (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
	if area == 0 {
		return
	}
	if area < 0 {
		b, c, area = c, b, -area
	}
	x, y := x0*subsample+subsample/2, y0*subsample+subsample/2
	// A sample on an edge belongs to one of the two triangles: the other one
	// sees it just outside.
	outA, outB, outC := yields(b, c), yields(c, a), yields(a, b)
	rowA, rowB, rowC := cross(b, c, x, y)-outA, cross(c, a, x, y)-outB, cross(a, b, x, y)-outC
	per := 1 / float64(area)
	moved := (float64(outA)*a.nearness + float64(outB)*b.nearness + float64(outC)*c.nearness) * per
	acrossA, acrossB, acrossC := subsample*(b.y-c.y), subsample*(c.y-a.y), subsample*(a.y-b.y)
	downA, downB, downC := subsample*(c.x-b.x), subsample*(a.x-c.x), subsample*(b.x-a.x)
	for row := y0; row < y1; row++ {
		wa, wb, wc := rowA, rowB, rowC
		for at := row*f.side + x0; at < row*f.side+x1; at++ {
			if wa|wb|wc >= 0 { // none is negative
				n := float32((float64(wa)*a.nearness+float64(wb)*b.nearness+float64(wc)*c.nearness)*per + moved)
				if n > f.nearness[at] {
					f.nearness[at], f.hit[at] = n, id
				}
			}
			wa, wb, wc = wa+acrossA, wb+acrossB, wc+acrossC
		}
		rowA, rowB, rowC = rowA+downA, rowB+downB, rowC+downC
	}
}

// span is the range of samples whose centres lie in [low, high].
func span(low, high, side int) (from, to int) {
	from = (low + subsample/2 - 1) >> 8 // the first centre, i·256 + 128, not before low
	to = (high + subsample/2) >> 8      // and the first one after high
	return max(from, 0), min(to, side)
}

// cross is twice the area of the triangle of p, q and x, y: negative where that
// lies beyond the edge from p to q.
func cross(p, q *corner, x, y int) int {
	return (q.x-p.x)*(y-p.y) - (q.y-p.y)*(x-p.x)
}

// yields is 1 where samples on the edge from p to q belong to the triangle on its
// other side, else 0.
func yields(p, q *corner) int {
	if q.y < p.y || q.y == p.y && q.x < p.x {
		return 1
	}
	return 0
}
