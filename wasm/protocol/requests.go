package protocol

import (
	"encoding/json"

	"pixelda-wgpu/wasm/message"
)

// Configure builds a run: it opens the data, and builds and compiles the programs.
type Configure struct {
	Preset  string          `json:"preset"`
	Changes json.RawMessage `json:"changes,omitempty"` // the settings of recipe.Config that differ from the preset's
	Source  DataSource      `json:"source"`
	Target  DataSource      `json:"target"`
	// Tune says whether kernels are chosen by timing them. If nil, they are on GPUs but not on
	// processors.
	Tune *bool `json:"tune,omitempty"`
}

// Preview opens a data set and shows the first images of its training split.
type Preview struct {
	Data  DataSource `json:"data"`
	Count *int       `json:"count,omitempty"` // of images; nil is 32
}

// Train trains until an iteration is done, or until Pause. The answer comes when training stops.
type Train struct {
	Until int `json:"until,omitempty"` // iterations since the run began; 0 means all that the configuration has
}

// Pause stops after the iteration under way, and keeps a snapshot.
type Pause struct{}

// Step does one iteration, which a TrainedEvent follows.
type Step struct{}

// SamplesRequest asks for images adapted by the networks as they are now.
type SamplesRequest struct {
	Images  []int `json:"images,omitempty"` // indices into the source's test images; nil is the run's usual 16
	Noise   Noise `json:"noise,omitzero"`
	Nearest int   `json:"nearest,omitempty"` // how many nearest target images to look up for each
}

// Noise says what the generator's noise is, in one of two ways; the zero value means the seed of
// the configuration.
type Noise struct {
	// Seed gives each image a vector that depends only on this and on the index of the image.
	Seed *uint64 `json:"seed,omitempty" of:"seed"`
	// Vectors are noise_dim floats each, one after the other, in [-1, 1]. There are as many as
	// images, or there is only one image or one vector, which is then combined with all of the
	// other.
	Vectors *message.Floats `json:"vectors,omitempty" of:"vectors"`
}

// Evaluate measures the networks on the test images. An EvaluatedEvent comes in addition to the
// answer.
type Evaluate struct{}

// Save asks for a checkpoint, in the format of the command line.
type Save struct{}

// Load continues from a checkpoint of the page or of the command line, whose configuration replaces
// the present one. Generated data sets are opened as it names them. Other images must be those of
// the present run.
type Load struct {
	Checkpoint message.Bytes `json:"checkpoint"`
}

// Restore continues from the snapshot that Ready offered.
type Restore struct{}

// Discard forgets the snapshot.
type Discard struct{}

// Export asks for the trained generator in a form that other programs can use.
type Export struct {
	Format ExportFormat `json:"format"`
	Half   bool         `json:"half,omitempty"` // store weights as 16-bit floats; not for ONNX
}

// ExportFormat is a kind of file that holds a generator.
type ExportFormat string

// The formats.
const (
	Bundle      ExportFormat = "bundle"
	ONNX        ExportFormat = "onnx"
	Safetensors ExportFormat = "safetensors"
)

// Verify replays reference traces to see whether the adapter computes correctly.
type Verify struct{}

// Bench measures a training step of the run's model, kernel by kernel. The run pauses meanwhile and
// is not changed.
type Bench struct{}

// Stop ends a Bench under way, which then answers null. It is served at once, ahead of earlier
// requests.
type Stop struct{}

// Metrics asks for all records so far, as metrics.jsonl.
type Metrics struct{}

func (Configure) kind() string      { return "configure" }
func (Preview) kind() string        { return "preview" }
func (Train) kind() string          { return "train" }
func (Pause) kind() string          { return "pause" }
func (Step) kind() string           { return "step" }
func (SamplesRequest) kind() string { return "samples" }
func (Evaluate) kind() string       { return "evaluate" }
func (Save) kind() string           { return "save" }
func (Load) kind() string           { return "load" }
func (Restore) kind() string        { return "restore" }
func (Discard) kind() string        { return "discard" }
func (Export) kind() string         { return "export" }
func (Verify) kind() string         { return "verify" }
func (Bench) kind() string          { return "bench" }
func (Stop) kind() string           { return "stop" }
func (Metrics) kind() string        { return "metrics" }
