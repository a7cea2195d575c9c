package graph

import (
	"testing"

	"pgregory.net/rapid"
)

// Spans that live at the same time share no buffer, none is larger than its
// buffer, and the buffers are as few and as small as their order of placement
// promises: never more than a buffer a span, nor less than what lives at once.
func TestPlanMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *span {
			first := rapid.IntRange(0, 40).Draw(t, "first")
			return &span{
				size:  16 * rapid.Uint64Range(1, 20).Draw(t, "size"),
				first: first, last: first + rapid.IntRange(0, 20).Draw(t, "length"),
			}
		}), 0, 40).Draw(t, "spans")
		sizes := planMemory(spans)
		var planned, naive, most uint64
		for _, s := range sizes {
			planned += s
		}
		used := make([]bool, len(sizes))
		for i, a := range spans {
			naive += a.size
			if a.size > sizes[a.buffer] {
				t.Fatalf("span %d of %d bytes lies in buffer %d of %d", i, a.size, a.buffer, sizes[a.buffer])
			}
			used[a.buffer] = true
			for j, b := range spans[:i] {
				if a.buffer == b.buffer && a.first <= b.last && b.first <= a.last {
					t.Fatalf("spans %d and %d share buffer %d at one time", j, i, a.buffer)
				}
			}
		}
		for at := range 61 {
			var live uint64
			for _, s := range spans {
				if s.first <= at && at <= s.last {
					live += s.size
				}
			}
			most = max(most, live)
		}
		for b, u := range used {
			if !u {
				t.Fatalf("nothing lies in buffer %d", b)
			}
		}
		if planned > naive || planned < most {
			t.Fatalf("%d bytes planned for spans of %d, %d at once", planned, naive, most)
		}
	})
}

// A chain, whose tensors live from one dispatch to the next, needs two buffers.
func TestPlanMemoryOfAChain(t *testing.T) {
	var spans []*span
	for i := range 10 {
		spans = append(spans, &span{size: 64, first: i, last: i + 1})
	}
	if sizes := planMemory(spans); len(sizes) != 2 || sizes[0] != 64 || sizes[1] != 64 {
		t.Errorf("buffers of %v bytes, want two of 64", sizes)
	}
}
