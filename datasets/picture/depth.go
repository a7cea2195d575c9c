package picture

import (
	"fmt"
	"image"
	"slices"
)

// depthReach is how far in front of an object's origin and behind it depths are distinguished, in
// mm: within a cube of 40 cm around it, which holds every LineMod object. Depth is 0 at the near
// end, and 255 at the far end and beyond, where backgrounds are, and where a sensor has no reading.
// The object itself is drawn with depths below 254, since the mask of the masked similarity loss is
// depth < 0.99 after scaling to [-1, 1].
const (
	depthReach = 200.0
	DepthFar   = 255
	DepthMost  = 253 // of an object
)

// DepthByte is the depth of a point that many mm behind the object's origin.
func DepthByte(behind float64) byte {
	return byte(min(max((behind+depthReach)/(2*depthReach)*DepthFar+0.5, 0), DepthFar))
}

// WithDepth adds a depth image to an RGB one.
func (p Picture) WithDepth(depth []byte) Picture {
	q := New(p.Width, p.Height, RGBD)
	for i := range p.Width * p.Height {
		copy(q.Pixels[RGBD*i:RGBD*i+3], p.Pixels[3*i:])
		q.Pixels[RGBD*i+3] = depth[i]
	}
	return q
}

// DecodeDepth decodes a depth image of the given size. distance is that of the object's origin in
// millimetres, or 0 where it is not known.
func DecodeDepth(data []byte, width, height int, distance float64) ([]byte, error) {
	m, _, err := decodeImage(data)
	if err != nil {
		return nil, err
	}
	if b := m.Bounds(); b.Dx() != width || b.Dy() != height {
		return nil, fmt.Errorf("the depth image is %dx%d, its colours %dx%d", b.Dx(), b.Dy(), width, height)
	}
	switch m := m.(type) {
	case *image.Gray:
		return flatten(m, false).Pixels, nil
	case *image.Gray16:
		return measuredDepth(m, distance), nil
	default:
		return nil, fmt.Errorf("a depth image has to be grey, of 8 or 16 bits; this one is of the kind %T", m)
	}
}

// measuredDepth converts millimetres to a Set's depth.
func measuredDepth(m *image.Gray16, distance float64) []byte {
	b := m.Bounds()
	read := func(x, y int) float64 { return float64(m.Gray16At(b.Min.X+x, b.Min.Y+y).Y) }
	w, h := b.Dx(), b.Dy()
	if distance == 0 {
		var middle []float64
		for y := h / 4; y < h-h/4; y++ {
			for x := w / 4; x < w-w/4; x++ {
				if v := read(x, y); v > 0 {
					middle = append(middle, v)
				}
			}
		}
		if len(middle) > 0 {
			slices.Sort(middle)
			distance = middle[len(middle)/2]
		}
	}
	out := make([]byte, w*h)
	for i := range out {
		out[i] = DepthFar
		if v := read(i%w, i/w); v > 0 {
			out[i] = DepthByte(v - distance)
		}
	}
	return out
}
