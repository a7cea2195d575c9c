package engine

import (
	"math"

	"pixelda-wgpu/datasets"
)

// Angles is the mean angle in degrees between the orientations that a classifier predicts and the
// true ones. q and −q are the same orientation.
type Angles struct {
	// 2·acos(|q·q̂| − 1e-4), which the original computes and the paper reports: 1.62° at best
	Coded float64 `json:"coded"`
	Exact float64 `json:"exact"` // 2·acos |q·q̂|
}

// angles measures predicted unit quaternions [n,4].
func angles(predicted []float32, poses []datasets.Pose) (a Angles) {
	const degrees = 180 / math.Pi
	for i, pose := range poses {
		dot := 0.0
		for k, q := range pose {
			dot += float64(q) * float64(predicted[4*i+k])
		}
		same := min(math.Abs(dot), 1) // rounding to float32 can exceed 1
		a.Coded += 2 * math.Acos(same-1e-4) * degrees
		a.Exact += 2 * math.Acos(same) * degrees
	}
	n := float64(len(poses))
	return Angles{a.Coded / n, a.Exact / n}
}
