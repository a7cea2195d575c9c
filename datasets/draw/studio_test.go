package draw

import (
	"math"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw/render"
	"pixelda-wgpu/datasets/random"
)

// TestViews: z up in the object is up in an upright image, the elevation is even in
// its sine, the roll within its bounds, and a view from above sees the object's
// top turned to the camera.
func TestViews(t *testing.T) {
	const n = 4000
	below30, rolls := 0, 0.0
	for i := range uint64(n) {
		r := random.New(1, 0, i)
		turn := render.Rotate(LineModViews.draw(&r))
		up := turn.Apply(render.Vec{0, 0, 1})
		elevation := math.Asin(-up[2]) * 180 / math.Pi
		if elevation < -1e-9 {
			t.Fatalf("seen from %g° below", elevation)
		}
		if elevation < 30 {
			below30++
		}
		if roll := math.Abs(math.Atan2(up[0], -up[1])) * 180 / math.Pi; elevation < 89 {
			rolls = max(rolls, roll)
		}
	}
	// Half of the hemisphere lies below 30°; 4 standard deviations are 0.032.
	if share := float64(below30) / n; math.Abs(share-0.5) > 0.032 || rolls > 45.001 || rolls < 44 {
		t.Errorf("%.3f of the views below 30°, rolled by up to %g°", share, rolls)
	}
}

func BenchmarkObjects(b *testing.B) {
	for _, name := range []string{"objects", "objects-bg", "objects-m"} {
		g := generators[name]
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, objectSide*objectSide*datasets.RGBD)
			for i := 0; b.Loop(); i++ {
				g.draw(dst, 1, uint64(i))
			}
		})
	}
}
