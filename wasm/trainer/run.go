//go:build js

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
)

// run is a configuration being trained.
type run struct {
	*trainer.Recorder
	sources  [2]source          // of source and target images
	images   [2]datasets.Splits // as they were opened
	tune     bool
	baseline *float64
	history  []record
	kept     *snapshot // the last one, to go back to
	keptAt   time.Time
	shownAt  time.Time // when progress was told last
	broken   error     // what an asynchronous record found
}

// record is a line of metrics.jsonl.
type record struct {
	step int
	line json.RawMessage
}

// snapshotEvery is how much training a lost device or a closed page may cost.
const snapshotEvery = 30 * time.Second

// configure builds a run.
func (w *worker) configure(r *request) error {
	var ask struct {
		Preset  string          `json:"preset"`
		Changes json.RawMessage `json:"changes"`
		Source  source          `json:"source"`
		Target  source          `json:"target"`
		Tune    bool            `json:"tune"`
	}
	if err := r.decode(&ask); err != nil {
		return err
	}
	c, err := configured(ask.Preset, ask.Changes, ask.Source, ask.Target)
	if err != nil {
		return as("config", err)
	}
	images, err := w.library.open(ask.Source, r, c.Seed, c.Model.Size)
	if err != nil {
		return as("data", err)
	}
	target, err := w.library.open(ask.Target, r, c.Seed, c.Model.Size)
	if err != nil {
		return as("data", err)
	}
	if n := len(images.Train.Classes); n > 0 && !states(ask.Changes, "classes") {
		c.Model.Classes = n
	}
	data, err := trainer.PrepareData(c, images, target)
	if err != nil {
		return as("data", err)
	}
	next := &run{sources: [2]source{ask.Source, ask.Target}, images: [2]datasets.Splits{images, target}, tune: ask.Tune}
	if err := w.build(next, c, data, nil); err != nil {
		return err
	}
	w.adopt(next)
	reply(r, next.describe())
	return w.show()
}

// build makes the trainer of a run, in place of the one before: two might not
// fit into the device's memory.
func (w *worker) build(next *run, c trainer.Config, data trainer.Data, kernels map[string]string) error {
	w.halt()
	if w.run != nil {
		w.run.Close()
		w.run = nil
	}
	choose, err := w.chooser(next.tune, kernels)
	if err != nil {
		return err
	}
	t, err := trainer.New(w.device, c, data, trainer.Options{Choose: choose})
	if err != nil {
		return as("config", err)
	}
	if tuner, ok := choose.(*graph.Tuner); ok {
		if err := w.store.keepTuning(w.device.Info().Key(), tuner.Choices()); err != nil {
			emitError(0, as("storage", err))
		}
	}
	next.Recorder = trainer.NewRecorder(t)
	return nil
}

func (w *worker) adopt(next *run) {
	next.keptAt = time.Now()
	w.run = next
}

// describe is Configured of the protocol.
func (r *run) describe() message {
	history := []json.RawMessage{}
	for _, rec := range r.history {
		history = append(history, rec.line)
	}
	return message{
		"config": r.Config, "source": dataInfo(r.Config.Source, r.Data.Source), "target": dataInfo(r.Config.Target, r.Data.Target),
		"step": r.Iteration, "history": history, "baseline": r.baseline,
		"parameters": map[string]int{"generator": count(r.Generator), "discriminator": count(r.Discriminator), "task": count(r.Task)},
		"memory":     r.Session.BytesHeld(), "flops": r.FLOPs(),
	}
}

func count(s *graph.Store) int {
	n := 0
	for _, v := range s.Variables() {
		n += v.Len()
	}
	return n
}

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
		}
	}
}

func (w *worker) next() error {
	r := w.run
	switch {
	case r.baseline == nil && r.Config.Baseline > 0 && r.Config.Method == trainer.PixelDA:
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

// revive builds the run anew, as it was at the last snapshot: on another device,
// or after what was computed since is worth nothing.
func (r *run) revive(w *worker) error {
	choose, err := w.chooser(r.tune, nil)
	if err != nil {
		return err
	}
	t, err := trainer.New(w.device, r.Config, r.Data, trainer.Options{Choose: choose})
	if err != nil {
		return err
	}
	r.Recorder = trainer.NewRecorder(t)
	return r.rewind(r.kept)
}

// rewind takes a fresh run to a snapshot; nil is the beginning.
func (r *run) rewind(s *snapshot) error {
	r.broken = nil
	step := 0
	if s != nil {
		f, st, err := trainer.ReadCheckpoint(bytes.NewReader(s.checkpoint), int64(len(s.checkpoint)), "the snapshot")
		if err != nil {
			return as("checkpoint", err)
		}
		if err := r.ResumeFrom(f, st, "the snapshot"); err != nil {
			return as("checkpoint", err)
		}
		step = st.Iteration
	}
	n := 0
	for _, rec := range r.history {
		if rec.step <= step {
			r.history[n] = rec
			n++
		}
	}
	r.history = r.history[:n]
	return nil
}
