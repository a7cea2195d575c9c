//go:build !js

package trainer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"pixelda-wgpu/trainer/events"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
)

// Report is the outcome of a run: report.json.
type Report struct {
	Method     recipe.Method         `json:"method"`
	Source     string                `json:"source"`
	Target     string                `json:"target"`
	Iterations int                   `json:"iterations"`
	Seconds    float64               `json:"seconds"` // of this process
	Adapter    string                `json:"adapter"`
	Final      map[string]Evaluation `json:"final"`       // by domain, whole test splits
	Chosen     EvalRecord            `json:"chosen"`      // the best checkpoint by the label-free score
	Oracle     EvalRecord            `json:"oracle"`      // by target labels, which adaptation does not have
	SourceOnly *float64              `json:"source_only"` // the baseline's target accuracy
	Checkpoint string                `json:"checkpoint"`
	Samples    string                `json:"samples"`
}

// Observer hears of a run's progress; each function may be nil.
type Observer struct {
	Trained   func(TrainRecord)
	Evaluated func(EvalRecord)
	Sampled   func(path string)
	Saved     func(path string)
	Iterated  func(done int)
}

// run is the state of Run.
type run struct {
	*Recorder
	writer   *rundir.Writer
	observer Observer
	events   *events.Writer // for TensorBoard
	best     EvalRecord
	oracle   EvalRecord
	last     rundir.Checkpoint
	sample   string
}

// Run trains until the configured number of iterations is done or ctx ends,
// which takes effect after the iteration under way. baseline is reported.
func (t *Trainer) Run(ctx context.Context, w *rundir.Writer, baseline *float64, o Observer) (rep Report, err error) {
	ev, err := events.Create(w.Path(), t.Iteration)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, ev.Close()) }()
	r := &run{Recorder: NewRecorder(t), writer: w, observer: o, events: ev}
	if err := r.recall(); err != nil {
		return Report{}, err
	}
	c := t.Config
	for t.Iteration < c.Iterations {
		if ctx.Err() != nil {
			if err := t.Sound(); err != nil {
				return Report{}, r.explain(err)
			}
			// Who ends a run does not want to wait for passes over whole test splits.
			return Report{}, errors.Join(r.keep(baseline, Unmeasured), ErrInterrupted)
		}
		if err := t.Iterate(); err != nil {
			return Report{}, r.explain(err)
		}
		if o.Iterated != nil {
			o.Iterated(t.Iteration)
		}
		if err := r.due(baseline); err != nil {
			return Report{}, r.explain(err)
		}
	}
	return r.report(baseline)
}

// recall reads what earlier processes of the run evaluated.
func (r *run) recall() error {
	return r.writer.Metrics(func(line []byte) error {
		rec, ok, err := parseEval(line)
		if ok {
			r.judge(rec)
		}
		return err
	})
}

// judge keeps the best evaluations.
func (r *run) judge(rec EvalRecord) {
	if r.best.Kind == "" || rec.Score >= r.best.Score {
		r.best = rec
	}
	if r.oracle.Kind == "" || rec.Accuracy["target"] >= r.oracle.Accuracy["target"] {
		r.oracle = rec
	}
}

// due does what the iteration just done calls for.
func (r *run) due(baseline *float64) error {
	c, i := r.Config, r.Iteration
	last := i == c.Iterations
	if i%c.LogEvery == 0 || last {
		if err := r.log(); err != nil {
			return err
		}
	}
	pause := time.Now()
	checkpoint := i%c.CheckpointEvery == 0 || last
	if i%c.SampleEvery == 0 || last {
		if err := r.draw(); err != nil {
			return err
		}
	}
	if checkpoint {
		if err := r.save(baseline); err != nil {
			return err
		}
	} else if i%c.EvalEvery == 0 {
		if _, err := r.evaluate(); err != nil {
			return err
		}
	}
	r.Exclude(time.Since(pause))
	return nil
}

