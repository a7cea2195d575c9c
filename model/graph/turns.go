package graph

// Turns is a Chooser for tests of all kernels: program by program it chooses
// plan number Turn of each operation, whatever kind of adapter it was made for,
// and starts over where an operation has fewer. Once a program was built, Count
// turns are known to choose every plan.
type Turns struct{ Turn, Count int }

var _ Chooser = (*Turns)(nil)

func (t *Turns) choose(n *node) (int, error) {
	t.Count = max(t.Count, len(n.plans))
	return t.Turn % len(n.plans), nil
}

func (*Turns) subgroups() (bool, error) { return false, nil } // which only browsers offer
