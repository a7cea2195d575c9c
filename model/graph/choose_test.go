package graph

import (
	"pixelda-wgpu/wgsl/plan"
	"testing"

	"pixelda-wgpu/gpu"
)

func TestRules(t *testing.T) {
	n := &node{plans: []plan.Plan{
		{Name: "mesa winograd", CPU: true, Lavapipe: true, Winograd: true}, {Name: "mesa", CPU: true, Lavapipe: true},
		{Name: "cpu winograd", CPU: true, Winograd: true}, {Name: "cpu", CPU: true},
		{Name: "gpu winograd", Winograd: true}, {Name: "gpu"},
	}}
	mesa := gpu.AdapterInfo{Name: "llvmpipe (LLVM 15.0.6, 256 bits)", Type: gpu.CPU}
	swiftShader := gpu.AdapterInfo{Name: "google swiftshader", Type: gpu.CPU}
	card := gpu.AdapterInfo{Name: "NVIDIA H100", Type: gpu.Discrete}
	for _, c := range []struct {
		rule FirstPlan
		want string
	}{
		{RuleFor(mesa), "mesa winograd"}, {Verifying(mesa), "mesa"},
		{RuleFor(swiftShader), "cpu winograd"}, {Verifying(swiftShader), "cpu"},
		{RuleFor(card), "gpu winograd"}, {Verifying(card), "gpu"},
	} {
		if i, err := c.rule.choose(n); err != nil || n.plans[i].Name != c.want {
			t.Errorf("%+v takes %q, not %q (%v)", c.rule, n.plans[i].Name, c.want, err)
		}
	}
	// Any plan of the kind is better than one of the other.
	n.plans = []plan.Plan{{Name: "gpu"}, {Name: "mesa winograd", CPU: true, Lavapipe: true, Winograd: true}}
	if i, _ := Verifying(swiftShader).choose(n); i != 1 {
		t.Errorf("SwiftShader takes %q", n.plans[i].Name)
	}
}
