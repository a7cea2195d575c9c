package plan_test

import (
	"slices"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// every lists the plans that any target has, each once.
func every(plans func(t *plan.Target) []plan.Plan) []plan.Plan {
	var all []plan.Plan
	for _, t := range []*plan.Target{&plan.Lavapipe, &plan.SwiftShader, &plan.DiscreteGPU, &plan.IntegratedGPU} {
		for _, p := range plans(t) {
			if !slices.ContainsFunc(all, func(q plan.Plan) bool { return q.Name == p.Name }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// convPlans, weightPlans and productPlans are all plans of an operation.
func convPlans(c kernels.Conv, e kernels.Epilogue) []plan.Plan {
	return every(func(t *plan.Target) []plan.Plan { return slices.Collect(plan.Conv(c, e, t)) })
}

func weightPlans(c kernels.Conv) []plan.Plan {
	return every(func(t *plan.Target) []plan.Plan { return slices.Collect(plan.WeightGrad(c, t)) })
}

func productPlans(s kernels.MatMul, e kernels.Epilogue) []plan.Plan {
	return every(func(t *plan.Target) []plan.Plan { return slices.Collect(plan.MatMul(s, e, t)) })
}

func TestTargetOf(t *testing.T) {
	for _, c := range []struct {
		kind, name string
		want       *plan.Target
	}{
		{"cpu", "llvmpipe (LLVM 15.0.6, 256 bits)", &plan.Lavapipe},
		{"cpu", "LLVMpipe", &plan.Lavapipe},
		{"cpu", "SwiftShader Device (Subzero)", &plan.SwiftShader},
		{"cpu", "Microsoft Basic Render Driver", &plan.SwiftShader},
		{"discrete", "NVIDIA H100", &plan.DiscreteGPU},
		{"integrated", "Adreno 740", &plan.IntegratedGPU},
		{"other", "llvmpipe passed through", &plan.DiscreteGPU}, // what it is, not what it is called
	} {
		if got := plan.TargetOf(c.kind, c.name); got != c.want {
			t.Errorf("%s %q is taken for %s, not %s", c.kind, c.name, got.Name, c.want.Name)
		}
	}
}

// TestPreferences holds what each target takes where nothing has been timed.
func TestPreferences(t *testing.T) {
	wide, narrow := kernels.SameConv(32, 64, 32, 32, 64, 3, 1), kernels.SameConv(32, 16, 32, 32, 16, 3, 1)
	tiny, linear := kernels.SameConv(2, 4, 16, 16, 4, 3, 1), kernels.MatMul{M: 32, N: 128, K: 256, TransB: true}
	deep := kernels.MatMul{M: 2, N: 2, K: 70000} // more terms than a loop may have
	for _, c := range []struct {
		target                               *plan.Target
		wide, narrow, tiny, weights, product string
	}{
		{&plan.Lavapipe, "winograd 32", "direct 4×4×16 uniform", "direct 2×4×4 uniform", "winograd 32×32",
			"direct uniform"},
		{&plan.SwiftShader, "winograd 8", "winograd 8", "direct 2×4×4", "winograd 16×8", "direct 16"},
		{&plan.DiscreteGPU, "gemm 64×64 8×8", "gemm 64×64 8×8", "gemm 64×64 8×8", "gemm 64×64 8×8", "split 4"},
		{&plan.IntegratedGPU, "gemm 64×64 8×8", "gemm 64×64 8×8", "gemm 64×64 8×8", "gemm 64×64 8×8", "split 4"},
	} {
		first := func(plans []plan.Plan) string { return plans[0].Name }
		convs := func(c kernels.Conv, t *plan.Target) []plan.Plan {
			return slices.Collect(plan.Conv(c, kernels.Epilogue{}, t))
		}
		for _, of := range []struct{ what, got, want string }{
			{"wide layer", first(convs(wide, c.target)), c.wide},
			{"narrow layer", first(convs(narrow, c.target)), c.narrow},
			{"tiny layer", first(convs(tiny, c.target)), c.tiny},
			{"weights", first(slices.Collect(plan.WeightGrad(wide, c.target))), c.weights},
			{"product", first(slices.Collect(plan.MatMul(linear, kernels.Epilogue{}, c.target))), c.product},
		} {
			if of.got != of.want {
				t.Errorf("%s, %s: it takes %q, not %q", c.target.Name, of.what, of.got, of.want)
			}
		}
		if n := len(slices.Collect(plan.MatMul(deep, kernels.Epilogue{}, c.target))); (n == 0) != c.target.Software {
			t.Errorf("%s has %d plans for a product of %d terms", c.target.Name, n, deep.K)
		}
	}
}
