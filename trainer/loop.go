// Package trainer is the loop that trains: it decides when a run is logged, evaluated, sampled,
// saved and ended, and tells sinks. What is trained is in trainer/recipe, how is in trainer/engine.
// The command and the page run the same loop, with different sinks.
package trainer

import (
	"context"
	"errors"
	"time"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer"

// Engine is what a Loop trains: an engine.Trainer, or a fake in tests.
type Engine interface {
	Iteration() int // iterations done
	Iterate() error
	LearningRate() float64
	Losses(done func(loss, correct map[string]float64, err error)) error
	Wait() error
	Sound() error
	Accuracies(limit int) (map[string]engine.Evaluation, error)
	Score() (float64, error)
	Draws() bool
	Draw() (engine.Samples, error)
}

// Host adapts the loop to where it runs.
type Host struct {
	// SaveEvery saves the state every so many iterations, after an evaluation, since people choose
	// among such checkpoints by their scores. 0 for never.
	SaveEvery int
	// SaveAfter saves the state when so much time has passed since the last time, without an
	// evaluation: such a state only replaces the previous one, in case the process ends. 0 for
	// never.
	SaveAfter time.Duration

	// Ahead lets iterations continue while the losses of a record are on their way from the device.
	// A page needs it, since waiting there is slow and its player limits how much work is queued.
	// Natively there is no such limit, so the loop waits once per record.
	Ahead bool
}

// ErrInterrupted is returned by a run whose context ended. Its state has been saved.
var ErrInterrupted = errors.New("interrupted")

// Loop trains a run: it iterates, does what is due and tells the sinks, in order. It is for one
// goroutine.
type Loop struct {
	Until int // iterations after which it ends; by default, all of the configuration's

	engine Engine
	config recipe.Config
	host   Host
	sinks  []Sink

	now     func() time.Time
	began   time.Time
	mark    time.Time // when the last record was made, plus the time since then not spent on training
	marked  int       // the iteration of the last record
	savedAt time.Time
	saved   int   // the iteration that was saved; -1 for none
	late    error // an error found when a record arrived

	evaluated int // the iteration of the last evaluation; -1 for none
	score     float64
}

// NewLoop makes a loop that trains from where the engine is. Measurements start now.
func NewLoop(e Engine, c recipe.Config, h Host, sinks ...Sink) *Loop {
	return newLoop(e, c, h, time.Now, sinks...)
}

func newLoop(e Engine, c recipe.Config, h Host, now func() time.Time, sinks ...Sink) *Loop {
	at := now()
	return &Loop{
		Until: c.Iterations, engine: e, config: c, host: h, sinks: sinks, now: now,
		began: at, mark: at, marked: e.Iteration(), savedAt: at, saved: -1, evaluated: -1,
	}
}

// Kept says that the present state has already been saved, like that of a resumed run.
func (l *Loop) Kept() { l.saved = l.engine.Iteration() }

// Changed says that what has been saved lacks part of the present state.
func (l *Loop) Changed() { l.saved = -1 }

// Exclude says that so much of the time since the last record was not spent on training.
func (l *Loop) Exclude(d time.Duration) { l.mark = l.mark.Add(d) }

// Run trains to the end, or until ctx ends: it then saves the state after the current iteration and
// returns ErrInterrupted.
func (l *Loop) Run(ctx context.Context) error {
	for {
		if ctx.Err() != nil && l.engine.Iteration() < l.Until {
			if err := l.Pause(); err != nil {
				return err
			}
			return ErrInterrupted
		}
		if ended, err := l.Advance(); ended || err != nil {
			return err
		}
	}
}

// Advance does one iteration and whatever is due after it. After the last one it ends the run.
func (l *Loop) Advance() (ended bool, err error) {
	if l.engine.Iteration() >= l.Until {
		return true, l.end()
	}
	if err := l.iterate(); err != nil {
		return false, err
	}
	return false, l.due()
}

// Step does one iteration and waits for its record. It does nothing else, even if that is due.
func (l *Loop) Step() (TrainRecord, error) {
	if err := l.iterate(); err != nil {
		return TrainRecord{}, err
	}
	return l.log(true)
}

// Pause saves the state between two iterations, unless it has been saved. It does not evaluate:
// whoever ends a run does not want to wait for passes over whole test splits.
func (l *Loop) Pause() error {
	if err := l.sound(); err != nil {
		return err
	}
	return l.save()
}

// Evaluate passes over the test images, but only as many of the source's as the configuration says.
func (l *Loop) Evaluate() (Evaluated, error) {
	l.Changed() // the saved state lacks this record
	if err := l.sound(); err != nil {
		return Evaluated{}, err
	}
	return l.evaluate()
}

func (l *Loop) iterate() error {
	if l.late != nil {
		return l.late
	}
	if err := l.engine.Iterate(); err != nil {
		return err
	}
	return l.tell(Iterated{l.engine.Iteration()})
}
