package graph

// Chooser picks one of the plans of an operation: FirstPlan or a Tuner.
type Chooser interface {
	choose(n *node) (int, error)
}

// FirstPlan chooses by the kind of adapter alone: the first plan made for it.
type FirstPlan struct{ CPU bool }

func (f FirstPlan) choose(n *node) (int, error) {
	for i, p := range n.plans {
		if p.CPU == f.CPU {
			return i, nil
		}
	}
	return 0, nil
}
