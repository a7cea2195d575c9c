package trainer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
)

// tiny is a configuration that has every part of the model and little to do.
func tiny(t testing.TB) recipe.Config {
	t.Helper()
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Model.Size, c.Model.Batch = 8, 4
	c.Model.GBlocks, c.Model.GFilters, c.Model.DFilters = 1, 4, 4
	c.Model.TowerFilters, c.Model.TowerUnits = [2]int{4, 8}, 16
	c.Iterations, c.Baseline = 20, 0
	c.LogEvery, c.EvalEvery, c.SampleEvery, c.CheckpointEvery = 5, 10, 10, 10
	return c
}

// images are a few of the built-in ones, of the model's size.
func images(seed uint64) trainer.Data {
	splits := func(make func(seed uint64, from, n int) *datasets.Set) datasets.Splits {
		return datasets.Splits{Train: make(seed, 0, 60).Resize(8, 8), Test: make(seed, 60, 21).Resize(8, 8)}
	}
	return trainer.Data{Source: splits(datasets.Digits), Target: splits(datasets.DigitsM)}
}

func newTrainer(t testing.TB, c recipe.Config) *trainer.Trainer {
	t.Helper()
	d := gputest.Device(t)
	tr, err := trainer.New(d, c, images(1), trainer.Options{Choose: graph.RuleFor(d.Info())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

func create(t testing.TB, path string, c recipe.Config) *rundir.Writer {
	t.Helper()
	w, err := rundir.Create(path, c, c.Keep)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// resume goes on with a run as the command does.
func resume(t testing.TB, path string, o trainer.Observer) trainer.Report {
	t.Helper()
	w, err := rundir.Resume(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c := recipe.Earlier()
	if err := w.Config(&c); err != nil {
		t.Fatal(err)
	}
	latest, skipped, err := w.Latest(trainer.CheckCheckpoint)
	if err != nil || len(skipped) > 0 {
		t.Fatal(err, skipped)
	}
	if err := w.Rewind(latest.Step); err != nil {
		t.Fatal(err)
	}
	tr := newTrainer(t, c)
	if _, err := tr.Resume(latest.File); err != nil {
		t.Fatal(err)
	}
	report, err := tr.Run(context.Background(), w, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func checkpoint(t testing.TB, run string, step int) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(run, "checkpoints", fmt.Sprintf("step-%08d.safetensors", step)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const childEnv = "TRAINER_TEST_RUN"

// TestChild is the process that TestKillAndResume kills; by itself it passes.
func TestChild(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		return
	}
	c := tiny(t)
	_, err := newTrainer(t, c).Run(context.Background(), create(t, path, c), nil, trainer.Observer{
		Iterated: func(done int) {
			if done == 13 {
				fmt.Println("halfway")
				time.Sleep(time.Hour)
			}
		},
	})
	t.Fatal("outlived its kill: ", err)
}

// Twenty iterations in one go, and ten, a kill and ten more, must leave the same
// checkpoint, byte for byte: all that is random follows from seed and iteration.
func TestKillAndResume(t *testing.T) {
	c := tiny(t)
	straight := filepath.Join(t.TempDir(), "straight")
	w := create(t, straight, c)
	report, err := newTrainer(t, c).Run(context.Background(), w, nil, trainer.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	killed := filepath.Join(t.TempDir(), "killed")
	child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	child.Env = append(os.Environ(), childEnv+"="+killed)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	for buf := make([]byte, 4096); !strings.Contains(seen.String(), "halfway"); {
		n, err := out.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("the child ended: %v\n%s", err, &seen)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	resumed := resume(t, killed, trainer.Observer{})

	if !bytes.Equal(checkpoint(t, straight, 20), checkpoint(t, killed, 20)) {
		t.Error("the checkpoints differ")
	}
	if a, b := report.Final["target"].Accuracy, resumed.Final["target"].Accuracy; a != b {
		t.Errorf("accuracy %g and %g", a, b)
	}
	if report.Final["target"].Images != 21 || report.Final["adapted"].Images != 21 {
		t.Errorf("the last evaluation saw %d target and %d adapted images of 21", report.Final["target"].Images, report.Final["adapted"].Images)
	}
	for _, name := range []string{"config.json", "metrics.jsonl", "report.json", "samples/step-00000010.png"} {
		if _, err := os.Stat(filepath.Join(killed, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestInterrupt(t *testing.T) {
	c := tiny(t)
	path := filepath.Join(t.TempDir(), "run")
	w := create(t, path, c)
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	_, err := newTrainer(t, c).Run(ctx, w, nil, trainer.Observer{Iterated: func(done int) {
		if done == 3 {
			cancel()
		}
	}, Evaluated: func(trainer.EvalRecord) { t.Error("an interrupted run first evaluates, which can take minutes") }})
	if !errors.Is(err, trainer.ErrInterrupted) {
		t.Fatalf("got %v", err)
	}
	if checkpoint(t, path, 3) == nil {
		t.Error("nothing saved")
	}
}

// A learning rate that blows up must stop the run and name what is left of it.
func TestNotFinite(t *testing.T) {
	c := tiny(t)
	c.Model.LR = 1
	c.Iterations, c.CheckpointEvery = 20, 2
	tr := newTrainer(t, c)
	w := create(t, filepath.Join(t.TempDir(), "run"), c)
	defer w.Close()
	_, err := tr.Run(context.Background(), w, nil, trainer.Observer{Saved: func(string) {
		trainer.SetRate(tr, 1e38)
	}})
	if err == nil || !strings.Contains(err.Error(), "not finite") || !strings.Contains(err.Error(), "step-00000002.safetensors") {
		t.Fatalf("got %v", err)
	}
}

func TestResumeOtherImages(t *testing.T) {
	c := tiny(t)
	c.Iterations, c.CheckpointEvery = 1, 1
	path := filepath.Join(t.TempDir(), "run")
	w := create(t, path, c)
	defer w.Close()
	tr := newTrainer(t, c)
	if _, err := tr.Run(context.Background(), w, nil, trainer.Observer{}); err != nil {
		t.Fatal(err)
	}
	latest, _, err := w.Latest(trainer.CheckCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	tr.Data = images(2)
	if _, err := tr.Resume(latest.File); err == nil || !strings.Contains(err.Error(), "other images") {
		t.Errorf("got %v", err)
	}
	d := gputest.Device(t)
	ev, err := trainer.Evaluate(d, latest.File, images(1), graph.RuleFor(d.Info()))
	if err != nil || ev["target"].Images != 21 {
		t.Errorf("evaluation of %v: %v", ev, err)
	}
}

// The baselines must learn: a classifier of source digits gets most of its own
// training batches right after some steps.
func TestSourceOnlyLearns(t *testing.T) {
	c := tiny(t)
	c.Method, c.Iterations, c.LogEvery, c.CheckpointEvery = trainer.SourceOnly, 600, 100, 600
	c.Model.LR = 5e-3
	w := create(t, filepath.Join(t.TempDir(), "run"), c)
	defer w.Close()
	var last trainer.TrainRecord
	if _, err := newTrainer(t, c).Run(context.Background(), w, nil, trainer.Observer{Trained: func(r trainer.TrainRecord) { last = r }}); err != nil {
		t.Fatal(err)
	}
	if got := last.Correct["task"]; got < 0.8 {
		t.Errorf("after %d iterations over 60 images %.0f %% of the batches are right", last.Step, 100*got)
	}
}