// log writes a training record.
func (r *run) log() error {
	rec, err := r.RecordNow()
	if err != nil {
		return err
	}
	if err := r.writer.Log(rec); err != nil {
		return err
	}
	scalars := map[string]float64{"learning_rate": rec.LearningRate, "iterations_per_second": rec.Rate}
	for name, v := range rec.Loss {
		scalars["loss/"+name] = v
	}
	for name, v := range rec.Correct {
		scalars["batch_accuracy/"+name] = v
	}
	r.events.Scalars(rec.Step, scalars)
	if r.observer.Trained != nil {
		r.observer.Trained(rec)
	}
	return nil
}

// evaluate passes over the test images, logs and judges the outcome.
func (r *run) evaluate() (EvalRecord, error) {
	rec, _, err := r.Measure()
	if err != nil {
		return rec, err
	}
	r.judge(rec)
	if err := r.writer.Log(rec); err != nil {
		return rec, err
	}
	scalars := map[string]float64{"score": rec.Score}
	for domain, v := range rec.Accuracy {
		scalars["accuracy/"+domain] = v
	}
	for domain, v := range rec.Angle {
		scalars["angle/"+domain], scalars["angle_exact/"+domain] = v.Coded, v.Exact
	}
	r.events.Scalars(rec.Step, scalars)
	if err := r.events.Flush(); err != nil {
		return rec, err
	}
	if r.observer.Evaluated != nil {
		r.observer.Evaluated(rec)
	}
	return rec, nil
}

// save evaluates and writes a checkpoint.
func (r *run) save(baseline *float64) error {
	if r.Iteration == r.last.Step && r.last.File != "" {
		return nil
	}
	rec, err := r.evaluate()
	if err != nil {
		return err
	}
	return r.keep(baseline, rec.Score)
}

// Unmeasured is the score of a checkpoint that nobody evaluated: that of a
// classifier which tells nothing apart, the lowest.
const Unmeasured = 0

// keep writes a checkpoint unless this iteration has one.
func (r *run) keep(baseline *float64, score float64) (err error) {
	if r.Iteration == r.last.Step && r.last.File != "" {
		return nil
	}
	st := r.State()
	st.Baseline = baseline
	r.last, err = r.writer.SaveCheckpoint(r.Iteration, score, func(w io.Writer) error { return r.Save(w, st) })
	if err == nil && r.observer.Saved != nil {
		r.observer.Saved(r.last.File)
	}
	return err
}

// draw saves a sample grid.
func (r *run) draw() error {
	if r.scheme.draw == nil {
		return nil
	}
	if err := r.Sound(); err != nil {
		return err
	}
	img, err := r.scheme.draw(r.Trainer)
	if err != nil {
		return err
	}
	if r.sample, err = r.writer.SaveSample(r.Iteration, img); err != nil {
		return err
	}
	png, err := os.ReadFile(r.sample)
	if err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	r.events.Image(r.Iteration, "samples", png, img.Bounds().Dx(), img.Bounds().Dy())
	if r.observer.Sampled != nil {
		r.observer.Sampled(r.sample)
	}
	return nil
}

// explain adds to an error what is saved.
func (r *run) explain(err error) error {
	latest, _, missing := r.writer.Latest(CheckCheckpoint)
	if missing != nil {
		return fmt.Errorf("%w; there is no checkpoint yet", err)
	}
	return fmt.Errorf("%w; the last good checkpoint is %s", err, latest.File)
}

// report evaluates whole test splits and writes report.json.
func (r *run) report(baseline *float64) (Report, error) {
	final, err := r.Accuracies(0)
	if err != nil {
		return Report{}, err
	}
	rep := Report{
		Method: r.Config.Method, Source: r.Config.Source, Target: r.Config.Target, Iterations: r.Iteration,
		Seconds: time.Since(r.began).Seconds(), Adapter: r.device.Info().String(), Final: final, Chosen: r.best, Oracle: r.oracle,
		SourceOnly: baseline, Samples: r.sample,
	}
	if best, err := r.writer.Best(); err == nil {
		rep.Checkpoint = best.File
	}
	r.events.End()
	_, err = r.writer.SaveReport(rep)
	return rep, err
}
