package trainer

import (
	"errors"
	"time"

	"pixelda-wgpu/model"
)

// TrainRecord is a line of metrics.jsonl about the iterations since the last.
type TrainRecord struct {
	Step         int                `json:"step"` // iterations done
	Kind         string             `json:"kind"` // "train"
	Loss         map[string]float64 `json:"loss"` // unweighted means
	Correct      map[string]float64 `json:"batch_accuracy"`
	LearningRate float64            `json:"learning_rate"`
	Rate         float64            `json:"iterations_per_second"`
	Seconds      float64            `json:"seconds"` // since this process began to train
}

// EvalRecord is a line of metrics.jsonl about an evaluation.
type EvalRecord struct {
	Step     int                `json:"step"`
	Kind     string             `json:"kind"`            // "eval"
	Accuracy map[string]float64 `json:"accuracy"`        // on test images, by domain: target, source, adapted
	Angle    map[string]Angles  `json:"angle,omitempty"` // mean errors of orientation, by domain
	Score    float64            `json:"score"`           // that chooses the best checkpoint, without target labels
}

// ErrInterrupted is returned by a run whose context ended. Its state is saved.
var ErrInterrupted = errors.New("interrupted")

// Recorder measures a run as it goes.
type Recorder struct {
	*Trainer
	began time.Time
	rate  rate
}

// NewRecorder begins to measure a run from its present iteration on.
func NewRecorder(t *Trainer) *Recorder {
	r := &Recorder{Trainer: t, began: time.Now()}
	r.rate.restart(t.Iteration)
	return r
}

// Exclude says that so much of the time since the last record was not spent on
// training.
func (r *Recorder) Exclude(d time.Duration) { r.rate.at = r.rate.at.Add(d) }

// Record makes the record of the iterations since the last one. It does not wait
// for the device: a later call on the session calls done, with an error that is
// ErrNotFinite if a loss or a gradient so far was not finite.
func (r *Recorder) Record(done func(TrainRecord, error)) error {
	rec := TrainRecord{
		Step: r.Iteration, Kind: "train", Loss: map[string]float64{}, Correct: map[string]float64{},
		Rate: r.rate.since(r.Iteration), Seconds: time.Since(r.began).Seconds(),
	}
	rec.LearningRate = r.scheme.learningRate(r.Iteration * r.scheme.updates())
	r.rate.restart(r.Iteration)
	return r.losses.take(r.Session, func(means map[string][model.LossColumns]float64, err error) {
		r.scheme.note(note{&rec, means, r.Batch, r.LearnsPose(), r.Data.Labelled != nil})
		done(rec, err)
	})
}

// RecordNow is Record that waits.
func (r *Recorder) RecordNow() (rec TrainRecord, err error) {
	var late error
	err = r.Record(func(done TrainRecord, err error) { rec, late = done, err })
	return rec, errors.Join(err, r.Session.Wait(), late)
}

// Sound reports a loss or a gradient so far that was not finite.
func (t *Trainer) Sound() error {
	if err := t.losses.drain(t.Session); err != nil {
		return err
	}
	ok, err := t.Healthy()
	if err == nil && !ok {
		err = ErrNotFinite
	}
	return err
}

// Measure passes over the test images, of the source's as many as the
// configuration says: a record, and the evaluations by domain.
func (r *Recorder) Measure() (EvalRecord, map[string]Evaluation, error) {
	rec := EvalRecord{Step: r.Iteration, Kind: "eval", Accuracy: map[string]float64{}}
	if err := r.Sound(); err != nil {
		return rec, nil, err
	}
	accuracies, err := r.Accuracies(r.Config.EvalImages)
	if err != nil {
		return rec, nil, err
	}
	for domain, ev := range accuracies {
		rec.Accuracy[domain] = ev.Accuracy
		if ev.Angle != nil {
			if rec.Angle == nil {
				rec.Angle = map[string]Angles{}
			}
			rec.Angle[domain] = *ev.Angle
		}
	}
	rec.Score, err = r.Score()
	return rec, accuracies, err
}
