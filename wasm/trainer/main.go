//go:build js

// Command trainer is the Go core in a web page: it runs in a worker, takes requests from the page
// and trains. Package protocol defines what the two say to each other.
package main

import (
	"errors"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/protocol"
)

// origin marks the errors of this package.
const origin fault.Origin = "wasm/trainer"

// worker serves the page. It does one thing at a time: it takes requests between two iterations.
type worker struct {
	inbox   *inbox
	device  *gpu.Device
	library library
	run     *run // nil until one is configured
	store   store

	training *request // to be answered when training stops; nil while nothing trains
	dead     bool     // the device was lost and could not be replaced
}

func main() {
	if share := host.Get("share"); share.Truthy() {
		drawShare(share.Get("name").String(), share.Get("seed").String(), share.Get("from").Int(),
			share.Get("count").Int())
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
	progress(protocol.Loading, "the graphics adapter", 0, 0)
	d, err := gpu.Open(gpu.Options{})
	if err != nil {
		return err
	}
	w.device = d
	d.OnPipeline = func(done, total int) { progress(protocol.Compiling, "", done, total) }
	return nil
}

// chooser returns how kernels are chosen: by rule, or by timing them if timed is set. Plans that
// were chosen before, the known ones and those in the store, are not timed again.
func (w *worker) chooser(timed bool, known map[string]string) (graph.Chooser, error) {
	if !timed {
		return graph.RuleFor(w.device.Info()), nil
	}
	t, err := tune.New(w.device, "")
	if err != nil {
		return nil, err
	}
	kept, err := w.store.tuning(w.device.Info().Key())
	if err != nil {
		return nil, err
	}
	t.Use(kept)
	t.Use(known)
	t.OnTrial = func(op string) { progress(protocol.Tuning, op, 0, 0) }
	return t, nil
}

// announce tells the page that the worker is ready, and what there is to choose from.
func (w *worker) announce() {
	m := protocol.Ready{Adapter: w.device.Info(), Settings: recipe.Settings(), Limits: map[string]uint64{},
		Suggested: recipe.Suggested(w.device.Info().Software())}
	for _, name := range recipe.Presets() {
		c, err := recipe.Preset(name)
		if err != nil {
			emitError(0, err)
			return
		}
		m.Presets = append(m.Presets, protocol.Preset{Name: name, Config: c})
	}
	for _, s := range open.List() {
		if draw.Generated(s.Name) {
			m.Sets = append(m.Sets, protocol.Set{Name: s.Name, About: s.About})
		}
	}
	for _, l := range w.device.Limits().List() {
		m.Limits[l.Name] = l.Value
	}
	snapshot, err := w.store.latest()
	if err != nil {
		emitError(0, as(protocol.BadStorage, err))
	}
	if snapshot != nil {
		m.Snapshot = snapshot.info()
	}
	emit(m)
}

// serve answers a request. If the device is lost meanwhile, it tries once more on a new one.
func (w *worker) serve(r *request) {
	err := gpu.ErrLost
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

// handle does what a request asks and answers it, or returns why it cannot.
func (w *worker) handle(r *request) error {
	ask, err := r.decode()
	if err != nil {
		return err
	}
	switch ask := ask.(type) {
	case *protocol.Configure:
		return w.configure(r, ask)
	case *protocol.Preview:
		return w.preview(r, ask)
	case *protocol.Restore:
		return w.restore(r, ask)
	case *protocol.Load:
		return w.load(r, ask)
	case *protocol.Discard:
		return w.discard(r, ask)
	case *protocol.Verify:
		return w.verify(r, ask)
	case *protocol.Stop:
		reply(r, ask, protocol.Nothing{}) // there is nothing left to stop
		return nil
	}
	if w.run == nil {
		return refuse("there is no run yet", "Configure one first.")
	}
	switch ask := ask.(type) {
	case *protocol.Train:
		return w.train(r, ask)
	case *protocol.Pause:
		return w.pause(r, ask)
	case *protocol.Step:
		return w.step(r, ask)
	case *protocol.SamplesRequest:
		return w.samples(r, ask)
	case *protocol.Evaluate:
		return w.evaluate(r, ask)
	case *protocol.Save:
		return w.save(r, ask)
	case *protocol.Export:
		return w.export(r, ask)
	case *protocol.Metrics:
		return w.metrics(r, ask)
	case *protocol.Bench:
		return w.bench(r, ask)
	}
	return origin.Errorf("nothing serves the request %s", r.Type)
}

// recover opens a new device in place of a lost one and returns to the last snapshot. It tries for
// more than a minute, since a browser whose GPU process ended twice within seconds provides no
// adapter for 40 seconds.
func (w *worker) recover(cause error) error {
	var h *gpu.HostError
	why := cause.Error()
	if errors.As(cause, &h) {
		why = h.What
	}
	for attempt, seconds := range []int{0, 1, 3, 10, 20, 40} {
		pause := time.Duration(seconds) * time.Second
		emit(protocol.Lost{Why: why, Attempt: attempt + 1, Retry: pause.Seconds()})
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
			emit(protocol.Recovered{Step: step})
			return nil
		}
		if errors.As(err, &h) {
			why = h.What
		}
	}
	w.dead = true
	err := &gpu.HostError{
		Code: string(protocol.LostDevice), What: "The GPU device was lost and no other could be had: " + why,
		Remedy: "Restart the browser and go on from the snapshot.",
	}
	if r := w.training; r != nil {
		w.training = nil
		emitError(r.ID, err)
	}
	return err
}
