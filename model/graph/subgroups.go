package graph

import (
	"fmt"
	"math"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"

	"pixelda-wgpu/gpu"
)

// reductions is the operation under which a Tuner keeps whether reductions over a
// workgroup use subgroup operations: one choice for all, since they differ in what they
// read and not in how they join lanes.
const reductions = "reductions over a workgroup"

// No rule says Subgroups: on the software drivers at hand they are as fast as barriers
// or slower (docs/performance.md). A Tuner finds out, and tests have the field.
func (f FirstPlan) subgroups() (bool, error) { return f.Subgroups, nil }

// subgroups returns the choice kept for the adapter, or else times the sums and moments
// of a layer both ways, where subgroup operations give the results of barriers.
func (t *Tuner) subgroups() (bool, error) {
	if !t.device.Info().Has(gpu.Subgroups) {
		return false, nil
	}
	n := reducing()
	if _, known := t.choices[reductions]; !known {
		agree, err := t.agree(n)
		if err != nil {
			return false, fmt.Errorf("tuning %s: %w", reductions, err)
		}
		if !agree {
			t.Use(map[string]string{reductions: n.plans[0].Name})
		}
	}
	i, err := t.choose(n)
	return i == 1, err
}

// reducing is an operation for trials: reductions of a layer, by barriers and by
// subgroup operations.
func reducing() *node {
	m := kernels.Map{N: 8, C: 64, H: 32, W: 32}
	norm := kernels.BatchNorm{Map: m, Epsilon: 1, NoBeta: true}
	channels := Features(1, m.C)
	n := &node{
		plans: []plan.Plan{{Op: reductions, Name: "barriers"}, {Op: reductions, Name: "subgroups"}},
		operands: map[string]*Tensor{
			"x": {Shape: Shape{m.N, m.C, m.H, m.W}}, "dy": {Shape: Shape{m.N, m.C, m.H, m.W}}, "mean": {Shape: channels}, "inv_std": {Shape: channels},
		},
	}
	for i, k := range []kernels.Kernel{kernels.ChannelSum(m), kernels.BatchNormStats(norm), kernels.BatchNormGradReduce(norm)} {
		partials := fmt.Sprint("partials ", i)
		n.operands[partials] = &Tensor{Shape: Features(2*m.Parts(), m.C)}
		operands := map[string]plan.Operand{"partials": {Name: partials}}
		n.plans[0].Calls = append(n.plans[0].Calls, plan.Call{Kernel: k, Operands: operands})
		n.plans[1].Calls = append(n.plans[1].Calls, plan.Call{Kernel: k.Subgroups(), Operands: operands})
	}
	return n
}

// agree reports whether both plans find the same, up to rounding.
func (t *Tuner) agree(n *node) (bool, error) {
	const rounding = 1e-5 // a hundred times what sums of 4,096 positive numbers lose in float32
	ramp := make([]float32, n.operands["x"].Len())
	for i := range ramp {
		ramp[i] = 1 + float32(i%97)/97
	}
	var results [2][]float32
	for i := range n.plans {
		p, err := n.alone(i, 1)
		if err != nil {
			return false, err
		}
		s, err := t.device.Load(p)
		if err != nil {
			return false, err
		}
		defer s.Close()
		for _, name := range []string{"x", "dy", "inv_std"} { // about a mean of 0
			if err := s.Write(name, 0, gpu.Bytes(ramp[:n.operands[name].Len()])); err != nil {
				return false, err
			}
		}
		if err := s.Run(p.Name); err != nil {
			return false, err
		}
		for k := range n.plans[i].Calls {
			name := fmt.Sprint("partials ", k)
			got := make([]float32, n.operands[name].Len())
			if err := s.Read(name, 0, gpu.Bytes(got)); err != nil {
				return false, err
			}
			results[i] = append(results[i], got...)
		}
	}
	for i, want := range results[0] {
		if !(math.Abs(float64(results[1][i]-want)) <= rounding*math.Abs(float64(want))) {
			return false, nil
		}
	}
	return true, nil
}
