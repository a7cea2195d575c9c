package safetensors

import (
	"math"
	"testing"
)

// Every half is a float32, and comes back; NaNs need only stay NaN.
func TestHalfRoundTrip(t *testing.T) {
	for h := range 1 << 16 {
		f := halfToFloat(uint16(h))
		back := floatToHalf(f)
		if math.IsNaN(float64(f)) {
			if !math.IsNaN(float64(halfToFloat(back))) {
				t.Fatalf("%#04x: NaN became %#04x", h, back)
			}
		} else if back != uint16(h) {
			t.Fatalf("%#04x = %g became %#04x", h, f, back)
		}
	}
}

// Between neighbours a value goes to the nearer one, and from the middle to the even one.
func TestHalfRounding(t *testing.T) {
	for h := range uint16(0x7bff) {
		low, high := halfToFloat(h), halfToFloat(h+1)
		middle := (low + high) / 2 // exact: float32 has 13 more bits
		even := h + h&1
		for f, want := range map[float32]uint16{
			math.Nextafter32(middle, low): h, middle: even, math.Nextafter32(middle, high): h + 1,
		} {
			if got := floatToHalf(f); got != want {
				t.Fatalf("%g between %g and %g became %#04x, want %#04x", f, low, high, got, want)
			}
			if got := floatToHalf(-f); got != want|0x8000 {
				t.Fatalf("%g became %#04x, want %#04x", -f, got, want|0x8000)
			}
		}
	}
	for f, want := range map[float32]uint16{65519.996: 0x7bff, 65520: 0x7c00, math.MaxFloat32: 0x7c00} {
		if got := floatToHalf(f); got != want {
			t.Errorf("%g became %#04x, want %#04x", f, got, want)
		}
	}
}
