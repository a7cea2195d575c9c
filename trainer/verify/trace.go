package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// Trace is a recording of training steps by a reference implementation.
type Trace struct {
	file    *safetensors.File
	path    string
	Method  recipe.Method // PixelDA, or a baseline
	Config  recipe.Model
	Steps   int
	Float32 Strays // of plain float32 arithmetic, as measured by the recorder

	adaptation recipe.Adaptation // for a baseline
}

// Strays says how far a computation strays from a trace, measured as in the trace.
type Strays struct {
	Steps   []StepStrays `json:"steps"`
	Adapted float64      `json:"adapted"` // largest absolute error of the adapted images
}

// StepStrays is the error after one step: relative errors of the losses (the worst) and of all
// gradients together, of all parameters relative to their change since the beginning, and of the
// running statistics.
type StepStrays struct {
	Loss  float64 `json:"loss"`
	Grad  float64 `json:"grad"`
	Param float64 `json:"param"`
	Stats float64 `json:"stats"`
}

// traceConfig lists the settings that every trace of PixelDA must state; the rest have the
// original's values.
var traceConfig = []string{
	"size", "source_channels", "target_channels", "classes", "noise_dim", "g_blocks", "g_filters", "d_filters",
	"noise_std", "dropout_keep",
	"lr", "lr_decay", "lr_decay_steps", "clip_norm", "domain_weight", "style_weight", "task_in_g_weight",
	"task_source_weight", "task_adapted_weight",
	"similarity_weight", "batch",
}

// baselineConfig lists those that a trace of a baseline must state.
var baselineConfig = []string{
	"size", "source_channels", "target_channels", "classes", "noise_dim", "tower_filters", "tower_units", "batch",
	"lr", "lr_decay", "lr_decay_steps", "weight_decay", "bn_epsilon", "bn_decay",
}

// OpenTrace opens a trace file and checks that it is one. Close it after use.
func OpenTrace(path string) (*Trace, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	t, err := newTrace(f, path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// ReadTrace is OpenTrace for the size bytes of r, called name in errors.
func ReadTrace(r io.ReaderAt, size int64, name string) (*Trace, error) {
	f, err := safetensors.Read(r, size, name)
	if err != nil {
		return nil, err
	}
	return newTrace(f, name)
}

func newTrace(f *safetensors.File, path string) (*Trace, error) {
	t := &Trace{file: f, path: path}
	if err := t.parse(); err != nil {
		return nil, origin.Errorf("trace %s: %w", path, err)
	}
	return t, nil
}

// Close closes the file.
func (t *Trace) Close() error { return t.file.Close() }

func (t *Trace) parse() error {
	m := t.file.Metadata()
	if m["format"] != "pixelda-trace" {
		return fmt.Errorf("its format is %q, not \"pixelda-trace\"", m["format"])
	}
	if m["version"] != "1" {
		return fmt.Errorf("its version is %q; this program reads version 1", m["version"])
	}
	var err error
	if t.Steps, err = strconv.Atoi(m["steps"]); err != nil || t.Steps < 1 {
		return fmt.Errorf("metadata steps is %q, not a positive number", m["steps"])
	}
	if err := t.parseConfig(m); err != nil {
		return err
	}
	if c := t.Config; c.NoiseStd != 0 || c.DropoutKeep != 1 || c.TowerKeep != 1 {
		return fmt.Errorf("noise_std is %g, dropout_keep %g and tower_dropout_keep %g; a trace has none of either "+
			"(0, 1 and 1)", c.NoiseStd, c.DropoutKeep, c.TowerKeep)
	}
	if t.Config.Precision != "f32" {
		return fmt.Errorf("precision is %s; a driver is verified in f32 alone, since rounding to %s hides its errors",
			t.Config.Precision, t.Config.Precision)
	}
	if err := json.Unmarshal([]byte(m["float32"]), &t.Float32); err != nil {
		return fmt.Errorf("metadata float32: %w", err)
	}
	if len(t.Float32.Steps) != t.Steps {
		return fmt.Errorf("metadata float32 has %d steps of %d", len(t.Float32.Steps), t.Steps)
	}
	return nil
}

// parseConfig reads what was trained: PixelDA by default.
func (t *Trace) parseConfig(m map[string]string) error {
	var stated map[string]json.RawMessage
	if err := json.Unmarshal([]byte(m["config"]), &stated); err != nil {
		return fmt.Errorf("metadata config: %w", err)
	}
	base, err := recipe.PresetModel("mnist-mnistm")
	if err != nil {
		return err
	}
	t.Method = recipe.PixelDA
	names := traceConfig
	if method, ok := m["method"]; ok {
		t.Method = recipe.Method(method)
		if !t.Method.Adapts() {
			return fmt.Errorf("metadata method is %q; traces are of dann, mmd, dsn or cogan, and without it of pixelda",
				method)
		}
		c := recipe.Config{Model: base}.WithMethod(t.Method)
		base, t.adaptation = c.Model, c.Adaptation
		names, base.NoiseStd, base.DropoutKeep = baselineConfig, 0, 1
		d := json.NewDecoder(strings.NewReader(m["adaptation"]))
		d.DisallowUnknownFields()
		if err := d.Decode(&t.adaptation); err != nil {
			return fmt.Errorf("metadata adaptation: %w", err)
		}
	}
	for _, name := range names {
		if _, ok := stated[name]; !ok {
			return fmt.Errorf("metadata config lacks %s", name)
		}
	}
	if t.Config, err = recipe.ParseModel([]byte(m["config"]), base); err != nil {
		return err
	}
	return t.recipe().Bounds()
}

// recipe is what the trace trains; its steps are all the iterations.
func (t *Trace) recipe() recipe.Config {
	return recipe.Config{Method: t.Method, Model: t.Config, Adaptation: t.adaptation, Iterations: t.Steps}
}

// floats reads a tensor of n elements.
func (t *Trace) floats(name string, n int) ([]float32, error) {
	x, err := t.file.Float32s(name)
	if err == nil && len(x) != n {
		err = origin.Errorf("trace %s: tensor %s has %d elements; want %d", t.path, name, len(x), n)
	}
	return x, err
}

// scalar reads a tensor of one element.
func (t *Trace) scalar(name string) (float64, error) {
	x, err := t.file.Float64s(name)
	if err == nil && len(x) != 1 {
		err = origin.Errorf("trace %s: tensor %s has %d elements; want 1", t.path, name, len(x))
	}
	if err != nil {
		return 0, err
	}
	return x[0], nil
}

// variable reads a variable's array, checking its shape.
func (t *Trace) variable(prefix string, v *graph.Variable) ([]float32, error) {
	name := prefix + "." + v.Name
	shape, err := t.file.Shape(name)
	if err != nil {
		return nil, err
	}
	if fmt.Sprint(shape) != fmt.Sprint(v.Dims) {
		return nil, origin.Errorf("trace %s: tensor %s is %v; the model wants %v", t.path, name, shape, v.Dims)
	}
	return t.floats(name, v.Len())
}
