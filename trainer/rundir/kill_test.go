package rundir

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const trainInto = "RUNDIR_TEST_TRAIN_INTO"

// TestMain doubles as the process that TestKilledAtAnyMoment kills.
func TestMain(m *testing.M) {
	if path := os.Getenv(trainInto); path != "" {
		fmt.Fprintln(os.Stderr, train(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// state stands for a checkpoint of a step: long enough to be torn.
func state(step int) string { return strings.Repeat(fmt.Sprintln(step), 20_000) }

// whole reports a checkpoint that is not exactly the state of its step.
func whole(file string) error {
	var step int
	if _, err := fmt.Sscanf(filepath.Base(file), "step-%d", &step); err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if string(data) != state(step) {
		return fmt.Errorf("%s is torn", file)
	}
	return nil
}

// train resumes the run and goes on until it is killed. The score of a step is
// its remainder by 7, so the best checkpoint is known at any step.
func train(path string) error {
	w, err := Resume(path, 2)
	if err != nil {
		return err
	}
	last, skipped, err := w.Latest(whole)
	if err != nil || len(skipped) > 0 {
		return fmt.Errorf("resuming: %v %w", skipped, err)
	}
	if err := w.Rewind(last.Step); err != nil {
		return err
	}
	for step := last.Step + 1; ; step++ {
		if err := w.Log(record{step, float64(step)}); err != nil {
			return err
		}
		if _, err := w.SaveCheckpoint(step, float64(step%7), func(out io.Writer) error {
			_, err := io.WriteString(out, state(step))
			return err
		}); err != nil {
			return err
		}
	}
}

// awaitProgress waits until the run's newest checkpoint is not what it was.
func awaitProgress(t *testing.T, path string) {
	t.Helper()
	newest := func() int {
		run, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		there, err := run.Checkpoints()
		if err != nil {
			t.Fatal(err)
		}
		return there[len(there)-1].Step
	}
	const patience = 30 * time.Second // a process starts in milliseconds, on a busy machine in seconds
	start := newest()
	for began := time.Now(); newest() == start; time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("no checkpoint after step %d in %v", start, patience)
		}
	}
}

func TestKilledAtAnyMoment(t *testing.T) {
	w := create(t, 2)
	path := w.Path()
	if _, err := w.SaveCheckpoint(0, 0, content(state(0))); err != nil {
		t.Fatal(err)
	}
	w.Close()

	for kill := range 12 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), trainInto+"="+path)
		var said strings.Builder
		child.Stderr = &said
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		awaitProgress(t, path)
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil || said.Len() > 0 {
			t.Fatalf("kill %d: the run ended by itself: %v %s", kill, err, said.String())
		}
	}

	w = resume(t, path, 2)
	last, skipped, err := w.Latest(whole)
	if err != nil || len(skipped) > 0 {
		t.Fatal(err, skipped)
	}
	best, err := w.Best()
	if err != nil {
		t.Fatal(err)
	}
	wantBest := 0
	for step := range last.Step + 1 {
		if step%7 >= wantBest%7 {
			wantBest = step
		}
	}
	if best.Step != wantBest {
		t.Errorf("at step %d the best is %d, want %d", last.Step, best.Step, wantBest)
	}
	if err := w.Rewind(last.Step); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for step := 1; step <= last.Step; step++ {
		fmt.Fprintf(&want, "{\"step\":%d,\"loss\":%d}\n", step, step)
	}
	if got := metrics(t, &w.Run); got != want.String() {
		t.Errorf("metrics to step %d are not those of an unbroken run:\n%s", last.Step, got)
	}
	for _, dir := range []string{path, filepath.Join(path, checkpointsDir)} {
		left, err := filepath.Glob(filepath.Join(dir, ".*"+temporarySuffix))
		if err != nil || len(left) > 0 {
			t.Errorf("left over: %v, %v", left, err)
		}
	}
}
