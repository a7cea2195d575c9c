package protocol

import (
	"encoding/json"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/message"
)

// Configured is the answer to what sets up a run: it is ready to train.
type Configured struct {
	Config     recipe.Config     `json:"config"`
	Source     DataInfo          `json:"source"`
	Target     DataInfo          `json:"target"`
	Step       int               `json:"step"`     // iterations done
	History    []json.RawMessage `json:"history"`  // the records so far, lines of metrics.jsonl; never nil
	Baseline   *float64          `json:"baseline"` // target accuracy of the source-only baseline, once trained
	Parameters Parameters        `json:"parameters"`
	Memory     uint64            `json:"memory"` // in bytes, on the device
	FLOPs      float64           `json:"flops"`  // of one iteration: multiplies and adds of the direct algorithms
	// Inexact says in one line why a resumed run will not compute the same bits as an uninterrupted
	// one; "" if it will.
	Inexact string `json:"inexact"`
}

// Parameters counts the numbers that each network learns: 0 for a network that the method lacks.
type Parameters struct {
	Generator     int `json:"generator"`
	Discriminator int `json:"discriminator"`
	Task          int `json:"task"`
}

// Stopped says where training has stopped.
type Stopped struct {
	Step     int  `json:"step"`     // iterations done
	Finished bool `json:"finished"` // all iterations of the configuration are done
}

// SavedFile is a file for the person to keep.
type SavedFile struct {
	Name  string        `json:"name"`
	Bytes message.Bytes `json:"bytes"`
}

// Evaluated is an evaluation on the test images.
type Evaluated struct {
	Record trainer.EvalRecord `json:"record"`
	// Confusion counts, by domain (target, source, adapted), images by label and then by prediction.
	Confusion map[string][][]int `json:"confusion"`
	Classes   []string           `json:"classes"`
}

func (Configure) answeredBy(Configured)           {}
func (Restore) answeredBy(Configured)             {}
func (Load) answeredBy(Configured)                {}
func (Train) answeredBy(Stopped)                  {}
func (Pause) answeredBy(Stopped)                  {}
func (Step) answeredBy(trainer.TrainRecord)       {}
func (SamplesRequest) answeredBy(message.Samples) {}
func (Evaluate) answeredBy(Evaluated)             {}
func (Save) answeredBy(SavedFile)                 {}
func (Export) answeredBy(SavedFile)               {}
func (Metrics) answeredBy(SavedFile)              {}
func (Discard) answeredBy(Nothing)                {}
func (Stop) answeredBy(Nothing)                   {}
