package kernels_test

import (
	"fmt"
	"slices"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

func TestCollectMetrics(t *testing.T) {
	for count := 1; count <= 7; count++ {
		const rows, first, index = 4, 5, 6
		ring := make([]float32, rows*kernels.MetricColumns)
		data := kerneltest.Tensors{"step": key{step: index}.uniform(), "ring": ring}
		want := slices.Clone(ring)
		for k := range count {
			data[fmt.Sprint("s", k)] = []float32{float32(k) + 0.5}
			want[index%rows*kernels.MetricColumns+first+k] = float32(k) + 0.5
		}
		kerneltest.Run(t, data, kernels.CollectMetrics(count, first, rows))
		if !slices.Equal(ring, want) {
			t.Errorf("%d metrics: got %v, want %v", count, ring, want)
		}
	}
}
