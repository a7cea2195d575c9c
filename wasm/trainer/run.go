//go:build js

package main

import (
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/protocol"
)

// run is a configuration being trained.
type run struct {
	trainer *engine.Trainer
	loop    *trainer.Loop
	first   *engine.Trainer        // the baseline, while it is being trained
	sources [2]protocol.DataSource // of source and target images
	images  [2]datasets.Splits     // as they were opened
	tune    bool

	history history   // hears of the run, like the next two
	port    port      // the page
	kept    *snapshot // the last snapshot, to return to
}

// snapshotEvery is how much training a lost device or a closed page may lose.
const snapshotEvery = 30 * time.Second

// begin makes the loop that trains the run, starting where its trainer is.
func (r *run) begin(w *worker) {
	r.port = port{worker: w, run: r}
	host := trainer.Host{SaveAfter: snapshotEvery, Ahead: true}
	r.loop = trainer.NewLoop(r.trainer, r.trainer.Config, host, &r.history, &r.port, snapshots{w, r})
}

// close frees the device memory.
func (r *run) close() {
	r.dropBaseline()
	r.trainer.Close()
}

// configure answers a request to build a run, and sends its first samples.
func (w *worker) configure(r *request, ask *protocol.Configure) error {
	c, err := configured(ask.Preset, ask.Changes, ask.Source, ask.Target)
	if err != nil {
		return as(protocol.BadConfig, err)
	}
	if err := exact(c); err != nil {
		return err
	}
	images, err := w.library.open(ask.Source, r, c.Seed, c.Model.Size)
	if err != nil {
		return as(protocol.BadData, err)
	}
	target, err := w.library.open(ask.Target, r, c.Seed, c.Model.Size)
	if err != nil {
		return as(protocol.BadData, err)
	}
	if n := len(images.Train.Classes); n > 0 && !states(ask.Changes, "classes") {
		c.Model.Classes = n
	}
	data, err := engine.PrepareData(c, images, target)
	if err != nil {
		return as(protocol.BadData, err)
	}
	next := &run{sources: [2]protocol.DataSource{ask.Source, ask.Target}, images: [2]datasets.Splits{images, target},
		tune: graph.TargetOf(w.device.Info()).Tuned}
	if ask.Tune != nil {
		next.tune = *ask.Tune
	}
	if err := w.build(next, c, data, nil); err != nil {
		return err
	}
	w.adopt(next)
	reply(r, ask, next.describe())
	return w.show()
}

// exact refuses a seed that the page would round: a link to the run, or the same settings again,
// would then start a different run.
func exact(c recipe.Config) error {
	if c.Seed <= recipe.LargestExact {
		return nil
	}
	return &codedError{protocol.BadConfig,
		origin.Errorf("the seed %d is larger than %d, beyond which browsers round numbers",
			c.Seed, recipe.LargestExact),
		"Choose a smaller one; the command line takes and resumes any."}
}

// build makes the trainer of a run. It drops the present run first, since the device's memory might
// not hold two.
func (w *worker) build(next *run, c recipe.Config, data engine.Data, kernels map[string]string) error {
	w.halt()
	if w.run != nil {
		w.run.close()
		w.run = nil
	}
	choose, err := w.chooser(next.tune, kernels)
	if err != nil {
		return err
	}
	t, err := engine.NewTrainer(w.device, c, data, choose)
	if err != nil {
		return as(protocol.BadConfig, err)
	}
	if tuner, ok := choose.(*tune.Tuner); ok {
		if err := w.store.keepTuning(w.device.Info().Key(), tuner.Choices()); err != nil {
			emitError(0, as(protocol.BadStorage, err))
		}
	}
	next.trainer = t
	return nil
}

// adopt makes a run the one that is served.
func (w *worker) adopt(next *run) {
	next.begin(w)
	w.run = next
}

// describe describes the run to the page.
func (r *run) describe() protocol.Configured {
	t := r.trainer
	n := t.Engine.Networks
	return protocol.Configured{
		Config: t.Config,
		Source: dataInfo(t.Config.Source, t.Data.Source), Target: dataInfo(t.Config.Target, t.Data.Target),
		Step: t.Iteration(), History: r.history.lines(), Baseline: t.Baseline,
		Parameters: protocol.Parameters{
			Generator: count(n.Generator), Discriminator: count(n.Discriminator), Task: count(n.Task),
		},
		Memory: t.Engine.Session.BytesHeld(), FLOPs: t.FLOPs(),
	}
}

// count returns how many numbers a network learns: 0 for a network that the method lacks.
func count(s *graph.Store) int {
	if s == nil {
		return 0
	}
	n := 0
	for _, v := range s.Variables() {
		n += v.Len()
	}
	return n
}
