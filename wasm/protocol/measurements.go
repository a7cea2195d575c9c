package protocol

import (
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/verify"
)

// Verified says how far the adapter strays from recorded reference steps.
type Verified struct {
	OK     bool     `json:"ok"` // all replays are
	Traces []Replay `json:"traces"`
}

// Replay is one reference step, replayed.
type Replay struct {
	Name   string         `json:"name"`
	OK     bool           `json:"ok"`
	Checks []verify.Check `json:"checks"` // their errors are finite
}

// Benched says how long a training step takes.
type Benched struct {
	Steps   []bench.Program `json:"steps"` // the D step, the G step, and the iteration of both
	Peak    bench.Peak      `json:"peak"`
	Memory  uint64          `json:"memory"` // bytes on the device
	Clock   Clock           `json:"clock"`  // that timed the kernels
	Kinds   []bench.Line    `json:"kinds"`  // kernels by kind, small ones summed up as "others", and "all" last
	Slowest []bench.Line    `json:"slowest"`
	File    SavedFile       `json:"file"` // as bench -json writes it
}

// Clock says which clock timed the kernels.
type Clock string

// The clocks.
const (
	GPUClock  Clock = "gpu"
	WallClock Clock = "wall" // the page's, where the browser does not give the GPU's
)

func (Verify) answeredBy(Verified) {}
func (Bench) answeredBy(*Benched)  {} // nil if it was stopped
