//go:build js

// Command trainer is the Go core in a web page: it runs in a worker, takes the
// requests of web/src/protocol.ts and trains.
package main

import (
	"errors"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// worker serves the page. It does one thing at a time.
type worker struct {
	inbox   *inbox
	device  *gpu.Device
	library library
	run     *run // nil before configure
	store   store

	training *request // to be answered when training stops; nil while it rests
	dead     bool     // the device was lost and no other could be had
}

func main() {
	if share := host.Get("share"); share.Truthy() {
		drawShare(share.Get("name").String(), share.Get("seed").String(), share.Get("from").Int(), share.Get("count").Int())
		return
	}
	w := &worker{inbox: newInbox(), library: library{kept: map[string]datasets.Splits{}}}
	if err := w.open(); err != nil {
		emitError(0, err)
		return
	}
	w.announce()
	for {
		if w.training == nil {
			w.serve(w.inbox.wait())
			continue
		}
		for r := w.inbox.next(); r != nil; r = w.inbox.next() {
			w.serve(r)
		}
		if w.training != nil {
			w.advance()
		}
	}
}

// open opens the device.
func (w *worker) open() error {
	progress("loading", "the graphics adapter", 0, 0)
	d, err := gpu.Open(gpu.Options{})
	if err != nil {
		return err
	}
	w.device = d
	d.OnPipeline = func(done, total int) { progress("compiling", "", done, total) }
	return nil
}

// chooser returns how kernels are chosen, by rule unless they shall be timed.
func (w *worker) chooser(tune bool, known map[string]string) (graph.Chooser, error) {
	if !tune {
		return graph.RuleFor(w.device.Info()), nil
	}
	t, err := graph.NewTuner(w.device, "")
	if err != nil {
		return nil, err
	}
	kept, err := w.store.tuning(w.device.Info().Key())
	if err != nil {
		return nil, err
	}
	t.Use(kept)
	t.Use(known)
	t.OnTrial = func(op string) { progress("tuning", op, 0, 0) }
	return t, nil
}

// announce tells the page what there is.
func (w *worker) announce() {
	var presets []message
	for _, name := range recipe.Presets() {
		c, err := recipe.Preset(name)
		if err != nil {
			emitError(0, err)
			return
		}
		presets = append(presets, message{"name": name, "config": c})
	}
	var sets []message
	for _, s := range datasets.List() {
		if datasets.Generated(s.Name) {
			sets = append(sets, message{"name": s.Name, "about": s.About})
		}
	}
	limits := map[string]uint64{}
	for _, l := range w.device.Limits().List() {
		limits[l.Name] = l.Value
	}
	snapshot, err := w.store.latest()
	if err != nil {
		emitError(0, as("storage", err))
	}
	m := message{
		"type": "ready", "adapter": w.device.Info(), "limits": limits, "presets": presets, "suggested": recipe.Suggested(w.device.Info().Software()),
		"settings": recipe.Settings(), "sets": sets, "snapshot": nil,
	}
	if snapshot != nil {
		m["snapshot"] = snapshot.info()
	}
	emit(m)
}

// serve answers a request; on a lost device, once more on another one.
func (w *worker) serve(r *request) {
	err := error(gpu.ErrLost)
	if !w.dead {
		err = w.handle(r)
	}
	if errors.Is(err, gpu.ErrLost) {
		if err = w.recover(err); err == nil {
			err = w.handle(r)
		}
	}
	if err != nil {
		emitError(r.ID, err)
	}
}

func (w *worker) handle(r *request) error {
	switch r.Type {
	case "configure":
		return w.configure(r)
	case "preview":
		return w.preview(r)
	case "restore":
		return w.restore(r)
	case "load":
		return w.load(r)
	case "discard":
		err := w.store.discard()
		if err == nil {
			reply(r, nil)
		}
		return as("storage", err)
	case "verify":
		return w.verify(r)
	case "stop": // what it would have ended has ended
		reply(r, nil)
		return nil
	}
	if w.run == nil {
		return refuse("there is no run yet", "Configure one first.")
	}
	switch r.Type {
	case "train":
		return w.train(r)
	case "pause":
		return w.pause(r)
	case "step":
		return w.step(r)
	case "samples":
		return w.samples(r)
	case "evaluate":
		return w.evaluate(r)
	case "save":
		return w.save(r)
	case "export":
		return w.export(r)
	case "metrics":
		return w.metrics(r)
	case "bench":
		return w.bench(r)
	}
	return refuse("there is no request "+r.Type, "Reload the page.")
}

// recover opens another device in place of a lost one and goes back to the last
// snapshot. It tries for more than a minute: a browser whose GPU process ended
// twice within seconds gives no adapter for 40 seconds.
func (w *worker) recover(cause error) error {
	var h *gpu.HostError
	why := cause.Error()
	if errors.As(cause, &h) {
		why = h.What
	}
	for attempt, pause := range []time.Duration{0, time.Second, 3 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second} {
		emit(message{"type": "lost", "why": why, "attempt": attempt + 1, "retry": pause.Seconds()})
		w.device.Close()
		time.Sleep(pause)
		err := w.open()
		if err == nil && w.run != nil {
			err = w.run.revive(w)
		}
		if err == nil {
			step := 0
			if w.run != nil {
				step = w.run.trainer.Iteration()
			}
			w.dead = false
			emit(message{"type": "recovered", "step": step})
			return nil
		}
		if errors.As(err, &h) {
			why = h.What
		}
	}
	w.dead = true
	err := &gpu.HostError{Code: "lost", What: "The GPU device was lost and no other could be had: " + why, Remedy: "Restart the browser and go on from the snapshot."}
	if r := w.training; r != nil {
		w.training = nil
		emitError(r.ID, err)
	}
	return err
}
