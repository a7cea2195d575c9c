package rundir

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The run folder that commit 1a0b63a wrote (testdata/kept) is read but for its configuration
// (see trainer's test), and a copy of it goes on from either checkpoint.
func TestKeptRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(path, os.DirFS(filepath.Join("..", "..", "testdata", "kept", "run"))); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var report struct{ Iterations int }
	if err := r.Report(&report); err != nil || report.Iterations != 4 {
		t.Errorf("report %+v, %v", report, err)
	}
	all, err := r.Checkpoints()
	if err != nil || len(all) != 2 {
		t.Fatalf("checkpoints %v, %v", all, err)
	}
	for i, want := range []Checkpoint{
		{Step: 2, Score: 7.418762271171886e-10, Name: "step-00000002.safetensors"},
		{Step: 4, Score: 2.4582003099737904e-10, Name: "step-00000004.safetensors"},
	} {
		want.File = filepath.Join(path, "checkpoints", want.Name)
		if all[i] != want {
			t.Errorf("checkpoint %+v, want %+v", all[i], want)
		}
	}
	if c, err := r.Best(); err != nil || c.Step != 2 {
		t.Errorf("the best checkpoint is of step %d, %v", c.Step, err)
	}
	if c, skipped, err := r.Latest(accept); err != nil || len(skipped) > 0 || c.Step != 4 {
		t.Errorf("the latest checkpoint is of step %d, %v, %v", c.Step, skipped, err)
	}
	whole := []byte(metrics(t, r))
	if n := bytes.Count(whole, []byte("\n")); n != 6 {
		t.Errorf("%d lines of metrics, want 6", n)
	}

	w := resume(t, path, 3)
	if err := w.Rewind(4); err != nil || metrics(t, r) != string(whole) {
		t.Errorf("gone on with from the end, its metrics change: %v", err)
	}
	if err := w.Rewind(2); err != nil {
		t.Fatal(err)
	}
	if got := metrics(t, r); bytes.Count([]byte(got), []byte("\n")) != 3 || !bytes.HasPrefix(whole, []byte(got)) {
		t.Errorf("gone on with from step 2, its metrics are %s", got)
	}
	save(t, w, 3, 1)
	if got := steps(t, r); len(got) != 2 || got[1] != 3 {
		t.Errorf("it then has checkpoints of steps %v", got)
	}
}
