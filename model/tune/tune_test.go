package tune

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// loops is an operation of which one plan takes about a hundred times as long
// as the other. slow and fast are the targets that each is made for.
func loops(op string, slow, fast *plan.Target) graph.Operation {
	way := func(name string, turns int) plan.Plan {
		k := kernels.NewKernel(name, fmt.Sprintf(`@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var v = f32(id.x);
    for (var i = 0u; i < %du; i++) { v = v * 0.999 + 1.0; }
    y[id.x] = v;
}`, turns), []expand.Binding{{Index: 0, Name: "y", Access: "read_write"}}, [3]uint32{256, 1, 1})
		return plan.Plan{Op: op, Name: name, Calls: []plan.Call{{Kernel: k}}}
	}
	return graph.NewOperation(func(t *plan.Target) iter.Seq[plan.Plan] {
		var plans []plan.Plan
		if t == slow {
			plans = append(plans, way("slow", 10000))
		}
		if t == fast {
			plans = append(plans, way("fast", 100))
		}
		return slices.Values(plans)
	}, map[string]graph.Shape{"y": graph.Features(1, 256*64)})
}

func TestTuner(t *testing.T) {
	d := gputest.Device(t)
	this, other := graph.TargetOf(d.Info()), &plan.IntegratedGPU
	if this == other {
		other = &plan.Lavapipe
	}
	path := filepath.Join(t.TempDir(), "cache", "tuning.json")
	tuner, err := New(d, path)
	if err != nil {
		t.Fatal(err)
	}
	var trials []string
	tuner.OnTrial = func(op string) { trials = append(trials, op) }
	pick := func(tuner *Tuner, o graph.Operation) string {
		t.Helper()
		p, err := tuner.Choose(o)
		if err != nil {
			t.Fatal(err)
		}
		return p.Name
	}

	if got := pick(tuner, loops("both", this, this)); got != "fast" {
		t.Errorf("of two plans for this adapter it picks the %s one", got)
	}
	if got := pick(tuner, loops("slow is ours", this, other)); got != "slow" {
		t.Errorf("it picks the %s plan, which is not for this kind of adapter", got)
	}
	if got := pick(tuner, loops("none is ours", other, other)); got != "fast" {
		t.Errorf("of two plans for other adapters it picks the %s one", got)
	}
	pick(tuner, loops("both", this, this))
	if fmt.Sprint(trials) != "[both none is ours]" {
		t.Errorf("it timed %q", trials)
	}
	want := map[string]string{"both": "fast", "slow is ours": "slow", "none is ours": "fast"}
	if !maps.Equal(tuner.Choices(), want) {
		t.Errorf("choices %v", tuner.Choices())
	}
	tuner.Choices()["both"] = "changed" // a copy
	if err := tuner.Save(); err != nil {
		t.Fatal(err)
	}

	// The next process knows, and a choice that exists no longer is made again.
	again, err := New(d, path)
	if err != nil {
		t.Fatal(err)
	}
	again.OnTrial = func(op string) { t.Errorf("%s is timed again", op) }
	if !maps.Equal(again.Choices(), want) {
		t.Errorf("choices %v read back", again.Choices())
	}
	pick(again, loops("both", this, this))
	again.Use(map[string]string{"both": "slow", "slow is ours": "gone"})
	if got := pick(again, loops("both", this, this)); got != "slow" {
		t.Errorf("told to use slow it picks %s", got)
	}
	again.OnTrial = nil
	if got := pick(again, loops("slow is ours", this, other)); got != "slow" {
		t.Errorf("a plan that exists no longer is replaced by %s", got)
	}
	info, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(info) != 1 {
		t.Errorf("beside the file lie others: %v, %v", info, err)
	}
}

func TestTunerFile(t *testing.T) {
	d := gputest.Device(t)
	dir := t.TempDir()
	file := func(name string, content any) string {
		b, ok := content.([]byte)
		if !ok {
			var err error
			if b, err = json.Marshal(content); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	choices := map[string]string{"conv": "gemm"}
	for _, c := range []struct {
		path  string
		knows bool
	}{
		{file("ours", tunings{d.Info().Key(), kernels.Identity(), choices}), true},
		{file("another", tunings{"another adapter", kernels.Identity(), choices}), false},
		{file("other kernels", tunings{d.Info().Key(), strings.Repeat("0", 64), choices}), false},
		{file("before hashes", map[string]any{"adapter": d.Info().Key(), "choices": choices}), false},
		{filepath.Join(dir, "absent"), false},
		{"", false},
	} {
		tuner, err := New(d, c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		if got := tuner.Choices()["conv"] == "gemm"; got != c.knows {
			t.Errorf("%s: knows %v", c.path, tuner.Choices())
		}
		if err := tuner.Save(); err != nil { // nothing is new
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "absent")); err == nil {
		t.Error("a tuner that timed nothing wrote its file")
	}
	for _, bad := range []string{"", "{", `{"adapter":7}`, `{"choices":["a"]}`} {
		path := file("bad", []byte(bad))
		_, err := New(d, path)
		if err == nil || !strings.HasPrefix(err.Error(), path+" is damaged") ||
			!strings.Contains(err.Error(), "delete it") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := New(d, dir); err == nil {
		t.Error("a folder is a tuning file")
	}
	tuner, err := New(d, filepath.Join(file("plain", []byte("x")), "below"))
	if err == nil {
		tuner.changed = true
		err = tuner.Save()
	}
	if err == nil || fault.Of(err) == "" {
		t.Errorf("below a plain file: %v", err)
	}
}
