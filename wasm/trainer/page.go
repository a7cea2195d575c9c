//go:build js

package main

import (
	"time"

	"pixelda-wgpu/trainer"
)

// port hears of a run and tells the page.
type port struct {
	worker  *worker
	run     *run
	shownAt time.Time // when progress was told last
}

// Hear posts an event of the protocol.
func (p *port) Hear(e trainer.Event) error {
	switch e := e.(type) {
	case trainer.Iterated:
		if p.worker.training != nil {
			p.progress("training", e.Step, p.run.loop.Until)
		}
	case trainer.TrainRecord:
		emit(message{"type": "trained", "record": e})
	case trainer.Evaluating:
		progress("evaluating", "", 0, 0)
	case trainer.Evaluated:
		m := p.run.evaluation(e)
		m["type"] = "evaluated"
		emit(m)
	case trainer.Sampled:
		p.run.show(e.Samples)
	case trainer.Ended:
		progress("training", "", e.Step, p.run.loop.Until)
	}
	return nil
}

// progress tells how far something is, a few times a second.
func (p *port) progress(stage string, done, total int) {
	if time.Since(p.shownAt) > 250*time.Millisecond {
		p.shownAt = time.Now()
		progress(stage, "", done, total)
	}
}

// evaluation is Evaluation of the protocol.
func (r *run) evaluation(e trainer.Evaluated) message {
	confusion := map[string][][]int{}
	for domain, ev := range e.ByDomain {
		confusion[domain] = ev.Confusion
	}
	return message{"record": e.Record, "confusion": confusion, "classes": r.trainer.Data.Source.Train.Classes}
}
