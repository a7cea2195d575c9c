package graph

import (
	"maps"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
)

// Only the reductions of a program change with the rule, and nothing but their code.
func TestSubgroups(t *testing.T) {
	g, err := Build(func(g *Graph) {
		x := g.Input("x", Shape{2, 8, 8, 8})
		y := g.Conv("conv", x, g.Input("w", Shape{8, 8, 3, 3}), nil, 1, kernels.ReLU)
		g.Output("loss", g.MeanSquare("loss", y))
	})
	if err != nil {
		t.Fatal(err)
	}
	barriers, err := g.Program("test", FirstPlan{})
	if err != nil {
		t.Fatal(err)
	}
	subgroups, err := g.Program("test", FirstPlan{Subgroups: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(barriers.Modules) != len(subgroups.Modules) || len(barriers.Dispatches) != len(subgroups.Dispatches) {
		t.Fatal("the programs have other dispatches")
	}
	changed := 0
	for i, m := range subgroups.Modules {
		before := barriers.Modules[i]
		if strings.Contains(before.Code, "subgroup") {
			t.Errorf("%s needs subgroups without being told to", m.Label)
		}
		if m.Code == before.Code {
			continue
		}
		changed++
		if !strings.HasPrefix(m.Code, "enable subgroups;\n") || strings.Count(m.Code, "enable ") != 1 || !strings.Contains(before.Code, "fn sum_lanes(") {
			t.Errorf("%s became\n%s", m.Label, m.Code)
		}
	}
	if changed != 1 {
		t.Errorf("%d kernels changed, of which one reduces", changed)
	}
}

// TestAgree compares barriers with themselves, and with a kernel that adds up its
// lanes wrongly, since the native library compiles no subgroup operations.
func TestAgree(t *testing.T) {
	d := gputest.Device(t)
	tuner, err := NewTuner(d, "")
	if err != nil {
		t.Fatal(err)
	}
	n := reducing()
	n.plans[1].Calls = n.plans[0].Calls
	agree, err := tuner.agree(n)
	if err != nil || !agree {
		t.Errorf("barriers disagree with themselves: %v", err)
	}
	for i := range n.plans[0].Calls {
		n := reducing()
		n.plans[1].Calls = append([]plan.Call(nil), n.plans[0].Calls...)
		c := &n.plans[1].Calls[i]
		k := c.Kernel
		wrong := strings.Replace(k.Code(), "j < 8u", "j < 7u", -1)
		if wrong == k.Code() {
			t.Fatalf("%s has another loop over its lanes", k.Name)
		}
		c.Kernel = kernels.NewKernel(k.Name, wrong, k.Bindings(), k.Workgroups)
		if agree, err := tuner.agree(n); err != nil || agree {
			t.Errorf("%s without its last lanes agrees: %v", k.Name, err)
		}
	}
}

// A device without the feature has no choice, and none is noted or believed.
func TestTunerWithoutSubgroups(t *testing.T) {
	tuner, err := NewTuner(gputest.Device(t), "")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{reductions: "subgroups"}
	tuner.Use(kept)
	if yes, err := tuner.subgroups(); yes || err != nil || !maps.Equal(tuner.Choices(), kept) {
		t.Errorf("%v, %v, %v", yes, err, tuner.Choices())
	}
}
