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
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/sinks"
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
func images(seed uint64) engine.Data {
	splits := func(make func(seed uint64, from, n int) *datasets.Set) datasets.Splits {
		return datasets.Splits{Train: make(seed, 0, 60).Resize(8, 8), Test: make(seed, 60, 21).Resize(8, 8)}
	}
	return engine.Data{Source: splits(draw.Digits), Target: splits(draw.DigitsM)}
}

func newTrainer(t testing.TB, c recipe.Config) *engine.Trainer {
	t.Helper()
	d := gputest.Device(t)
	tr, err := engine.NewTrainer(d, c, images(1), graph.RuleFor(d.Info()))
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

// hears are functions that hear of a run; each may be nil.
type hears struct {
	iterated  func(done int)
	trained   func(trainer.TrainRecord)
	evaluated func()
	saved     func()
}

func (h hears) Hear(e trainer.Event) error {
	switch e := e.(type) {
	case trainer.Iterated:
		if h.iterated != nil {
			h.iterated(e.Step)
		}
	case trainer.TrainRecord:
		if h.trained != nil {
			h.trained(e)
		}
	case trainer.Evaluated:
		if h.evaluated != nil {
			h.evaluated()
		}
	case trainer.Save:
		if h.saved != nil {
			h.saved()
		}
	}
	return nil
}

// resumeFrom takes a trainer to a checkpoint.
func resumeFrom(tr *engine.Trainer, path string) (err error) {
	f, st, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return checkpoint.Resume(tr, f, st, path)
}

// resume goes on with a run as the command does.
func resume(t testing.TB, path string) sinks.Report {
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
	latest, skipped, err := w.Latest(checkpoint.Check)
	if err != nil || len(skipped) > 0 {
		t.Fatal(err, skipped)
	}
	if err := w.Rewind(latest.Step); err != nil {
		t.Fatal(err)
	}
	tr := newTrainer(t, c)
	if err := resumeFrom(tr, latest.File); err != nil {
		t.Fatal(err)
	}
	report, err := sinks.Train(context.Background(), w, tr)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func saved(t testing.TB, run string, step int) []byte {
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
	_, err := sinks.Train(context.Background(), create(t, path, c), newTrainer(t, c), hears{
		iterated: func(done int) {
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
	t.Parallel()
	c := tiny(t)
	straight := filepath.Join(t.TempDir(), "straight")
	w := create(t, straight, c)
	report, err := sinks.Train(context.Background(), w, newTrainer(t, c))
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
	resumed := resume(t, killed)

	if !bytes.Equal(saved(t, straight, 20), saved(t, killed, 20)) {
		t.Error("the checkpoints differ")
	}
	if a, b := report.Final["target"].Accuracy, resumed.Final["target"].Accuracy; a != b {
		t.Errorf("accuracy %g and %g", a, b)
	}
	if report.Final["target"].Images != 21 || report.Final["adapted"].Images != 21 {
		t.Errorf("the last evaluation saw %d target and %d adapted images of 21", report.Final["target"].Images,
			report.Final["adapted"].Images)
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
	_, err := sinks.Train(ctx, w, newTrainer(t, c), hears{iterated: func(done int) {
		if done == 3 {
			cancel()
		}
	}, evaluated: func() { t.Error("an interrupted run first evaluates, which can take minutes") }})
	if !errors.Is(err, trainer.ErrInterrupted) {
		t.Fatalf("got %v", err)
	}
	if saved(t, path, 3) == nil {
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
	_, err := sinks.Train(context.Background(), w, tr, hears{saved: func() {
		tr.Scheme.Rate = func(int, int) float64 { return 1e38 } // which no configuration allows
	}})
	if err == nil || !strings.Contains(err.Error(), "not finite") ||
		!strings.Contains(err.Error(), "step-00000002.safetensors") {
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
	if _, err := sinks.Train(context.Background(), w, tr); err != nil {
		t.Fatal(err)
	}
	latest, _, err := w.Latest(checkpoint.Check)
	if err != nil {
		t.Fatal(err)
	}
	d := gputest.Device(t)
	other, err := engine.NewTrainer(d, c, images(2), graph.RuleFor(d.Info()))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := resumeFrom(other, latest.File); !errors.Is(err, engine.ErrOtherImages) ||
		!strings.Contains(err.Error(), "other images") {
		t.Errorf("got %v", err)
	}
	ev, err := checkpoint.Evaluate(d, latest.File, images(1), graph.RuleFor(d.Info()))
	if err != nil || ev["target"].Images != 21 {
		t.Errorf("evaluation of %v: %v", ev, err)
	}
}

// The baselines must learn: a classifier of source digits gets most of its own
// training batches right after some steps.
func TestSourceOnlyLearns(t *testing.T) {
	t.Parallel()
	c := tiny(t)
	c.Method, c.Iterations, c.LogEvery, c.CheckpointEvery = engine.SourceOnly, 600, 100, 600
	c.Model.LR = 5e-3
	w := create(t, filepath.Join(t.TempDir(), "run"), c)
	defer w.Close()
	var last trainer.TrainRecord
	if _, err := sinks.Train(context.Background(), w, newTrainer(t, c), hears{trained: func(r trainer.TrainRecord) {
		last = r
	}}); err != nil {
		t.Fatal(err)
	}
	if got := last.Correct["task"]; got < 0.8 {
		t.Errorf("after %d iterations over 60 images %.0f %% of the batches are right", last.Step, 100*got)
	}
}
