package wgsl_test

import (
	"fmt"
	"slices"
	"testing"

	"pixelda-wgpu/wgsl"
)

func TestCollectMetrics(t *testing.T) {
	for count := 1; count <= 7; count++ {
		const rows, first, index = 4, 5, 6
		ring := make([]float32, rows*wgsl.MetricColumns)
		data := tensors{"step": key{step: index}.uniform(), "ring": ring}
		want := slices.Clone(ring)
		for k := range count {
			data[fmt.Sprint("s", k)] = []float32{float32(k) + 0.5}
			want[index%rows*wgsl.MetricColumns+first+k] = float32(k) + 0.5
		}
		runKernels(t, data, wgsl.CollectMetrics(count, first, rows))
		if !slices.Equal(ring, want) {
			t.Errorf("%d metrics: got %v, want %v", count, ring, want)
		}
	}
}
