//go:build js

package main

import (
	"time"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/wasm/protocol"
)

// port hears of a run and tells the page.
type port struct {
	worker  *worker
	run     *run
	shownAt time.Time // when progress was last reported
}

// Hear posts what it hears, unless the page has no use for it.
func (p *port) Hear(e trainer.Event) error {
	switch e := e.(type) {
	case trainer.Iterated:
		if p.worker.training != nil {
			p.progress(protocol.Training, e.Step, p.run.loop.Until)
		}
	case trainer.TrainRecord:
		emit(protocol.TrainedEvent{Record: e})
	case trainer.Evaluating:
		progress(protocol.Evaluating, "", 0, 0)
	case trainer.Evaluated:
		emit(protocol.EvaluatedEvent(p.run.evaluation(e)))
	case trainer.Sampled:
		p.run.show(e.Samples)
	case trainer.Ended:
		progress(protocol.Training, "", e.Step, p.run.loop.Until)
	}
	return nil
}

// progress reports how far something is, a few times a second.
func (p *port) progress(stage protocol.Stage, done, total int) {
	if time.Since(p.shownAt) > 250*time.Millisecond {
		p.shownAt = time.Now()
		progress(stage, "", done, total)
	}
}

// evaluation tells the page of an evaluation of the run.
func (r *run) evaluation(e trainer.Evaluated) protocol.Evaluated {
	confusion := map[string][][]int{}
	for domain, ev := range e.ByDomain {
		confusion[domain] = ev.Confusion
	}
	return protocol.Evaluated{Record: e.Record, Confusion: confusion, Classes: r.trainer.Data.Source.Train.Classes}
}
