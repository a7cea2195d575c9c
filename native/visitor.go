//go:build view

package native

import (
	"slices"
	"sync"

	"pixelda-wgpu/trainer/gallery"
)

// visitor collects what a gallery asks for, on the window's goroutine, for the
// one that owns the device. Of each kind of query it keeps the last.
type visitor struct {
	wishes chan struct{} // holds one where something was asked for
	left   chan struct{} // closed when the window is

	mu      sync.Mutex
	turns   int
	queries []gallery.Query
}

func newVisitor() *visitor {
	return &visitor{wishes: make(chan struct{}, 1), left: make(chan struct{})}
}

// Ask implements gallery.Host.
func (v *visitor) Ask(q gallery.Query) {
	v.mu.Lock()
	v.queries = slices.DeleteFunc(v.queries, func(waiting gallery.Query) bool {
		return (waiting.Neighbours > 0) == (q.Neighbours > 0)
	})
	v.queries = append(v.queries, q)
	v.mu.Unlock()
	v.wake()
}

// Turn implements gallery.Host.
func (v *visitor) Turn(by int) {
	v.mu.Lock()
	v.turns += by
	v.mu.Unlock()
	v.wake()
}

func (v *visitor) wake() {
	select {
	case v.wishes <- struct{}{}:
	default: // it is awake
	}
}

// take returns what was asked for, and forgets it.
func (v *visitor) take() (turns int, queries []gallery.Query) {
	v.mu.Lock()
	defer v.mu.Unlock()
	turns, queries = v.turns, v.queries
	v.turns, v.queries = 0, nil
	return turns, queries
}

func (v *visitor) leave() { close(v.left) }
