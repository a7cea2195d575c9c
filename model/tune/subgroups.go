package tune

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// reductions is the operation under which a Tuner keeps whether reductions over a
// workgroup use subgroup operations: one choice for all, since they differ in what they
// read and not in how they join lanes.
const reductions = "reductions over a workgroup"

// Subgroups returns the choice kept for the adapter, or else times the sums and moments
// of a layer both ways, where subgroup operations give the results of barriers.
func (t *Tuner) Subgroups() (bool, error) {
	if !t.device.Info().Has(gpu.Subgroups) {
		return false, nil
	}
	plans, operands := reducing()
	if _, known := t.choices[reductions]; !known {
		agree, err := t.agree(plans, operands)
		if err != nil {
			return false, fmt.Errorf("tuning %s: %w", reductions, err)
		}
		if !agree {
			t.Use(map[string]string{reductions: plans[0].Name})
		}
	}
	p, err := t.Choose(operation(plans, operands))
	return p.Name == plans[1].Name, err
}

// operation is one that has the same plans on every target.
func operation(plans []plan.Plan, operands map[string]graph.Shape) graph.Operation {
	return graph.NewOperation(func(*plan.Target) iter.Seq[plan.Plan] { return slices.Values(plans) }, operands)
}

// reducing is an operation for trials: reductions of a layer, by barriers and by
// subgroup operations.
func reducing() ([]plan.Plan, map[string]graph.Shape) {
	m := kernels.Map{N: 8, C: 64, H: 32, W: 32}
	norm := kernels.BatchNorm{Map: m, Epsilon: 1, NoBeta: true}
	images, channels := graph.Shape{N: m.N, C: m.C, H: m.H, W: m.W}, graph.Features(1, m.C)
	plans := []plan.Plan{{Op: reductions, Name: "barriers"}, {Op: reductions, Name: "subgroups"}}
	operands := map[string]graph.Shape{"x": images, "dy": images, "mean": channels, "inv_std": channels}
	for i, k := range []kernels.Kernel{kernels.ChannelSum(m), kernels.BatchNormStats(norm),
		kernels.BatchNormGradReduce(norm)} {
		partials := fmt.Sprint("partials ", i)
		operands[partials] = graph.Features(2*m.Parts(), m.C)
		bound := map[string]plan.Operand{"partials": {Name: partials}}
		plans[0].Calls = append(plans[0].Calls, plan.Call{Kernel: k, Operands: bound})
		plans[1].Calls = append(plans[1].Calls, plan.Call{Kernel: k.Subgroups(), Operands: bound})
	}
	return plans, operands
}

// agree reports whether both plans find the same, up to rounding.
func (t *Tuner) agree(plans []plan.Plan, operands map[string]graph.Shape) (bool, error) {
	const rounding = 1e-5 // a hundred times what sums of 4,096 positive numbers lose in float32
	ramp := make([]float32, operands["x"].Len())
	for i := range ramp {
		ramp[i] = 1 + float32(i%97)/97
	}
	var results [2][]float32
	for i, way := range plans {
		p, err := operation(plans, operands).Alone(way, 1)
		if err != nil {
			return false, err
		}
		s, err := t.device.Load(p)
		if err != nil {
			return false, err
		}
		defer s.Close()
		for _, name := range []string{"x", "dy", "inv_std"} { // about a mean of 0
			if err := s.Write(name, 0, gpu.Bytes(ramp[:operands[name].Len()])); err != nil {
				return false, err
			}
		}
		if err := s.Run(p.Name); err != nil {
			return false, err
		}
		for k := range way.Calls {
			name := fmt.Sprint("partials ", k)
			got := make([]float32, operands[name].Len())
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
