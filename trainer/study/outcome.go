package study

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
)

// Outcome is the result of a cell: outcome.json in its folder, beside the files of its run. Shares
// are from 0 to 1.
type Outcome struct {
	Work       Work          `json:"work"`
	Config     recipe.Config `json:"config"`
	Error      string        `json:"error,omitempty"` // why there is no result
	Iterations int           `json:"iterations"`
	Seconds    float64       `json:"seconds,omitempty"` // of training, without evaluations
	Adapter    string        `json:"adapter"`
	Data       string        `json:"data"` // fingerprints of source and target

	Accuracy float64  `json:"accuracy"`         // on the target's test images, after the last iteration
	Chosen   *float64 `json:"chosen,omitempty"` // of the checkpoint that was chosen without target labels
	Oracle   *float64 `json:"oracle,omitempty"` // of the best checkpoint by target labels
	Cost     *float64 `json:"cost,omitempty"`   // C of the linear machine, by the target's validation labels

	Evaluation engine.Evaluation `json:"evaluation"` // by class, with confusions
	// Seen is how many classes, counted from the first, UnseenAccuracy leaves out.
	Seen       int              `json:"seen,omitempty"`
	Memory     *Memory          `json:"memory,omitempty"`
	Divergence *float64         `json:"divergence,omitempty"` // the proxy A-distance, 0 to 2
	Pictures   map[Extra]string `json:"pictures,omitempty"`   // files in the folder
	Samples    string           `json:"samples,omitempty"`    // the run's last sample grid
}

// Fail records why a cell has no outcome.
func (c Cell) Fail(folder, why string) error {
	return Outcome{Work: c.Work, Config: c.Config, Error: why}.Write(folder)
}

// Retry forgets a cell's failure.
func (c Cell) Retry(folder string) error {
	o, err := ReadOutcome(folder)
	if err != nil || o == nil || o.Error == "" {
		return err
	}
	if err := os.Remove(filepath.Join(folder, outcomeFile)); err != nil {
		return origin.Errorf("%w", err)
	}
	return nil
}

const outcomeFile = "outcome.json"

// ReadOutcome reads the outcome of a cell from its folder, or returns nil if the cell has not
// ended.
func ReadOutcome(folder string) (*Outcome, error) {
	file := filepath.Join(folder, outcomeFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	o := Outcome{Config: recipe.Earlier()}
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, origin.Errorf("%s: %w; remove it to have the cell measured again", file, err)
	}
	return &o, nil
}

// Write saves an outcome, completely or not at all.
func (o Outcome) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return origin.Errorf("%w", err)
	}
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return origin.Errorf("%w", err)
	}
	return rundir.WriteFile(filepath.Join(folder, outcomeFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// State says how far a cell has got.
type State string

// The states of a cell.
const (
	ToDo     State = "to do"
	Begun    State = "begun"
	Finished State = "finished"
	Failed   State = "failed" // the last time; it will be tried again
)

// State looks at a cell's folder. It is an error if that holds a configuration other than the
// cell's.
func (c Cell) State(folder string) (State, *Outcome, error) {
	o, err := ReadOutcome(folder)
	if err != nil {
		return "", nil, err
	}
	if o == nil || o.Error != "" {
		state := ToDo
		if r, err := rundir.Open(folder); err == nil && c.Work == Train {
			held := recipe.Earlier()
			if err := r.Config(&held); err != nil {
				return "", nil, err
			}
			if err := c.same(held, folder); err != nil {
				return "", nil, err
			}
			state = Begun
		}
		if o != nil {
			state = Failed
		}
		return state, o, nil
	}
	if err := c.same(o.Config, folder); err != nil {
		return "", nil, err
	}
	for _, e := range c.Extras {
		if !o.measured(e) {
			return Begun, o, nil // another study trained it
		}
	}
	return Finished, o, nil
}

// same compares the configuration that a folder holds with the cell's.
func (c Cell) same(held recipe.Config, folder string) error {
	held.Data = c.Config.Data // the same images may be elsewhere
	if reflect.DeepEqual(held, c.Config) {
		return nil
	}
	return origin.Errorf("%s holds another run than %s asks for (%s): move it away, or give another -out", folder,
		c.Key(), difference(held, c.Config))
}

// measured reports whether an outcome has a measurement.
func (o *Outcome) measured(e Extra) bool {
	if e == Divergence {
		return o.Divergence != nil
	}
	_, has := o.Pictures[e]
	return has
}

// value is a column's figure for an outcome, if there is one.
func (o *Outcome) value(s Statistic) (float64, bool) {
	switch s {
	case Angle:
		if o.Evaluation.Angle == nil {
			return 0, false
		}
		return o.Evaluation.Angle.Coded, true
	case UnseenAccuracy:
		right, all := 0, 0
		for c, row := range o.Evaluation.Confusion {
			if c < o.Seen {
				continue
			}
			right += row[c]
			for _, n := range row {
				all += n
			}
		}
		if all == 0 {
			return 0, false
		}
		return 100 * float64(right) / float64(all), true
	}
	return 100 * o.Accuracy, true
}

// Point is an accuracy during training.
type Point struct {
	Iteration int     `json:"iteration"`
	Accuracy  float64 `json:"accuracy"` // on the target's test images
}

// ReadCurve reads the evaluations of a run, and for how many seconds it trained between them, in
// however many processes.
func ReadCurve(folder string) (points []Point, seconds float64, err error) {
	r, err := rundir.Open(folder)
	if err != nil {
		return nil, 0, err
	}
	trained := 0 // iterations
	err = r.Metrics(func(line []byte) error {
		var rec struct {
			trainer.EvalRecord
			Rate float64 `json:"iterations_per_second"` // trainer.TrainRecord's
		}
		if err := json.Unmarshal(line, &rec); err != nil {
			return origin.Errorf("%s: metrics.jsonl: %w", folder, err)
		}
		if a, ok := rec.Accuracy["target"]; ok && rec.Kind == "eval" {
			points = append(points, Point{rec.Step, a})
		}
		if rec.Rate > 0 {
			seconds += float64(rec.Step-trained) / rec.Rate
			trained = rec.Step
		}
		return nil
	})
	return slices.CompactFunc(points, func(a, b Point) bool { return a.Iteration == b.Iteration }), seconds, err
}
