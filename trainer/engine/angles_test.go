package engine

import (
	"math"
	"testing"

	"pixelda-wgpu/datasets"
)

// The specification's check points, known rotations, a length that
// rounding left above 1, and a mean. Acos is steep
// at 1: half an ulp of float32 in a quaternion is 0.03° there.
func TestAngles(t *testing.T) {
	half := float32(math.Sqrt(0.5))
	turn := func(degrees float64) datasets.Pose { // about z
		return datasets.Pose{float32(math.Cos(degrees * math.Pi / 360)), 0, 0,
			float32(math.Sin(degrees * math.Pi / 360))}
	}
	one := datasets.Pose{1, 0, 0, 0}
	for _, c := range []struct {
		predicted, pose datasets.Pose
		coded, exact    float64
	}{
		{one, one, 1.6206, 0}, {datasets.Pose{-1, 0, 0, 0}, one, 1.6206, 0},
		{datasets.Pose{0, 1, 0, 0}, one, 180.0115, 180},
		{datasets.Pose{half, half, 0, 0}, one, 90.0162, 90}, {turn(30), turn(70), 40.0335, 40},
		{datasets.Pose{1.0000001, 0, 0, 0}, one, 1.6206, 0},
	} {
		got := angles(c.predicted[:], []datasets.Pose{c.pose})
		if math.Abs(got.Coded-c.coded) > 1e-3 || math.Abs(got.Exact-c.exact) > 1e-3 {
			t.Errorf("%v and %v: %+v, want %g and %g", c.predicted, c.pose, got, c.coded, c.exact)
		}
	}
	if got := angles([]float32{1, 0, 0, 0, 0, 1, 0, 0}, []datasets.Pose{one, one}); math.Abs(got.Exact-90) > 1e-3 {
		t.Errorf("the mean of 0° and 180° is %g", got.Exact)
	}
}
