package exhibit

import (
	"slices"
	"sync"

	"pixelda-wgpu/trainer/gallery"
)

// Visitor collects, on the window's goroutine, what a gallery asks for, and hands it to the one
// that owns the device. Of each kind of query it keeps only the last.
type Visitor struct {
	wishes chan struct{} // holds one where something was asked for
	left   chan struct{} // closed when the window is

	mu      sync.Mutex
	turns   int
	queries []gallery.Query
}

// NewVisitor returns a visitor who has not asked for anything yet.
func NewVisitor() *Visitor {
	return &Visitor{wishes: make(chan struct{}, 1), left: make(chan struct{})}
}

// Ask implements gallery.Host.
func (v *Visitor) Ask(q gallery.Query) {
	v.mu.Lock()
	v.queries = slices.DeleteFunc(v.queries, func(waiting gallery.Query) bool {
		return (waiting.Neighbours > 0) == (q.Neighbours > 0)
	})
	v.queries = append(v.queries, q)
	v.mu.Unlock()
	v.wake()
}

// Turn implements gallery.Host.
func (v *Visitor) Turn(by int) {
	v.mu.Lock()
	v.turns += by
	v.mu.Unlock()
	v.wake()
}

func (v *Visitor) wake() {
	select {
	case v.wishes <- struct{}{}:
	default: // it has been woken already
	}
}

// take returns what was asked for, and forgets it.
func (v *Visitor) take() (turns int, queries []gallery.Query) {
	v.mu.Lock()
	defer v.mu.Unlock()
	turns, queries = v.turns, v.queries
	v.turns, v.queries = 0, nil
	return turns, queries
}

// Depart ends the visit: Serve returns.
func (v *Visitor) Depart() { close(v.left) }
