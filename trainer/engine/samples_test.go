package engine

import (
	"slices"
	"testing"

	"pixelda-wgpu/datasets"
)

// TestFirstImages has images as they come: mixed, and class by class.
func TestFirstImages(t *testing.T) {
	usual := func(labels ...uint32) []int {
		return FirstImages(datasets.Set{Width: 1, Height: 1, Channels: 1, Labels: labels}.Of(make([]byte, len(labels))),
			16)
	}
	if got := usual(1, 1, 0, 2); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("of mixed images it takes %v", got)
	}
	labels := make([]uint32, 50)
	for i := range labels {
		labels[i] = uint32(i / 20) // 20, 20 and 10
	}
	got := usual(labels...)
	if want := []int{0, 20, 40, 1, 21, 41, 2, 22, 42, 3, 23, 43, 4, 24, 44, 5}; !slices.Equal(got, want) {
		t.Errorf("of sorted images it takes %v, want %v", got, want)
	}
}
