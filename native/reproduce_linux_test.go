package native

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/reproduce"
	"pixelda-wgpu/native/internal/supervise"
	"pixelda-wgpu/trainer/study"
)

// TestMain lets the test binary be the child that reproduces a cell.
func TestMain(m *testing.M) {
	if !supervise.Child() {
		os.Exit(m.Run())
	}
	os.Exit(run(os.Args[1:], os.Stdout, supervise.Become()))
}

// reproduces runs the command, whose children are this test's binary.
func reproduces(t *testing.T, out string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	line := append([]string{"reproduce"}, args...)
	line = append(line, "-scale", "tiny-for-tests", "-out", out)
	if a := adapter(); a != "" {
		line = append(line, "-adapter", a)
	}
	return runLine(t, line...)
}

// TestReproduce does a study that has every kind of work, ends a run of it halfway
// as a kill would, and goes on.
func TestReproduce(t *testing.T) {
	out := t.TempDir()
	status, text, errs := reproduces(t, out, "decoupling")
	if status != console.Done || !strings.Contains(text, "Other classifier, redrawn source") {
		t.Fatalf("status %d\n%s\n%s", status, text, errs)
	}
	folder := filepath.Join(out, "tiny-for-tests")
	for _, file := range []string{"report.md", "report.json", "mnist-mnistm-accuracy.svg",
		"mnist-mnistm-pixelda-seed-1-samples.png"} {
		if info, err := os.Stat(filepath.Join(folder, "decoupling", file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	var rep study.Report
	if status, text, errs = reproduces(t, out, "decoupling", "-json"); status != console.Done {
		t.Fatalf("once more: status %d\n%s", status, errs)
	}
	if err := json.Unmarshal([]byte(text), &rep); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(errs, "Adapter") {
		t.Errorf("finished runs are repeated:\n%s", errs)
	}
	if len(rep.Failures) != 0 || len(rep.Runs) != 4 || rep.Rows[0].Figures[0].Ours == nil ||
		len(rep.Columns[0].Data) != 1 {
		t.Errorf("the report is %+v", rep)
	}

	// A kill after iteration 2 of 4 leaves neither report nor later checkpoint.
	run := filepath.Join(folder, "runs", "mnist-mnistm", "pixelda", "seed-1")
	last := filepath.Join(run, "checkpoints", "step-00000004.safetensors")
	unbroken, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{last, filepath.Join(run, "report.json"), filepath.Join(run, "outcome.json")} {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	var listed []reproduce.Listing
	if _, text, _ = reproduces(t, out, "fig3", "-list", "-json"); json.Unmarshal([]byte(text), &listed) != nil {
		t.Fatalf("the list is %s", text)
	}
	if len(listed) != 2 || listed[0].State != study.ToDo || listed[1].State != study.Begun {
		t.Errorf("the runs of fig3 are %+v", listed)
	}
	if status, _, errs = reproduces(t, out, "fig3"); status != console.Done ||
		!strings.Contains(errs, "Resuming after iteration 2") {
		t.Errorf("status %d\n%s", status, errs)
	}
	resumed, err := os.ReadFile(last)
	if err != nil || !bytes.Equal(resumed, unbroken) {
		t.Errorf("the resumed run ends in another state, %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "fig3", "mnist-mnistm-pixelda-seed-1-neighbours.png")); err != nil {
		t.Error(err)
	}
}

// TestReproduceTellsFailures has runs that cannot be: each is told, and the report
// is written.
func TestReproduceTellsFailures(t *testing.T) {
	out := t.TempDir()
	folder := filepath.Join(out, "tiny-for-tests")
	foreign := filepath.Join(folder, "runs", "mnist-mnistm", "pixelda", "seed-1", "checkpoints")
	if err := os.MkdirAll(filepath.Dir(foreign), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(foreign, nil, 0o666); err != nil { // where the run wants a folder
		t.Fatal(err)
	}
	status, text, errs := reproduces(t, out, "decoupling")
	if status != console.Failed || !strings.Contains(errs, "3 runs failed") {
		t.Errorf("status %d\n%s", status, errs)
	}
	if !strings.Contains(text, "Report") {
		t.Errorf("it tells of no report:\n%s", text)
	}
	report, err := os.ReadFile(filepath.Join(folder, "decoupling", "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3 cells have no outcome", "it needs mnist-mnistm/pixelda/seed-1, which has failed",
		"checkpoints"} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report does not say %q:\n%s", want, report)
		}
	}
	// Once that is mended the same command goes on as if nothing had been.
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	if status, _, errs = reproduces(t, out, "supplement1"); status != console.Done {
		t.Errorf("status %d\n%s", status, errs)
	}
}

// TestReproduceWantsImages begins nothing that would lack images later.
func TestReproduceWantsImages(t *testing.T) {
	out := filepath.Join(t.TempDir(), "studies")
	for _, want := range [][]string{
		{"mnist is not in nowhere", "decoupling"},
		{"there is no file or folder nowhere/crops-synthetic.pxds", "table3", "-objects", "crops"},
	} {
		status, text, errs := reproduces(t, out, append(want[1:], "-data", "nowhere")...)
		if status != console.Failed || text != "" || !strings.Contains(errs, want[0]) ||
			strings.Count(errs, "\n") != 1 {
			t.Errorf("status %d\n%s%s", status, text, errs)
		}
		if _, err := os.Stat(out); err == nil {
			t.Error("it has written something")
		}
	}
}
