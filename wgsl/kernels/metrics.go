package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// MetricColumns is the length of a row that CollectMetrics writes to.
const MetricColumns = 16

// MaxMetrics is how many scalars CollectMetrics takes: an adapter binds eight
// storage buffers, and one is the ring.
const MaxMetrics = 7

// CollectMetrics copies count scalars, at most MaxMetrics, into columns first… of a row of
// a ring: the row of the step's index. Programs that share a ring take columns of
// their own.
//
//	0 step  uniform     Step
//	1 ring  read_write  [rows, MetricColumns]
//	2 s0    read        [1]
//	… up to
//	8 s6    read        [1]
func CollectMetrics(count, first, rows int) Kernel {
	return New(fmt.Sprintf("collect %d metrics", count), "metrics.wgsl",
		expand.Params{"COUNT": count, "FIRST": first, "ROWS": rows}, [3]uint32{1, 1, 1}, 0, 8*float64(count))
}
