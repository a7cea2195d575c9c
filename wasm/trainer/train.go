//go:build js

package main

import (
	"errors"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/wasm/protocol"
)

// train begins or continues training. The request is answered when training stops.
func (w *worker) train(r *request, ask *protocol.Train) error {
	if w.training != nil {
		return refuse("it is being trained already", "")
	}
	w.run.loop.Until = w.run.trainer.Config.Iterations
	if ask.Until > 0 {
		w.run.loop.Until = ask.Until
	}
	w.training = r
	w.run.port.shownAt = time.Time{}
	return nil
}

// halt ends training and answers whoever asked for it.
func (w *worker) halt() {
	r := w.training
	if r == nil {
		return
	}
	w.training = nil
	reply(r, protocol.Train{}, w.stopped())
}

// stopped says where training has stopped.
func (w *worker) stopped() protocol.Stopped {
	step := w.run.trainer.Iteration()
	return protocol.Stopped{Step: step, Finished: step >= w.run.trainer.Config.Iterations}
}

// pause answers a request to stop training and keep a snapshot.
func (w *worker) pause(r *request, ask *protocol.Pause) error {
	if w.training != nil {
		w.halt()
		if err := w.run.loop.Pause(); err != nil {
			return err
		}
	}
	reply(r, ask, w.stopped())
	return nil
}

// advance does the next bit of training: the baseline first, then iterations.
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
	if errors.Is(err, engine.ErrNotFinite) {
		w.run.close()
		if err := w.run.revive(w); err != nil {
			emitError(0, err)
			return
		}
		emit(protocol.Recovered{Step: w.run.trainer.Iteration()})
	}
}

// next does an iteration of the baseline, if that is not finished, or of the run.
func (w *worker) next() error {
	if t := w.run.trainer; t.Baseline == nil && t.Config.ComparesBaseline() {
		return w.trainBaseline()
	}
	ended, err := w.run.loop.Advance()
	if ended && err == nil {
		w.halt()
	}
	return err
}

// step answers a request for one iteration.
func (w *worker) step(r *request, ask *protocol.Step) error {
	if w.training != nil {
		return refuse("it is being trained", "Pause first.")
	}
	rec, err := w.run.loop.Step()
	if err != nil {
		return err
	}
	reply(r, ask, rec)
	return nil
}

// evaluate answers a request to measure the networks now.
func (w *worker) evaluate(r *request, ask *protocol.Evaluate) error {
	ev, err := w.run.loop.Evaluate()
	if err != nil {
		return err
	}
	reply(r, ask, w.run.evaluation(ev))
	return nil
}

// trainBaseline does an iteration of the source-only baseline or, after the last one, measures it.
func (w *worker) trainBaseline() error {
	r := w.run
	if r.first == nil {
		choose, err := w.chooser(r.tune, nil)
		if err != nil {
			return err
		}
		r.first, err = engine.NewBaseline(w.device, r.trainer.Config, r.trainer.Data, choose)
		return err
	}
	total := r.first.Config.Iterations
	if r.first.Iteration() < total {
		err := r.first.Iterate()
		if err != nil {
			r.dropBaseline()
			return err
		}
		r.port.progress(protocol.Baseline, r.first.Iteration(), total)
		return nil
	}
	accuracy, err := r.first.TargetAccuracy()
	r.dropBaseline()
	if err != nil {
		return err
	}
	r.trainer.Baseline = &accuracy
	r.loop.Changed()
	emit(protocol.BaselineEvent{Accuracy: accuracy})
	return nil
}

// dropBaseline frees the baseline, which starts over if it is needed again.
func (r *run) dropBaseline() {
	if r.first != nil {
		r.first.Close()
		r.first = nil
	}
}
