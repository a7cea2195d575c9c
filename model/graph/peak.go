package graph

import (
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// The programs of PeakPrograms.
const (
	PeakArithmetic = "peak.arithmetic"
	PeakCopy       = "peak.copy"
)

// PeakPrograms returns two programs that do as much as an adapter can:
// multiply-adds in registers, and copies of memory that no cache holds. Their
// dispatches say how much that is; a software adapter takes about a tenth of a
// second for it, the fastest GPUs some milliseconds.
func PeakPrograms(t *plan.Target) ([]*gpu.Program, error) {
	const rounds = 64
	dispatches := t.PeakDispatches
	const threads, copied = 1 << 18, 24 << 20
	arithmetic, copies := New(), New()
	y := arithmetic.Input("peak.y", Features(1, threads))
	from, to := copies.Input("peak.from", Features(1, copied)), copies.Input("peak.to", Features(1, copied))
	for i := range dispatches {
		arithmetic.kernel(fmt.Sprint(i), kernels.FMAPeak(threads, rounds), y)
		copies.kernel(fmt.Sprint(i), kernels.Copy(copied), from, to)
	}
	a, err := arithmetic.Program(PeakArithmetic, Rule{For: t})
	if err != nil {
		return nil, err
	}
	c, err := copies.Program(PeakCopy, Rule{For: t})
	return []*gpu.Program{a, c}, err
}
