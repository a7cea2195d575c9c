package datasets

import (
	"encoding/binary"
	"fmt"
	"math"

	"gonum.org/v1/gonum/num/quat"
)

// Pose is the orientation of the object in an image: a unit quaternion w, x, y, z
// with w ≥ 0. It turns the object's frame into the camera's, which looks along +z
// with x to the right and y down.
type Pose [4]float32

// PoseTolerance is how far from 1 the norm of a quaternion in a file may be: three decimals per
// component are enough.
const PoseTolerance = 2e-3

// NewPose is the pose of a nonzero quaternion: normalised and, of the two quaternions of an
// orientation, the one with w ≥ 0.
func NewPose(q quat.Number) Pose {
	q = quat.Scale(1/quat.Abs(q), q)
	if q.Real < 0 {
		q = quat.Scale(-1, q)
	}
	return Pose{float32(q.Real), float32(q.Imag), float32(q.Jmag), float32(q.Kmag)}
}

// Quat is the pose as a quaternion.
func (p Pose) Quat() quat.Number {
	return quat.Number{Real: float64(p[0]), Imag: float64(p[1]), Jmag: float64(p[2]), Kmag: float64(p[3])}
}

// Check reports what makes p invalid.
func (p Pose) Check() error {
	norm := quat.Abs(p.Quat())
	if !(math.Abs(norm-1) <= PoseTolerance) { // true for NaN too
		return fmt.Errorf("the quaternion %g %g %g %g has the norm %.4g, not 1", p[0], p[1], p[2], p[3], norm)
	}
	if p[0] < 0 {
		return fmt.Errorf("the quaternion %g %g %g %g has w < 0: give its negative, which is the same orientation",
			p[0], p[1], p[2], p[3])
	}
	return nil
}

// PoseBytes is the poses as files and fingerprints hold them: four little-endian float32 each.
func PoseBytes(poses []Pose) []byte {
	b := make([]byte, 0, 16*len(poses))
	for _, pose := range poses {
		for _, v := range pose {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}
