package draw

import (
	"testing"

	"pixelda-wgpu/datasets/random"
)

func TestGlyphsFitTheirLine(t *testing.T) {
	for digit, ways := range glyphs {
		for k, g := range ways {
			marks := 0
			for _, s := range g.strokes {
				marks += 1 + (len(s.points)-1)*spanSteps
				if len(s.points) > maxPoints {
					t.Errorf("digit %d, way %d: a stroke of %d points", digit, k, len(s.points))
				}
			}
			if marks > maxMarks {
				t.Errorf("digit %d, way %d: %d marks, at most %d are drawn", digit, k, marks, maxMarks)
			}
		}
	}
}

func BenchmarkDigits(b *testing.B) {
	dst := make([]byte, digitSide*digitSide)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		drawDigit(dst, random.New(1, sourceStream, uint64(i)))
	}
}

func BenchmarkTexture(b *testing.B) {
	dst := make([]byte, textureSide*textureSide*3)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		drawTexture(dst, random.New(1, textureStream, uint64(i)))
	}
}
