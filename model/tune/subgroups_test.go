package tune

import (
	"maps"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// Only the reductions of a program change with the rule, and nothing but their code.
func TestSubgroups(t *testing.T) {
	g, err := graph.Build(func(g *graph.Graph) {
		x := g.Input("x", graph.Shape{N: 2, C: 8, H: 8, W: 8})
		y := g.Conv("conv", x, g.Input("w", graph.Shape{N: 8, C: 8, H: 3, W: 3}), nil, 1, kernels.ReLU)
		g.Output("loss", g.MeanSquare("loss", y))
	})
	if err != nil {
		t.Fatal(err)
	}
	barriers, err := g.Program("test", graph.Rule{})
	if err != nil {
		t.Fatal(err)
	}
	subgroups, err := g.Program("test", graph.Rule{BySubgroups: true})
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
		if !strings.HasPrefix(m.Code, "enable subgroups;\n") || strings.Count(m.Code, "enable ") != 1 ||
			!strings.Contains(before.Code, "fn sum_lanes(") {
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
	tuner, err := New(d, "")
	if err != nil {
		t.Fatal(err)
	}
	plans, operands := reducing()
	plans[1].Calls = plans[0].Calls
	agree, err := tuner.agree(plans, operands)
	if err != nil || !agree {
		t.Errorf("barriers disagree with themselves: %v", err)
	}
	for i := range plans[0].Calls {
		plans, operands := reducing()
		plans[1].Calls = append([]plan.Call(nil), plans[0].Calls...)
		c := &plans[1].Calls[i]
		k := c.Kernel
		wrong := strings.Replace(k.Code(), "j < 8u", "j < 7u", -1)
		if wrong == k.Code() {
			t.Fatalf("%s has another loop over its lanes", k.Name)
		}
		c.Kernel = kernels.NewKernel(k.Name, wrong, k.Bindings(), k.Workgroups)
		if agree, err := tuner.agree(plans, operands); err != nil || agree {
			t.Errorf("%s without its last lanes agrees: %v", k.Name, err)
		}
	}
}

// A device without the feature has no choice, and none is noted or believed.
func TestTunerWithoutSubgroups(t *testing.T) {
	tuner, err := New(gputest.Device(t), "")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{reductions: "subgroups"}
	tuner.Use(kept)
	if yes, err := tuner.Subgroups(); yes || err != nil || !maps.Equal(tuner.Choices(), kept) {
		t.Errorf("%v, %v, %v", yes, err, tuner.Choices())
	}
}
