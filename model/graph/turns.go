package graph

import "pixelda-wgpu/wgsl/plan"

// Turns is a Chooser for tests of all kernels: program by program it chooses
// plan number Turn of each operation, whatever target it was made for,
// and starts over where an operation has fewer. Once a program was built, Count
// turns are known to choose every plan.
type Turns struct{ Turn, Count int }

var _ Chooser = (*Turns)(nil)

// Target is lavapipe, where tests run.
func (*Turns) Target() *plan.Target { return &plan.Lavapipe }

// Choose takes plan number Turn.
func (t *Turns) Choose(o Operation) (plan.Plan, error) {
	all := o.Every()
	if len(all) == 0 {
		return plan.Plan{}, nil
	}
	t.Count = max(t.Count, len(all))
	return all[t.Turn%len(all)], nil
}

// Subgroups are what only browsers offer.
func (*Turns) Subgroups() (bool, error) { return false, nil }
