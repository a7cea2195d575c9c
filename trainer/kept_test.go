package trainer_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/rundir"
)

// keptRun opens the run of commit 1a0b63a (testdata/kept) in the folder in which it was
// trained, since its configuration names the images relative to that.
func keptRun(t *testing.T) (*rundir.Run, trainer.Config) {
	t.Helper()
	t.Chdir(filepath.Join("..", "testdata", "kept"))
	r, err := rundir.Open("run")
	if err != nil {
		t.Fatal(err)
	}
	c := trainer.Earlier()
	if err := r.Config(&c); err != nil {
		t.Fatal(err)
	}
	return r, c
}

func TestKeptRecords(t *testing.T) {
	r, c := keptRun(t)
	want, err := trainer.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	want.Source, want.Target, want.Data, want.Seed = "source.pxds", "target.pxds", "data", 7
	want.Iterations, want.Baseline = 4, 1
	want.LogEvery, want.EvalEvery, want.SampleEvery, want.CheckpointEvery = 1, 2, 4, 2
	m := &want.Model
	m.Size, m.Classes, m.Batch, m.NoiseDim = 16, 2, 2, 3
	m.GBlocks, m.GFilters, m.DFilters, m.TowerFilters, m.TowerUnits = 1, 4, 4, [2]int{4, 4}, 8
	if got, want := text(t, c), text(t, want); got != want {
		t.Errorf("configuration\n%s, want\n%s", got, want)
	}
	// What is written of the records that are read is what was there: no field is lost.
	var report trainer.Report
	if err := r.Report(&report); err != nil {
		t.Fatal(err)
	}
	same(t, report, read(t, filepath.Join("run", "report.json")))
	n := 0
	err = r.Metrics(func(line []byte) error {
		n++
		var of struct{ Kind string }
		if err := json.Unmarshal(line, &of); err != nil {
			return err
		}
		if of.Kind == "eval" {
			same(t, decoded[trainer.EvalRecord](t, line), line)
		} else {
			same(t, decoded[trainer.TrainRecord](t, line), line)
		}
		return nil
	})
	if err != nil || n != 6 {
		t.Errorf("%d lines of metrics, %v", n, err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func decoded[T any](t *testing.T, b []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// same fails where a value is not written as the given JSON, but for space.
func same(t *testing.T, v any, want []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, want); err != nil {
		t.Fatal(err)
	}
	if got := text(t, v); got != b.String() {
		t.Errorf("it is written as %s, which was %s", got, &b)
	}
}

// A checkpoint that names timed plans is gone on with from its very state: all of its
// plans exist, and saved at once it has its bytes again, tensors and metadata.
func TestKeptCheckpoint(t *testing.T) {
	r, c := keptRun(t)
	latest, skipped, err := r.Latest(trainer.CheckCheckpoint)
	if err != nil || len(skipped) > 0 {
		t.Fatal(err, skipped)
	}
	f, st, err := trainer.OpenCheckpoint(latest.File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := text(t, st.Config), text(t, c); got != want || st.Iteration != 4 || st.Baseline == nil || *st.Baseline != 1 {
		t.Errorf("it states %+v", st)
	}
	if len(st.Kernels) != 38 || st.Kernels["conv weight 2×4×16×16 3×3→8 /2"] != "direct 2×8×4" || !strings.Contains(st.Adapter, "llvmpipe") {
		t.Errorf("it names %d plans, timed on %s", len(st.Kernels), st.Adapter)
	}
	if dims, err := f.Shape("task.shared.fc1.weight"); len(f.Names()) != 100 || !slices.Equal(dims, []int{8, 64}) {
		t.Errorf("%d tensors, one of shape %v (%v)", len(f.Names()), dims, err)
	}
	if x, err := f.Float32s("optim.m.discriminator.fc.weight"); err != nil || len(x) != 256 || x[0] != -0.016893453896045685 {
		t.Errorf("moments %v, %v", x, err)
	}

	data, err := trainer.OpenData(c)
	if err != nil {
		t.Fatal(err)
	}
	d := gputest.Device(t)
	tuner, err := graph.NewTuner(d, "")
	if err != nil {
		t.Fatal(err)
	}
	tuner.Use(st.Kernels)
	tr, err := trainer.New(d, c, data, trainer.Options{Choose: tuner})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	for op, name := range tuner.Missing(st.Kernels) {
		if name != "" { // a device with other abilities may have operations besides
			t.Errorf("there is no plan %q for %s any more", name, op)
		}
	}
	if err := tr.ResumeFrom(f, st, "it"); err != nil {
		t.Fatal(err)
	}
	now := tr.State()
	if now.Iteration != 4 || now.Data != st.Data || text(t, now.Config) != text(t, st.Config) {
		t.Errorf("resumed, its state is %+v", now)
	}
	var b bytes.Buffer
	if err := tr.Save(&b, st); err != nil || !bytes.Equal(b.Bytes(), read(t, latest.File)) {
		t.Errorf("saved again, it has other bytes (%v)", err)
	}
	if err := tr.Iterate(); err != nil {
		t.Fatal(err)
	}
	if ok, err := tr.Healthy(); err != nil || !ok {
		t.Errorf("a further iteration is not finite: %v", err)
	}
}

func TestInexact(t *testing.T) {
	_, c := keptRun(t)
	c.Method = trainer.SourceOnly // few kernels to time
	data, err := trainer.OpenData(c)
	if err != nil {
		t.Fatal(err)
	}
	d := gputest.Device(t)
	with := func(choose graph.Chooser) *trainer.Trainer {
		tr, err := trainer.New(d, c, data, trainer.Options{Choose: choose})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.Close)
		return tr
	}
	tuner, err := graph.NewTuner(d, "")
	if err != nil {
		t.Fatal(err)
	}
	timed, ruled := with(tuner), with(graph.RuleFor(d.Info()))
	const op = "matmul 2×8·8×8"
	other := func(change func(*trainer.State)) trainer.State {
		st := timed.State()
		change(&st)
		return st
	}
	for _, c := range []struct {
		trainer *trainer.Trainer
		from    trainer.State
		says    string
	}{
		{timed, timed.State(), ""},
		{ruled, ruled.State(), ""},
		{ruled, timed.State(), "not bit-exact: the checkpoint names kernels that were chosen by timing"},
		{timed, ruled.State(), "not bit-exact: the checkpoint's kernels were chosen by rule"},
		{timed, other(func(st *trainer.State) { st.Kernels[op] = "gone" }),
			`for 1 of its operations, such as "` + op + `", for which the checkpoint names "gone"`},
		{timed, other(func(st *trainer.State) { delete(st.Kernels, op) }),
			`such as "` + op + `", for which the checkpoint names none`},
		{timed, other(func(st *trainer.State) { st.Kernels[op], st.Adapter = "gone", "another" }), ""},
	} {
		if got := c.trainer.Inexact(c.from); !strings.Contains(got, c.says) || (got == "") != (c.says == "") || strings.Contains(got, "\n") {
			t.Errorf("it says %q, want %q", got, c.says)
		}
	}
}
