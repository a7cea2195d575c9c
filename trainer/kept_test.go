package trainer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/safetensors"
	"pixelda-wgpu/trainer/sinks"
)

// keptRun opens the run of commit 1a0b63a (testdata/kept) in the folder in which it was
// trained, since its configuration names the images relative to that.
func keptRun(t *testing.T) (*rundir.Run, recipe.Config) {
	t.Helper()
	t.Chdir(filepath.Join("..", "testdata", "kept"))
	r, err := rundir.Open("run")
	if err != nil {
		t.Fatal(err)
	}
	c := recipe.Earlier()
	if err := r.Config(&c); err != nil {
		t.Fatal(err)
	}
	return r, c
}

func TestKeptRecords(t *testing.T) {
	r, c := keptRun(t)
	want, err := recipe.Preset("small")
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
	stillWritten(t, c, read(t, filepath.Join("run", "config.json")))
	var report sinks.Report
	if err := r.Report(&report); err != nil {
		t.Fatal(err)
	}
	stillWritten(t, report, read(t, filepath.Join("run", "report.json")))
	n := 0
	err = r.Metrics(func(line []byte) error {
		n++
		var of struct{ Kind string }
		if err := json.Unmarshal(line, &of); err != nil {
			return err
		}
		if of.Kind == "eval" {
			stillWritten(t, decoded[trainer.EvalRecord](t, line), line)
		} else {
			stillWritten(t, decoded[trainer.TrainRecord](t, line), line)
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

// stillWritten fails where a value is not written as JSON that holds all that was
// written of it before. Formats may grow: it can hold more.
func stillWritten(t *testing.T, v any, before []byte) {
	t.Helper()
	now, was := decoded[any](t, []byte(text(t, v))), decoded[any](t, before)
	if !holds(now, was) {
		t.Errorf("it is written as %v, which was %v", now, was)
	}
}

// holds reports whether decoded JSON is equal to part, but for further members of objects.
func holds(whole, part any) bool {
	members, ok := part.(map[string]any)
	if !ok {
		return reflect.DeepEqual(whole, part)
	}
	have, ok := whole.(map[string]any)
	for name, v := range members {
		ok = ok && holds(have[name], v)
	}
	return ok
}

// A checkpoint that names timed plans is gone on with from its very state: all of its
// plans exist, and saved at once it holds its tensors and metadata again.
func TestKeptCheckpoint(t *testing.T) {
	r, c := keptRun(t)
	latest, skipped, err := r.Latest(checkpoint.Check)
	if err != nil || len(skipped) > 0 {
		t.Fatal(err, skipped)
	}
	f, st, err := checkpoint.Open(latest.File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := text(t, st.Config), text(t, c); got != want || st.Iteration != 4 ||
		st.Baseline == nil || *st.Baseline != 1 {
		t.Errorf("it states %+v", st)
	}
	if len(st.Kernels) != 38 || st.Kernels["conv weight 2×4×16×16 3×3→8 /2"] != "direct 2×8×4" ||
		!strings.Contains(st.Adapter, "llvmpipe") {
		t.Errorf("it names %d plans, timed on %s", len(st.Kernels), st.Adapter)
	}
	if dims, err := f.Shape("task.shared.fc1.weight"); len(f.Names()) != 100 || !slices.Equal(dims, []int{8, 64}) {
		t.Errorf("%d tensors, one of shape %v (%v)", len(f.Names()), dims, err)
	}
	x, err := f.Float32s("optim.m.discriminator.fc.weight")
	if err != nil || len(x) != 256 || x[0] != -0.016893453896045685 {
		t.Errorf("moments %v, %v", x, err)
	}

	data, err := engine.OpenData(c)
	if err != nil {
		t.Fatal(err)
	}
	d := gputest.Device(t)
	tuner, err := tune.New(d, "")
	if err != nil {
		t.Fatal(err)
	}
	tuner.Use(st.Kernels)
	tr, err := engine.NewTrainer(d, c, data, tuner)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	for op, name := range tuner.Missing(st.Kernels) {
		if name != "" { // a device with other abilities may have operations besides
			t.Errorf("there is no plan %q for %s any more", name, op)
		}
	}
	if err := checkpoint.Resume(tr, f, st, "it"); err != nil {
		t.Fatal(err)
	}
	now := checkpoint.Of(tr)
	if now.Iteration != 4 || now.Data != st.Data || text(t, now.Config) != text(t, st.Config) {
		t.Errorf("resumed, its state is %+v", now)
	}
	var b bytes.Buffer
	if err := checkpoint.Save(&b, tr); err != nil {
		t.Fatal(err)
	}
	saved, err := safetensors.Read(bytes.NewReader(b.Bytes()), int64(b.Len()), "saved")
	if err != nil {
		t.Fatal(err)
	}
	sameFile(t, saved, f)
	if err := tr.Iterate(); err != nil {
		t.Fatal(err)
	}
	if ok, err := tr.Engine.Healthy(); err != nil || !ok {
		t.Errorf("a further iteration is not finite: %v", err)
	}
}

// sameFile fails where a checkpoint does not hold the tensors of another one, and no
// others, or does not state all that it states.
func sameFile(t *testing.T, got, want *safetensors.File) {
	t.Helper()
	if !slices.Equal(got.Names(), want.Names()) {
		t.Fatalf("tensors %v, want %v", got.Names(), want.Names())
	}
	for _, name := range want.Names() {
		a, err := got.Bytes(name)
		b, err2 := want.Bytes(name)
		c, err3 := got.Shape(name)
		d, err4 := want.Shape(name)
		if err := errors.Join(err, err2, err3, err4); err != nil || !bytes.Equal(a, b) || !slices.Equal(c, d) {
			t.Errorf("tensor %s is another one (%v)", name, err)
		}
	}
	for name, was := range want.Metadata() {
		now := got.Metadata()[name]
		if name == "config" {
			stillWritten(t, json.RawMessage(now), []byte(was))
		} else if now != was {
			t.Errorf("metadata %s is %q, was %q", name, now, was)
		}
	}
}

func TestInexact(t *testing.T) {
	_, c := keptRun(t)
	c.Method = engine.SourceOnly // few kernels to time
	data, err := engine.OpenData(c)
	if err != nil {
		t.Fatal(err)
	}
	d := gputest.Device(t)
	with := func(choose graph.Chooser) *engine.Trainer {
		tr, err := engine.NewTrainer(d, c, data, choose)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.Close)
		return tr
	}
	tuner, err := tune.New(d, "")
	if err != nil {
		t.Fatal(err)
	}
	timed, ruled := with(tuner), with(graph.RuleFor(d.Info()))
	const op = "matmul 2×8·8×8"
	other := func(change func(*checkpoint.State)) checkpoint.State {
		st := checkpoint.Of(timed)
		change(&st)
		return st
	}
	for _, c := range []struct {
		trainer *engine.Trainer
		from    checkpoint.State
		says    string
	}{
		{timed, checkpoint.Of(timed), ""},
		{ruled, checkpoint.Of(ruled), ""},
		{ruled, checkpoint.Of(timed), "not bit-exact: the checkpoint names kernels that were chosen by timing"},
		{timed, checkpoint.Of(ruled), "not bit-exact: the checkpoint's kernels were chosen by rule"},
		{timed, other(func(st *checkpoint.State) { st.Kernels[op] = "gone" }),
			`for 1 of its operations, such as "` + op + `", for which the checkpoint names "gone"`},
		{timed, other(func(st *checkpoint.State) { delete(st.Kernels, op) }),
			`such as "` + op + `", for which the checkpoint names none`},
		{timed, other(func(st *checkpoint.State) { st.Kernels[op], st.Adapter = "gone", "another" }), ""},
	} {
		got := checkpoint.Inexact(c.trainer, c.from)
		if !strings.Contains(got, c.says) || (got == "") != (c.says == "") || strings.Contains(got, "\n") {
			t.Errorf("it says %q, want %q", got, c.says)
		}
	}
}
