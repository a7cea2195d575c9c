// Package render draws triangle meshes on the processor: a z-buffer with supersampling,
// perspective-correct normals and colours, and depth. It knows nothing of data sets and needs only
// the standard library's mathematics and quaternions, so that a page draws the same images.
package render

import (
	"math"

	"gonum.org/v1/gonum/num/quat"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets/draw/render"

// Vec is a point or direction x, y, z. Lengths are in the models' units, usually millimetres.
type Vec [3]float64

// Add is a + b.
func (a Vec) Add(b Vec) Vec { return Vec{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }

// Sub is a - b.
func (a Vec) Sub(b Vec) Vec { return Vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

// Scale is s·a.
func (a Vec) Scale(s float64) Vec { return Vec{s * a[0], s * a[1], s * a[2]} }

// times is the componentwise product.
func (a Vec) times(b Vec) Vec { return Vec{a[0] * b[0], a[1] * b[1], a[2] * b[2]} }

// Dot is the inner product.
func (a Vec) Dot(b Vec) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// Cross is the vector product.
func (a Vec) Cross(b Vec) Vec {
	return Vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// Norm is the length.
func (a Vec) Norm() float64 { return math.Sqrt(a.Dot(a)) }

// Unit is a scaled to length 1; the zero vector stays zero.
func (a Vec) Unit() Vec {
	if n := a.Norm(); n > 0 {
		return a.Scale(1 / n)
	}
	return a
}

// Rotation is a rotation matrix, row by row.
type Rotation [3]Vec

// Rotate is the rotation of a unit quaternion.
func Rotate(q quat.Number) Rotation {
	w, x, y, z := q.Real, q.Imag, q.Jmag, q.Kmag
	return Rotation{
		{1 - 2*(y*y+z*z), 2 * (x*y - w*z), 2 * (x*z + w*y)},
		{2 * (x*y + w*z), 1 - 2*(x*x+z*z), 2 * (y*z - w*x)},
		{2 * (x*z - w*y), 2 * (y*z + w*x), 1 - 2*(x*x+y*y)},
	}
}

// Turn is the quaternion of a rotation about an axis, in degrees.
func Turn(axis Vec, degrees float64) quat.Number {
	sin, cos := math.Sincos(degrees / 360 * math.Pi)
	axis = axis.Unit()
	return quat.Number{Real: cos, Imag: sin * axis[0], Jmag: sin * axis[1], Kmag: sin * axis[2]}
}

// Apply rotates v.
func (r *Rotation) Apply(v Vec) Vec { return Vec{r[0].Dot(v), r[1].Dot(v), r[2].Dot(v)} }
