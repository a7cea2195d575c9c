package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

type config struct {
	Steps int    `json:"steps"`
	Data  string `json:"data"`
}

type record struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"`
}

// content writes fixed text, as a stand-in for a checkpoint's tensors.
func content(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func accept(string) error { return nil }

func create(t *testing.T, keep int) *Writer {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "run"), config{Steps: 100, Data: "digits"}, keep)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func resume(t *testing.T, path string, keep int) *Writer {
	t.Helper()
	w, err := Resume(path, keep)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func save(t *testing.T, w *Writer, step int, score float64) {
	t.Helper()
	if _, err := w.SaveCheckpoint(step, score, content(fmt.Sprint("state ", step))); err != nil {
		t.Fatal(err)
	}
}

func steps(t *testing.T, r *Run) []int {
	t.Helper()
	there, err := r.Checkpoints()
	if err != nil {
		t.Fatal(err)
	}
	var steps []int
	for _, c := range there {
		steps = append(steps, c.Step)
	}
	return steps
}

func metrics(t *testing.T, r *Run) string {
	t.Helper()
	var all bytes.Buffer
	if err := r.Metrics(func(line []byte) error { all.Write(line); return nil }); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q has more than one line", err)
	}
}

func TestConfigReadsBack(t *testing.T) {
	w := create(t, 1)
	var got config
	if err := w.Config(&got); err != nil {
		t.Fatal(err)
	}
	if want := (config{Steps: 100, Data: "digits"}); got != want {
		t.Errorf("config %+v, want %+v", got, want)
	}
	var other struct{ Steps int }
	wantError(t, w.Config(&other), "config.json", `unknown field "data"`)
}

func TestKeepsTheLastAndTheBest(t *testing.T) {
	w := create(t, 2)
	for i, score := range []float64{0.1, 0.9, 0.3, 0.2, 0.5} {
		save(t, w, 10*(i+1), score)
	}
	if got, want := steps(t, &w.Run), []int{20, 40, 50}; !slices.Equal(got, want) {
		t.Errorf("kept the steps %v, want %v", got, want)
	}
	best, err := w.Best()
	if err != nil || best.Step != 20 || best.Score != 0.9 {
		t.Errorf("best %+v, %v; want step 20 with 0.9", best, err)
	}
	state, err := os.ReadFile(best.File)
	if err != nil || string(state) != "state 20" {
		t.Errorf("the best holds %q, %v", state, err)
	}
	files, err := os.ReadDir(filepath.Join(w.Path(), checkpointsDir))
	if err != nil || len(files) != 4 {
		t.Errorf("%d files in checkpoints/, %v; want three checkpoints and the index", len(files), err)
	}
	// The best is replaced by an equal one, and is then removed with the rest.
	save(t, w, 60, 0.9)
	if got, want := steps(t, &w.Run), []int{50, 60}; !slices.Equal(got, want) {
		t.Errorf("kept the steps %v, want %v", got, want)
	}
}

func TestLatestPassesOverDamage(t *testing.T) {
	w := create(t, 3)
	if _, _, err := w.Latest(accept); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("a new run: %v, want ErrNoCheckpoint", err)
	}
	for _, step := range []int{1, 2, 3} {
		save(t, w, step, 0)
	}
	damaged := errors.New("wrong length")
	latest, skipped, err := w.Latest(func(file string) error {
		if strings.Contains(file, "00000003") {
			return damaged
		}
		return nil
	})
	if err != nil || latest.Step != 2 || len(skipped) != 1 || !errors.Is(skipped[0], damaged) {
		t.Errorf("latest %+v, skipped %v, %v; want step 2, with the damage of step 3 told", latest, skipped, err)
	}
	if _, _, err := w.Latest(func(string) error { return damaged }); !errors.Is(err, damaged) {
		t.Errorf("all damaged: %v, want the damage told", err)
	}
}

