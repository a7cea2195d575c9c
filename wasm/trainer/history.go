//go:build js

package main

import (
	"encoding/json"

	"pixelda-wgpu/trainer"
)

// history hears the records of a run and keeps them, as lines of metrics.jsonl.
type history []record

type record struct {
	step int
	line json.RawMessage
}

// Hear keeps a record.
func (h *history) Hear(e trainer.Event) error {
	switch e := e.(type) {
	case trainer.TrainRecord:
		return h.add(e.Step, e)
	case trainer.Evaluated:
		return h.add(e.Record.Step, e.Record)
	}
	return nil
}

func (h *history) add(step int, rec any) error {
	line, err := json.Marshal(rec)
	if err == nil {
		*h = append(*h, record{step, line})
	}
	return err
}

// lines lists the records.
func (h history) lines() []json.RawMessage {
	lines := []json.RawMessage{}
	for _, rec := range h {
		lines = append(lines, rec.line)
	}
	return lines
}

// rewind drops the records of iterations after step.
func (h *history) rewind(step int) {
	n := 0
	for _, rec := range *h {
		if rec.step <= step {
			(*h)[n] = rec
			n++
		}
	}
	*h = (*h)[:n]
}
