package native

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/sinks"
)

// tinyModel are the flags of a model that trains in no time.
var tinyModel = strings.Fields("-set size=8 -set batch=4 -set g_blocks=1 -set g_filters=4 -set d_filters=4 " +
	"-set tower_filters=[4,8] -set tower_units=16 -set source_train=60 -set target_train=60 -set eval_images=20")

// A user trains, looks at what it is worth, uses it and goes on.
func TestTrainEvalAdaptResume(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "run")
	trains := func(args ...string) string { // it tells its progress too, so it is not silent
		t.Helper()
		status, out, errs := runLine(t, args...)
		if status != console.Done {
			t.Fatalf("%v: status %d\n%s", args, status, errs)
		}
		return out
	}
	text := trains(append([]string{"train", "-out", folder, "-iterations", "4", "-baseline", "3"}, tinyModel...)...)
	for _, want := range []string{"source-only", "adapted", "chosen", "points", "Samples",
		filepath.Join(folder, "report.json")} {
		if !strings.Contains(text, want) {
			t.Errorf("train does not tell %q:\n%s", want, text)
		}
	}
	var ev evaluation
	if err := json.Unmarshal([]byte(succeeds(t, "eval", "-json", folder)), &ev); err != nil {
		t.Fatal(err)
	}
	if ev.Iteration != 4 || ev.Domains["target"].Images != 2000 || ev.Domains["adapted"].Images != 2000 {
		t.Errorf("eval: iteration %d, %d target and %d adapted images", ev.Iteration, ev.Domains["target"].Images,
			ev.Domains["adapted"].Images)
	}
	images := filepath.Join(t.TempDir(), "adapted")
	succeeds(t, "adapt", "-limit", "3", "-out", images, folder, "digits")
	if files, err := filepath.Glob(filepath.Join(images, "*", "*.png")); err != nil || len(files) != 3 {
		t.Errorf("adapt wrote %v: %v", files, err)
	}
	var report sinks.Report
	if err := json.Unmarshal([]byte(trains("train", "-json", "-resume", folder, "-iterations", "6")),
		&report); err != nil {
		t.Fatal(err)
	}
	if report.Iterations != 6 || report.SourceOnly == nil {
		t.Errorf("the resumed run's report: %+v", report)
	}

	// A checkpoint alone, as the page saves it, begins a folder.
	checkpoint := filepath.Join(folder, "checkpoints", "step-00000006.safetensors")
	fails(t, console.Failed, "was trained on other images", "train", "-resume", checkpoint, "-target", "digits", "-out",
		filepath.Join(t.TempDir(), "no"))
	other := filepath.Join(t.TempDir(), "other")
	if err := json.Unmarshal([]byte(trains("train", "-json", "-resume", checkpoint, "-out", other, "-iterations", "7")),
		&report); err != nil {
		t.Fatal(err)
	}
	if report.Iterations != 7 || report.SourceOnly == nil || !strings.HasPrefix(report.Checkpoint, other) {
		t.Errorf("the report of a run from a checkpoint: %+v", report)
	}
}

func TestTrainErrors(t *testing.T) {
	used := t.TempDir()
	if err := os.WriteFile(filepath.Join(used, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"train -preset huge", console.Misused, `no preset "huge"`},
		{"train -set foo=1", console.Misused, `no setting "foo"`},
		{"train -set foo", console.Misused, "NAME=VALUE"},
		{"train -set noise_std=-1", console.Failed, "noise_std is -1"},
		{"train -source /nosuch", console.Failed, "/nosuch"},
		{"train -source mnist -data /nosuch", console.Failed, "datasets download mnist"},
		{"train -resume /nosuch", console.Failed, "/nosuch"},
		{"train -resume /nosuch -seed 3", console.Misused, "-seed cannot change"},
		{"train -set classes=7", console.Failed, "set classes=10"},
		{"train -out " + used, console.Failed, "not empty"},
		{"eval /nosuch", console.Failed, "/nosuch"},
		{"eval", console.Misused, "eval"},
		{"adapt /nosuch digits", console.Failed, "/nosuch"},
	} {
		fails(t, c.status, c.want, strings.Fields(c.args)...)
	}
}