func TestRewindDropsWhatCameLater(t *testing.T) {
	w := create(t, 5)
	for step := 1; step <= 6; step++ {
		if err := w.Log(record{step, 0.5}); err != nil {
			t.Fatal(err)
		}
		if step%2 == 0 {
			save(t, w, step, float64(step))
		}
	}
	if _, err := w.SaveReport(map[string]int{"steps": 6}); err != nil {
		t.Fatal(err)
	}
	// A kill tore the last line in the middle.
	if _, err := w.metrics.WriteString(`{"step":7,"lo`); err != nil {
		t.Fatal(err)
	}
	path := w.Path()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	w = resume(t, path, 5)
	if err := w.Rewind(6); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(metrics(t, &w.Run), "\n"); got != 6 {
		t.Errorf("%d records after dropping the torn one, want 6", got)
	}
	if err := w.Rewind(4); err != nil {
		t.Fatal(err)
	}
	if err := w.Log(record{5, 0.25}); err != nil {
		t.Fatal(err)
	}
	want := `{"step":1,"loss":0.5}
{"step":2,"loss":0.5}
{"step":3,"loss":0.5}
{"step":4,"loss":0.5}
{"step":5,"loss":0.25}
`
	if got := metrics(t, &w.Run); got != want {
		t.Errorf("metrics are\n%swant\n%s", got, want)
	}
	if got, want := steps(t, &w.Run), []int{2, 4}; !slices.Equal(got, want) {
		t.Errorf("checkpoints %v, want %v", got, want)
	}
	if err := w.Report(new(any)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the report of the longer run is still there: %v", err)
	}
	// Saving a step before the last one would confuse the order.
	_, err := w.SaveCheckpoint(3, 0, content(""))
	wantError(t, err, "step 3", "step 4")
}

func TestRewindNamesABrokenLine(t *testing.T) {
	w := create(t, 1)
	if _, err := w.metrics.WriteString("{\"step\":1}\nnonsense\n{\"step\":2}\n"); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.Rewind(2), "metrics.jsonl", "at byte 11")
}

func TestLogRefuses(t *testing.T) {
	w := create(t, 1)
	wantError(t, w.Log(map[string]int{"loss": 1}), "metrics.jsonl", "no step")
	wantError(t, w.Log(record{1, inf()}), "metrics.jsonl", "Inf")
	wantError(t, w.Log(3), "metrics.jsonl")
	if got := metrics(t, &w.Run); got != "" {
		t.Errorf("refused records were written: %q", got)
	}
}

func inf() float64 { zero := 0.0; return 1 / zero }

func TestOneWriterAtATime(t *testing.T) {
	w := create(t, 1)
	_, err := Resume(w.Path(), 1)
	wantError(t, err, w.Path(), "in use")
	if _, err := Open(w.Path()); err != nil {
		t.Errorf("reading while another process trains: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	resume(t, w.Path(), 1)
}

func TestFoldersThatAreNoRun(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir)
	wantError(t, err, dir, "no run folder", configFile)
	_, err = Resume(filepath.Join(dir, "missing"), 1)
	wantError(t, err, "missing", "no such file")
	if _, err := os.Stat(filepath.Join(dir, lockFile)); err == nil {
		t.Error("looking at a folder left a lock in it")
	}

	w := create(t, 1)
	_, err = Create(w.Path(), config{}, 1)
	wantError(t, err, w.Path(), "in use")
	w.Close()
	_, err = Create(w.Path(), config{}, 1)
	wantError(t, err, w.Path(), "already holds a run")

	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = Create(dir, config{}, 1)
	wantError(t, err, dir, "not empty", "thesis.tex")
	_, err = Create(filepath.Join(dir, "thesis.tex", "run"), config{}, 1)
	wantError(t, err, "thesis.tex", "not a directory")
	_, err = Create(filepath.Join(dir, "run"), config{}, 0)
	wantError(t, err, "at least 1")
}

func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	if err := WriteFile(file, content("old")); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(file, func(w io.Writer) error {
		if _, err := io.WriteString(w, strings.Repeat("new", 100_000)); err != nil {
			return err
		}
		return &fs.PathError{Op: "write", Path: file, Err: syscall.ENOSPC}
	})
	wantError(t, err, "report.json", "free some space")
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the cause of %q is lost", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "old" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("temporary files are left: %v", left)
	}
	wantError(t, explain(&fs.PathError{Op: "open", Path: "runs/x", Err: syscall.EACCES}), "runs/x", "may write to")
}

func TestSampleIsPNG(t *testing.T) {
	w := create(t, 1)
	file, err := w.SaveSample(1000, image.NewGray(image.Rect(0, 0, 3, 2)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil || decoded.Bounds().Dx() != 3 || filepath.Base(file) != "step-00001000.png" {
		t.Errorf("%s: %v, %v", file, decoded, err)
	}
}

func TestNumbered(t *testing.T) {
	root := filepath.Join(t.TempDir(), "runs")
	for _, want := range []string{"0000-mnist", "0001-mnist", "0002-mnist"} {
		got, err := Numbered(root, "mnist")
		if err != nil || filepath.Base(got) != want {
			t.Fatalf("%s, %v; want %s", got, err, want)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "0041-other"), 0o777); err != nil {
		t.Fatal(err)
	}
	if got, err := Numbered(root, "mnist"); err != nil || filepath.Base(got) != "0042-mnist" {
		t.Fatalf("%s, %v; want 0042-mnist", got, err)
	}
}
