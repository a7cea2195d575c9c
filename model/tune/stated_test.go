package tune

import (
	"maps"
	"os"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// What a checkpoint states is used, under the names of today, and what cannot be used is told.
func TestStatedPlans(t *testing.T) {
	renamed["sluggish"] = "slow"
	t.Cleanup(func() { delete(renamed, "sluggish") })
	d := gputest.Device(t)
	tuner, err := New(d, "")
	if err != nil {
		t.Fatal(err)
	}
	stated := map[string]string{"kept": "slow", "renamed": "sluggish", "gone": "quick", "of another model": "quick"}
	tuner.Use(stated)
	if missing := tuner.Missing(stated); len(missing) > 0 {
		t.Errorf("before anything is computed, %v is missing", missing)
	}
	for op, want := range map[string]string{"kept": "slow", "renamed": "slow", "gone": "fast", "new": "fast"} {
		here := graph.TargetOf(d.Info())
		p, err := tuner.Choose(loops(op, here, here))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Name; got != want {
			t.Errorf("%s: it picks the %s plan, not the %s one", op, got, want)
		}
	}
	if got := tuner.Missing(stated); !maps.Equal(got, map[string]string{"gone": "quick", "new": ""}) {
		t.Errorf("missing: %v", got)
	}
	if got := tuner.Missing(tuner.Choices()); len(got) > 0 {
		t.Errorf("a checkpoint of the present choices misses %v", got)
	}
}

// A rename must lead to a name that is not renamed in turn: no chain is followed.
func TestRenamesAreDirect(t *testing.T) {
	for old, name := range renamed {
		if _, again := renamed[name]; again {
			t.Errorf("%q is renamed to %q, which is renamed too", old, name)
		}
	}
}

// The tuning file of commit 1a0b63a (testdata/kept) opens. It is a cache: it counts only
// for its adapter and kernels, which here are made to be the present ones.
func TestKeptTuning(t *testing.T) {
	const kept = "../../testdata/kept/tuning.json"
	d := gputest.Device(t)
	if _, err := New(d, kept); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"Vulkan/Mesa/llvmpipe (LLVM 15.0.6, 256 bits)/llvmpipe Mesa 22.3.6 (LLVM 15.0.6)", d.Info().Key(),
		"2b2f371d6ff4288f8d1a0e25d90436ef93ae005e1150521849ce386fac1f571b", kernels.Identity(),
	).Replace(string(b))
	path := t.TempDir() + "/tuning.json"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tuner, err := New(d, path)
	if err != nil {
		t.Fatal(err)
	}
	got := tuner.Choices()
	if len(got) != 14 || got["conv 2×3×16×16 5×5→4 bias relu"] != "direct 2×4×4 uniform" ||
		got["matmul 2×8·8×8"] != "direct 32" {
		t.Errorf("it holds %d choices: %v", len(got), got)
	}
}
