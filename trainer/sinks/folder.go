// Package sinks holds the sinks of a native run: its folder and TensorBoard.
package sinks

import (
	"fmt"
	"io"
	"time"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
)

// Report is the outcome of a run: report.json.
type Report struct {
	Method     recipe.Method                `json:"method"`
	Source     string                       `json:"source"`
	Target     string                       `json:"target"`
	Iterations int                          `json:"iterations"`
	Seconds    float64                      `json:"seconds"` // of this process
	Adapter    string                       `json:"adapter"`
	Final      map[string]engine.Evaluation `json:"final"`       // by domain, whole test splits
	Chosen     trainer.EvalRecord           `json:"chosen"`      // the best checkpoint by the label-free score
	Oracle     trainer.EvalRecord           `json:"oracle"`      // by target labels, which adaptation does not have
	SourceOnly *float64                     `json:"source_only"` // the baseline's target accuracy
	Checkpoint string                       `json:"checkpoint"`
	Samples    string                       `json:"samples"`
}

// Folder writes a run to its folder: metrics, samples, checkpoints and, at the end, the report.
type Folder struct {
	writer  *rundir.Writer
	trainer *engine.Trainer
	began   time.Time
	best    trainer.EvalRecord // by the label-free score
	oracle  trainer.EvalRecord // by target labels
	sample  string             // the path of the last samples
	report  Report
}

// NewFolder writes what happens to t to w. It recalls the evaluations of the run's earlier
// processes.
func NewFolder(w *rundir.Writer, t *engine.Trainer) (*Folder, error) {
	f := &Folder{writer: w, trainer: t, began: time.Now()}
	return f, w.Metrics(func(line []byte) error {
		rec, ok, err := trainer.ParseEval(line)
		if ok {
			f.judge(rec)
		}
		return err
	})
}

// Report is the outcome, once the run has ended.
func (f *Folder) Report() Report { return f.report }

// Hear writes down what happened.
func (f *Folder) Hear(e trainer.Event) (err error) {
	switch e := e.(type) {
	case trainer.TrainRecord:
		return f.writer.Log(e)
	case trainer.Evaluated:
		f.judge(e.Record)
		return f.writer.Log(e.Record)
	case trainer.Sampled:
		img, err := e.Samples.Grid()
		if err == nil {
			f.sample, err = f.writer.SaveSample(e.Step, img)
		}
		return err
	case trainer.Save:
		_, err = f.writer.SaveCheckpoint(e.Step, e.Score, func(w io.Writer) error {
			return checkpoint.Save(w, f.trainer)
		})
		return err
	case trainer.Ended:
		return f.conclude()
	}
	return nil
}

// judge keeps the best evaluations.
func (f *Folder) judge(rec trainer.EvalRecord) {
	if f.best.Kind == "" || rec.Score >= f.best.Score {
		f.best = rec
	}
	if f.oracle.Kind == "" || rec.Accuracy["target"] >= f.oracle.Accuracy["target"] {
		f.oracle = rec
	}
}

// conclude evaluates whole test splits and writes report.json.
func (f *Folder) conclude() error {
	final, err := f.trainer.Accuracies(0)
	if err != nil {
		return err
	}
	c := f.trainer.Config
	f.report = Report{
		Method: c.Method, Source: c.Source, Target: c.Target, Iterations: f.trainer.Iteration(),
		Seconds: time.Since(f.began).Seconds(), Adapter: f.trainer.Device().Info().String(),
		Final: final, Chosen: f.best, Oracle: f.oracle,
		SourceOnly: f.trainer.Baseline, Samples: f.sample,
	}
	if best, err := f.writer.Best(); err == nil {
		f.report.Checkpoint = best.File
	}
	_, err = f.writer.SaveReport(f.report)
	return err
}

// Explain adds to an error what has been saved of the run.
func (f *Folder) Explain(err error) error {
	latest, _, missing := f.writer.Latest(checkpoint.Check)
	if missing != nil {
		return fmt.Errorf("%w; there is no checkpoint yet", err)
	}
	return fmt.Errorf("%w; the last good checkpoint is %s", err, latest.File)
}
