package graph

import (
	"cmp"
	"fmt"
	"slices"

	"pixelda-wgpu/gpu"
)

// span is a stretch of scratch memory that lives from one dispatch to another,
// both included.
type span struct {
	size        uint64
	first, last int
	buffer      int // the result: an index into the plan's buffers
}

// planMemory places spans into buffers so that spans that live at the same time
// share none. WebGPU forbids to read one part of a buffer while another part is
// written, so a span has a buffer to itself while it lives, and the plan seeks few
// and small buffers: the largest spans first, each into the first buffer that is
// free at its time. It returns the buffers' sizes in bytes.
func planMemory(spans []*span) []uint64 {
	order := slices.Clone(spans)
	slices.SortStableFunc(order, func(a, b *span) int {
		if a.size != b.size {
			return cmp.Compare(b.size, a.size)
		}
		return cmp.Compare(a.first, b.first)
	})
	var sizes []uint64
	var tenants [][]*span
	for _, s := range order {
		s.buffer = -1
		for b := range tenants {
			if !slices.ContainsFunc(tenants[b], func(t *span) bool { return s.first <= t.last && t.first <= s.last }) {
				s.buffer = b
				break
			}
		}
		if s.buffer < 0 {
			s.buffer = len(sizes)
			sizes, tenants = append(sizes, s.size), append(tenants, nil)
		}
		tenants[s.buffer] = append(tenants[s.buffer], s)
	}
	return sizes
}

// scratchBuffers names the buffers of a plan. Programs that are loaded together
// share them: none of their contents outlives a program.
func scratchBuffers(sizes []uint64) []gpu.Buffer {
	buffers := make([]gpu.Buffer, len(sizes))
	for i, s := range sizes {
		buffers[i] = gpu.Buffer{Name: fmt.Sprintf("scratch.%d", i), Size: s}
	}
	return buffers
}
