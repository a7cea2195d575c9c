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
	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/protocol"
)

// bench answers a request to measure an iteration of the run's model on the device. It uses a
// session of its own, while the run pauses. A request to stop ends it early.
func (w *worker) bench(r *request, ask *protocol.Bench) error {
	defer func(began time.Time) { w.run.loop.Exclude(time.Since(began)) }(time.Now())
	choose, err := w.chooser(w.run.tune, w.run.trainer.Kernels())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.inbox.urgent = func() {
		if stop := w.inbox.take(protocol.TypeOf(protocol.Stop{})); stop != nil {
			cancel()
			reply(stop, protocol.Stop{}, protocol.Nothing{})
		}
	}
	defer func() { w.inbox.urgent = nil }()
	w.inbox.urgent() // the request to stop may be there already
	samples := 5
	if w.device.Info().Software() {
		samples = 3 // few, since a step takes seconds
	}
	b, err := bench.Measure(ctx, w.device, w.run.trainer.Config.Model, bench.Options{
		Choose: choose, Samples: samples,
		Phase: func(what string) { progress(protocol.Benchmarking, what, 0, 0) },
	})
	if errors.Is(err, context.Canceled) {
		reply(r, ask, nil)
		return nil
	}
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := b.Write(&file); err != nil {
		return err
	}
	clock := protocol.WallClock
	if b.Adapter.Has(gpu.TimestampQuery) {
		clock = protocol.GPUClock
	}
	var parts message.Parts
	reply(r, ask, &protocol.Benched{
		Steps: append(slices.Clone(b.Programs), b.Iteration()), Peak: b.Peak, Memory: b.BytesHeld, Clock: clock,
		Kinds: b.Lines(b.MainKinds()), Slowest: b.Lines(b.Slowest()),
		File: protocol.SavedFile{Name: "bench.json", Bytes: parts.AddBytes(file.Bytes())},
	}, parts...)
	return nil
}
