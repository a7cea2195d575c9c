package trainer

import "pixelda-wgpu/trainer/engine"

// Sink hears of a run: a folder, TensorBoard, a terminal, a page. An error ends the run.
type Sink interface {
	Hear(Event) error
}

// Event is what a sink hears: one of the types below, or a TrainRecord.
type Event interface{ event() }

// Iterated says that an iteration was done. The device may still be working on it.
type Iterated struct{ Step int }

// Evaluating says that an evaluation is starting, which can take a while.
type Evaluating struct{ Step int }

// Evaluated is an evaluation.
type Evaluated struct {
	Record   EvalRecord
	ByDomain map[string]engine.Evaluation
}

// Sampled is the samples of an iteration.
type Sampled struct {
	Step    int
	Samples engine.Samples
}

// Save asks for the state of the run to be kept. It is sound: everything computed so far is finite.
// Score is that of an evaluation of this very state, or Unmeasured.
type Save struct {
	Step  int
	Score float64
}

// Unmeasured is the score of a state that was not evaluated: the lowest score, that of a classifier
// that tells nothing apart.
const Unmeasured = 0

// Ended says that the last iteration is done, along with everything that was due after it.
type Ended struct{ Step int }

func (TrainRecord) event() {}
func (Iterated) event()    {}
func (Evaluating) event()  {}
func (Evaluated) event()   {}
func (Sampled) event()     {}
func (Save) event()        {}
func (Ended) event()       {}
