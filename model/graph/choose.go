package graph

import (
	"iter"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl/plan"
)

// Chooser picks one of the plans of each operation: a Rule, or a tuner that times them.
type Chooser interface {
	Target() *plan.Target // what the program is for; fusion asks it too
	Choose(o Operation) (plan.Plan, error)
	Subgroups() (bool, error) // whether kernels reduce by subgroup operations
}

// Rule chooses without timing: the plan that the target prefers.
type Rule struct {
	For         *plan.Target // nil for a discrete GPU
	Direct      bool         // no plan by Winograd's algorithm: the most accurate
	BySubgroups bool         // reductions by subgroup operations, for devices with the feature
}

var _ Chooser = Rule{}

// TargetOf is the class of an adapter.
func TargetOf(a gpu.AdapterInfo) *plan.Target { return plan.TargetOf(string(a.Type), a.Name) }

// RuleFor is the rule for an adapter.
func RuleFor(a gpu.AdapterInfo) Rule { return Rule{For: TargetOf(a)} }

// Verifying is the rule for comparing with PyTorch. Rounding decides on which side of a
// ReLU's kink an input within rounding of it falls, and every such jump shows in the
// gradient: a model of millions of inputs has room for few.
func Verifying(a gpu.AdapterInfo) Rule { return Rule{For: TargetOf(a), Direct: true} }

// Target is what the rule is for.
func (r Rule) Target() *plan.Target {
	if r.For == nil {
		return &plan.DiscreteGPU
	}
	return r.For
}

// Choose takes the first plan that the rule allows or, where it allows none, the first.
func (r Rule) Choose(o Operation) (plan.Plan, error) {
	var first plan.Plan
	for p := range o.Plans(r.Target()) {
		if !r.Direct || !p.Winograd {
			return p, nil
		}
		if first.Calls == nil {
			first = p
		}
	}
	return first, nil
}

// Subgroups are used where the rule says so: on the software drivers at hand they are as
// fast as barriers or slower (docs/performance.md). A tuner finds out, and tests have the field.
func (r Rule) Subgroups() (bool, error) { return r.BySubgroups, nil }

// ways are the plans of an operation for a target, in the order of preference.
type ways func(t *plan.Target) iter.Seq[plan.Plan]

// Operation is what a Chooser chooses a plan for.
type Operation struct {
	ways     ways
	Operands map[string]Shape // by the plans' operand names
}

// NewOperation is an operation that stands in no graph, to be timed by itself.
func NewOperation(ways func(t *plan.Target) iter.Seq[plan.Plan], operands map[string]Shape) Operation {
	return Operation{ways, operands}
}

// Plans are the ways to compute the operation on a target, in the order of preference; where
// none fits, those of another class of targets. There may be none at all.
func (o Operation) Plans(t *plan.Target) iter.Seq[plan.Plan] {
	return func(yield func(plan.Plan) bool) {
		for _, t := range append([]*plan.Target{t}, plan.Targets...) {
			some := false
			for p := range o.ways(t) {
				some = true
				if !yield(p) {
					return
				}
			}
			if some {
				return
			}
		}
	}
}

// possible reports whether there is any plan.
func (o Operation) possible() bool {
	for range o.Plans(&plan.DiscreteGPU) {
		return true
	}
	return false
}

// Every lists the plans for all classes of targets, each name once.
func (o Operation) Every() []plan.Plan {
	var all []plan.Plan
	seen := map[string]bool{}
	for _, t := range []*plan.Target{&plan.Lavapipe, &plan.SwiftShader, &plan.DiscreteGPU, &plan.IntegratedGPU} {
		for p := range o.ways(t) {
			if !seen[p.Name] {
				seen[p.Name] = true
				all = append(all, p)
			}
		}
	}
	return all
}

// Alone is a program of so many copies of one plan, on operands of their own names.
func (o Operation) Alone(p plan.Plan, copies int) (*gpu.Program, error) {
	g := New()
	for range copies {
		n := &node{label: p.Name, only: &p, operands: map[string]*Tensor{}, effect: true}
		for name, s := range o.Operands {
			n.operands[name] = g.Input(name, s)
		}
		g.nodes = append(g.nodes, n)
	}
	return g.Program(p.Name, Rule{})
}
