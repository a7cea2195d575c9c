package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// Checkpoint is a saved state of the run.
type Checkpoint struct {
	Step  int     `json:"step"`
	Score float64 `json:"score"` // by a rule that needs no target labels; higher is better
	Name  string  `json:"name"`  // of the file in checkpoints/
	File  string  `json:"-"`     // its path
}

const indexFile = "index.json"

// Checkpoints lists what is there, oldest first.
func (r *Run) Checkpoints() ([]Checkpoint, error) {
	dir := filepath.Join(r.path, checkpointsDir)
	index := filepath.Join(dir, indexFile)
	data, err := os.ReadFile(index)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(err)
	}
	var listed []Checkpoint
	if err := json.Unmarshal(data, &listed); err != nil {
		return nil, origin.Errorf("%s: %w", index, err)
	}
	// The index lists a checkpoint before its file appears, and may list one whose file is already
	// gone, since SaveCheckpoint can be killed in between.
	var there []Checkpoint
	for _, c := range listed {
		if c.Name != checkpointName(c.Step) {
			return nil, origin.Errorf("%s: step %d has the file name %q", index, c.Step, c.Name)
		}
		c.File = filepath.Join(dir, c.Name)
		switch _, err := os.Stat(c.File); {
		case err == nil:
			there = append(there, c)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, explain(err)
		}
	}
	return there, nil
}

// Latest returns the newest checkpoint that check accepts, and the reasons why newer ones were
// rejected, which should be reported: their work is lost.
func (r *Run) Latest(check func(file string) error) (latest Checkpoint, skipped []error, err error) {
	there, err := r.Checkpoints()
	if err != nil {
		return Checkpoint{}, nil, err
	}
	for _, c := range slices.Backward(there) {
		if err := check(c.File); err != nil {
			skipped = append(skipped, err)
			continue
		}
		return c, skipped, nil
	}
	if len(skipped) > 0 {
		return Checkpoint{}, nil, origin.Errorf("%s: none of its checkpoints is sound: %w", r.path,
			errors.Join(skipped...))
	}
	return Checkpoint{}, nil, origin.Errorf("%s: %w", r.path, ErrNoCheckpoint)
}

// Best returns the checkpoint with the highest score, the latest if there are several.
func (r *Run) Best() (Checkpoint, error) {
	there, err := r.Checkpoints()
	if err != nil {
		return Checkpoint{}, err
	}
	if len(there) == 0 {
		return Checkpoint{}, origin.Errorf("%s: %w", r.path, ErrNoCheckpoint)
	}
	return there[best(there)], nil
}

// ErrNoCheckpoint is what Latest and Best wrap if a run has not reached its first checkpoint.
var ErrNoCheckpoint = errors.New("the run has no checkpoint yet")

func best(of []Checkpoint) int {
	at := 0
	for i := range of {
		if of[i].Score >= of[at].Score {
			at = i
		}
	}
	return at
}

// SaveCheckpoint writes the state after a step, flushes the metrics so far to disk with it, and
// removes the checkpoints that are neither among the last few nor the best.
func (w *Writer) SaveCheckpoint(step int, score float64, write func(io.Writer) error) (Checkpoint, error) {
	if math.IsNaN(score) || math.IsInf(score, 0) {
		return Checkpoint{}, origin.Errorf("%s: step %d has the score %v", w.path, step, score)
	}
	if err := w.metrics.Sync(); err != nil {
		return Checkpoint{}, explain(err)
	}
	dir := filepath.Join(w.path, checkpointsDir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return Checkpoint{}, explain(err)
	}
	there, err := w.Checkpoints()
	if err != nil {
		return Checkpoint{}, err
	}
	there = slices.DeleteFunc(there, func(c Checkpoint) bool { return c.Step == step })
	if n := len(there); n > 0 && there[n-1].Step > step {
		return Checkpoint{}, origin.Errorf("%s: step %d comes after step %d: rewind before an earlier checkpoint",
			w.path, step, there[n-1].Step)
	}
	saved := Checkpoint{Step: step, Score: score, Name: checkpointName(step)}
	saved.File = filepath.Join(dir, saved.Name)
	there = append(there, saved)
	// The index goes first: if the score were written after the file, a kill in between would lose
	// track of the best checkpoint.
	if err := writeJSON(filepath.Join(dir, indexFile), there); err != nil {
		return Checkpoint{}, err
	}
	if err := WriteFile(saved.File, write); err != nil {
		return Checkpoint{}, err
	}
	keep := best(there)
	for i := range len(there) - w.keep {
		if i != keep {
			if err := os.Remove(there[i].File); err != nil {
				return Checkpoint{}, explain(err)
			}
		}
	}
	return saved, nil
}

// forgetAfter removes the checkpoints of later steps, the newest first, so that a kill in between
// leaves an earlier state and no gap.
func (w *Writer) forgetAfter(step int) error {
	there, err := w.Checkpoints()
	if err != nil {
		return err
	}
	for _, c := range slices.Backward(there) {
		if c.Step <= step {
			break
		}
		if err := os.Remove(c.File); err != nil {
			return explain(err)
		}
	}
	return nil
}

func checkpointName(step int) string { return fmt.Sprintf("step-%08d.safetensors", step) }
