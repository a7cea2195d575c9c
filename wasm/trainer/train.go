//go:build js

package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/recipe"
)

// train begins or continues training; the answer comes when it stops.
func (w *worker) train(r *request) error {
	if w.training != nil {
		return refuse("it is being trained already", "")
	}
	var ask struct {
		Until int `json:"until"`
	}
	if err := r.decode(&ask); err != nil {
		return err
	}
	w.until = w.run.Config.Iterations
	if ask.Until > 0 {
		w.until = ask.Until
	}
	w.training = r
	w.run.shownAt = time.Time{}
	return nil
}

// halt ends training and answers who asked for it.
func (w *worker) halt() {
	r := w.training
	if r == nil {
		return
	}
	w.training = nil
	reply(r, w.stopped())
}

func (w *worker) stopped() message {
	return message{"step": w.run.Iteration, "finished": w.run.Iteration >= w.run.Config.Iterations}
}

func (w *worker) pause(r *request) error {
	if w.training != nil {
		w.halt()
		if err := w.keep(); err != nil {
			return err
		}
	}
	reply(r, w.stopped())
	return nil
}

// advance does what training does next: the baseline first, then an iteration.
func (w *worker) advance() {
	err := w.next()
	if errors.Is(err, gpu.ErrLost) {
		err = w.recover(err)
	}
	if err == nil {
		return
	}
	if r := w.training; r != nil {
		w.training = nil
		emitError(r.ID, err)
	}
	if errors.Is(err, trainer.ErrNotFinite) {
		w.run.Close()
		if err := w.run.revive(w); err != nil {
			emitError(0, err)
			return
		}
		emit(message{"type": "recovered", "step": w.run.Iteration})
	}
}

func (w *worker) next() error {
	r := w.run
	switch {
	case r.baseline == nil && r.Config.Baseline > 0 && r.Config.Method == recipe.PixelDA:
		return w.trainBaseline()
	case r.Iteration >= w.until:
		return w.finish()
	}
	if err := r.iterate(); err != nil {
		return err
	}
	if err := w.due(); err != nil {
		return err
	}
	if time.Since(r.shownAt) > 250*time.Millisecond {
		r.shownAt = time.Now()
		progress("training", "", r.Iteration, w.until)
	}
	return nil
}

func (r *run) iterate() error {
	if err := r.Iterate(); err != nil {
		return err
	}
	return r.broken
}

// due does what the iteration just done calls for.
func (w *worker) due() error {
	r := w.run
	c, i := r.Config, r.Iteration
	last := i == w.until
	if i%c.LogEvery == 0 || last {
		if err := r.log(); err != nil {
			return err
		}
	}
	began := time.Now()
	if i%c.SampleEvery == 0 || last {
		if err := w.show(); err != nil {
			return err
		}
	}
	if i%c.EvalEvery == 0 || last {
		if _, err := w.measure(); err != nil {
			return err
		}
	}
	if time.Since(r.keptAt) > snapshotEvery {
		if err := w.keep(); err != nil {
			return err
		}
	}
	r.Exclude(time.Since(began))
	return nil
}

// log asks for the record of the last iterations; it arrives a little later.
func (r *run) log() error {
	return r.Record(func(rec trainer.TrainRecord, err error) {
		if err != nil {
			r.broken = err
			return
		}
		r.note(rec.Step, rec)
		emit(message{"type": "trained", "record": rec})
	})
}

// note adds a record to the history.
func (r *run) note(step int, rec any) {
	if line, err := json.Marshal(rec); err == nil { // finite numbers always encode
		r.history = append(r.history, record{step, line})
	}
}

// step does one iteration.
func (w *worker) step(r *request) error {
	if w.training != nil {
		return refuse("it is being trained", "Pause first.")
	}
	if err := w.run.iterate(); err != nil {
		return err
	}
	rec, err := w.run.RecordNow()
	if err != nil {
		return err
	}
	w.run.note(rec.Step, rec)
	emit(message{"type": "trained", "record": rec})
	reply(r, rec)
	return nil
}

// finish ends training at the last iteration.
func (w *worker) finish() error {
	if err := w.run.Sound(); err != nil {
		return err
	}
	if err := w.keep(); err != nil {
		return err
	}
	progress("training", "", w.run.Iteration, w.until)
	w.halt()
	return nil
}

// trainBaseline trains the source-only baseline, serving the page meanwhile. A
// pause holds it until training goes on.
func (w *worker) trainBaseline() error {
	r := w.run
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	choose, err := w.chooser(r.tune, nil)
	if err != nil {
		return err
	}
	accuracy, err := trainer.Baseline(ctx, w.device, r.Config, r.Data, trainer.Options{Choose: choose}, func(done int) {
		if time.Since(r.shownAt) > 250*time.Millisecond {
			r.shownAt = time.Now()
			progress("baseline", "", done, r.Config.Baseline)
		}
		for q := w.inbox.next(); q != nil || w.training == nil && w.run == r; q = w.inbox.next() {
			if q == nil {
				q = w.inbox.wait()
			}
			w.serve(q)
		}
		if w.run != r {
			cancel() // another run has been configured
		}
	})
	if w.run != r {
		return nil
	}
	if err != nil {
		return err
	}
	r.baseline = &accuracy
	emit(message{"type": "baseline", "accuracy": accuracy})
	return nil
}
