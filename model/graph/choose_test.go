package graph

import (
	"iter"
	"slices"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl/plan"
)

// named is an operation that has plans of these names, in this order, for some targets.
// Those by Winograd's algorithm say so.
func named(names map[*plan.Target][]string) Operation {
	return NewOperation(func(t *plan.Target) iter.Seq[plan.Plan] {
		var plans []plan.Plan
		for _, name := range names[t] {
			plans = append(plans, plan.Plan{Name: name, Winograd: name[0] == 'w', Calls: []plan.Call{{}}})
		}
		return slices.Values(plans)
	}, nil)
}

func TestRules(t *testing.T) {
	all := named(map[*plan.Target][]string{
		&plan.Lavapipe:    {"winograd of mesa", "mesa", "winograd of cpu", "cpu"},
		&plan.SwiftShader: {"winograd of cpu", "cpu"},
		&plan.DiscreteGPU: {"winograd of gpu", "gpu"},
	})
	mesa := gpu.AdapterInfo{Name: "llvmpipe (LLVM 15.0.6, 256 bits)", Type: gpu.CPU}
	swiftShader := gpu.AdapterInfo{Name: "google swiftshader", Type: gpu.CPU}
	card := gpu.AdapterInfo{Name: "NVIDIA H100", Type: gpu.Discrete}
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{RuleFor(mesa), "winograd of mesa"}, {Verifying(mesa), "mesa"},
		{RuleFor(swiftShader), "winograd of cpu"}, {Verifying(swiftShader), "cpu"},
		{RuleFor(card), "winograd of gpu"}, {Verifying(card), "gpu"},
		{Rule{}, "winograd of gpu"},
	} {
		if p, err := c.rule.Choose(all); err != nil || p.Name != c.want {
			t.Errorf("%+v takes %q, not %q (%v)", c.rule, p.Name, c.want, err)
		}
	}
	// Any plan of the target is better than one of another.
	forced := named(map[*plan.Target][]string{&plan.DiscreteGPU: {"gpu"}, &plan.SwiftShader: {"winograd"}})
	if p, _ := Verifying(swiftShader).Choose(forced); p.Name != "winograd" {
		t.Errorf("SwiftShader takes %q", p.Name)
	}
	// Where it has none, one of another is better than none.
	foreign := named(map[*plan.Target][]string{&plan.DiscreteGPU: {"gpu"}})
	if p, _ := RuleFor(swiftShader).Choose(foreign); p.Name != "gpu" {
		t.Errorf("without a plan of its own SwiftShader takes %q", p.Name)
	}
	if p, err := RuleFor(card).Choose(named(nil)); p.Calls != nil || err != nil {
		t.Errorf("of no plans it takes %q (%v)", p.Name, err)
	}
}

func TestEveryPlanOnce(t *testing.T) {
	all := named(map[*plan.Target][]string{
		&plan.Lavapipe: {"a", "b"}, &plan.SwiftShader: {"b", "c"}, &plan.DiscreteGPU: {"d"},
		&plan.IntegratedGPU: {"d", "e"},
	})
	var names []string
	for _, p := range all.Every() {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("the plans are %v", names)
	}
}
