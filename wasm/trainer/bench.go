//go:build js

package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/bench"
)

// bench measures an iteration of the run's model on the device, in a session of
// its own; the run rests meanwhile. A request to stop ends it early.
func (w *worker) bench(r *request) error {
	defer func(began time.Time) { w.run.loop.Exclude(time.Since(began)) }(time.Now())
	choose, err := w.chooser(w.run.tune, w.run.trainer.Kernels())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.inbox.urgent = func() {
		if stop := w.inbox.take("stop"); stop != nil {
			cancel()
			reply(stop, nil)
		}
	}
	defer func() { w.inbox.urgent = nil }()
	w.inbox.urgent() // it may be there already
	samples := 5
	if w.device.Info().Software() {
		samples = 3 // of a step that takes seconds
	}
	b, err := bench.Measure(ctx, w.device, w.run.trainer.Config.Model, bench.Options{
		Choose: choose, Samples: samples,
		Phase: func(what string) { progress("benchmarking", what, 0, 0) },
	})
	if errors.Is(err, context.Canceled) {
		reply(r, nil)
		return nil
	}
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := b.Write(&file); err != nil {
		return err
	}
	clock := "wall"
	if b.Adapter.Has(gpu.TimestampQuery) {
		clock = "gpu"
	}
	reply(r, message{
		"steps": append(slices.Clone(b.Programs), b.Iteration()), "peak": b.Peak, "memory": b.BytesHeld, "clock": clock,
		"kinds": b.Lines(b.MainKinds()), "slowest": b.Lines(b.Slowest()),
		"file": message{"name": "bench.json", "bytes": bytesOf(file.Bytes())},
	})
	return nil
}
