package protocol

import (
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/message"
)

// Ready says that the worker can serve requests, and what there is to choose from. It comes once.
type Ready struct {
	Adapter   gpu.AdapterInfo   `json:"adapter"`
	Limits    map[string]uint64 `json:"limits"` // of the device, by their WebGPU names
	Presets   []Preset          `json:"presets"`
	Suggested string            `json:"suggested"` // the preset that suits the adapter
	Settings  []recipe.Setting  `json:"settings"`
	Sets      []Set             `json:"sets"`     // that the core generates
	Snapshot  *SnapshotInfo     `json:"snapshot"` // nil if no earlier visit left one
}

// Preset is a configuration with a name.
type Preset struct {
	Name   string        `json:"name"`
	Config recipe.Config `json:"config"`
}

// Set is a data set that the core generates.
type Set struct {
	Name  string `json:"name"`
	About string `json:"about"` // one sentence for a person
}

// SnapshotInfo describes a run that an earlier visit left.
type SnapshotInfo struct {
	Step   int           `json:"step"` // iterations done
	Config recipe.Config `json:"config"`
	Source string        `json:"source"`
	Target string        `json:"target"`
	Saved  int64         `json:"saved"` // milliseconds since 1970
}

// Progress says that something takes a while.
type Progress struct {
	Stage Stage  `json:"stage"`
	What  string `json:"what"` // what is under way, for a person; may be empty
	Done  int    `json:"done"`
	Total int    `json:"total"` // 0 if it is unknown
}

// Stage names what takes a while.
type Stage string

// The stages.
const (
	Loading      Stage = "loading"
	Data         Stage = "data"
	Tuning       Stage = "tuning"
	Compiling    Stage = "compiling"
	Baseline     Stage = "baseline"
	Evaluating   Stage = "evaluating"
	Verifying    Stage = "verifying"
	Benchmarking Stage = "benchmarking"
	Training     Stage = "training"
)

// TrainedEvent brings the record of the iterations since the last one.
type TrainedEvent struct {
	Record trainer.TrainRecord `json:"record"`
}

// EvaluatedEvent brings an evaluation.
type EvaluatedEvent Evaluated

// SamplesEvent brings the run's usual samples, at the beginning and every sample_every iterations.
type SamplesEvent message.Samples

// BaselineEvent says that the source-only baseline has been trained.
type BaselineEvent struct {
	Accuracy float64 `json:"accuracy"` // on the target's test images, 0 to 1
}

// SnapshotEvent says that a snapshot has been kept.
type SnapshotEvent struct {
	Step  int `json:"step"`  // iterations done
	Bytes int `json:"bytes"` // of the file
}

// Lost says that the device is gone and that the worker is trying to get another. Recovered
// follows, or an Error with the code LostDevice.
type Lost struct {
	Why     string  `json:"why"`
	Attempt int     `json:"attempt"` // from 1
	Retry   float64 `json:"retry"`   // seconds until then
}

// Recovered says that the run is back at a snapshot, after a lost device or after losses that were
// not finite. Records of later iterations are void.
type Recovered struct {
	Step int `json:"step"` // iterations done
}

// Error says that something went wrong. Its texts are shown to the person unchanged.
type Error struct {
	ID     int       `json:"id"` // of the request that failed; 0 if no request caused it
	Code   ErrorCode `json:"code"`
	What   string    `json:"what"`   // what happened, in one sentence
	Where  string    `json:"where"`  // a part of the program or a file; may be empty
	Remedy string    `json:"remedy"` // what the person can do; may be empty
	Fatal  bool      `json:"fatal"`  // nothing works until the page is reloaded
}

// ErrorCode says what kind of thing went wrong.
type ErrorCode string

// The codes.
const (
	NoWebGPU      ErrorCode = "no-webgpu"
	NoAdapter     ErrorCode = "no-adapter"
	BeyondLimit   ErrorCode = "limit" // of the device
	OutOfMemory   ErrorCode = "memory"
	BadShader     ErrorCode = "shader"
	LostDevice    ErrorCode = "lost"
	SecondTab     ErrorCode = "second-tab" // another tab has the page open
	BadData       ErrorCode = "data"
	BadConfig     ErrorCode = "config"
	BadCheckpoint ErrorCode = "checkpoint"
	BadStorage    ErrorCode = "storage"
	Diverged      ErrorCode = "diverged" // losses are not finite
	BadState      ErrorCode = "state"    // the request is not possible now
	BadNetwork    ErrorCode = "network"
	Internal      ErrorCode = "internal"
)

func (Reply) kind() string          { return "reply" }
func (Ready) kind() string          { return "ready" }
func (Progress) kind() string       { return "progress" }
func (TrainedEvent) kind() string   { return "trained" }
func (EvaluatedEvent) kind() string { return "evaluated" }
func (SamplesEvent) kind() string   { return "samples" }
func (BaselineEvent) kind() string  { return "baseline" }
func (SnapshotEvent) kind() string  { return "snapshot" }
func (Lost) kind() string           { return "lost" }
func (Recovered) kind() string      { return "recovered" }
func (Error) kind() string          { return "error" }
