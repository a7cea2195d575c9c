// Package recipe says what is trained: the configuration of a run, its presets, what each setting
// means and may be, the methods, and how rates change during training. It is plain data that knows
// no device and no file. Methods are registered by the package that can train them, trainer/engine.
package recipe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Config is everything that a run depends on except the device: config.json.
type Config struct {
	Method Method `json:"method"`
	Source string `json:"source"` // data sets, as package datasets/open knows them
	Target string `json:"target"`
	Data   string `json:"data"` // the folder of known sets
	Seed   uint64 `json:"seed"`
	Model  Model  `json:"model"`

	Adaptation Adaptation `json:"adaptation,omitzero"` // of the methods dann, mmd, dsn and cogan

	SourceTrain int `json:"source_train"` // images used for training; 0 for the usual split
	TargetTrain int `json:"target_train"`

	// the classes trained on, of both domains; empty for all (paper, Table 4)
	TrainClasses   []string `json:"train_classes"`
	TargetLabelled int      `json:"target_labelled"` // target images whose labels train the classifier too (Table 6)

	Iterations int `json:"iterations"` // of D and G steps each
	Baseline   int `json:"baseline"`   // iterations of the source-only baseline trained first; 0 for none

	LogEvery        int `json:"log_every"` // iterations
	EvalEvery       int `json:"eval_every"`
	EvalImages      int `json:"eval_images"` // source test images in an evaluation during training; 0 for all
	SampleEvery     int `json:"sample_every"`
	CheckpointEvery int `json:"checkpoint_every"`
	Keep            int `json:"keep"` // checkpoints to keep besides the best
}

// ComparesBaseline reports whether a run trains the source-only baseline first. Only PixelDA does:
// the baseline shows what its classifier is worth without the generator.
func (c Config) ComparesBaseline() bool { return c.Method == PixelDA && c.Baseline > 0 }

// Validate checks the configuration without opening its data.
func (c Config) Validate() error {
	method, ok := methods[c.Method]
	if !ok {
		return fmt.Errorf("configuration: method is %q; want one of %v", c.Method, Methods())
	}
	for _, s := range []struct {
		name  string
		value int
		least int
	}{
		{"iterations", c.Iterations, 1}, {"log_every", c.LogEvery, 1}, {"eval_every", c.EvalEvery, 1},
		{"sample_every", c.SampleEvery, 1}, {"checkpoint_every", c.CheckpointEvery, 1}, {"keep", c.Keep, 1},
		{"baseline", c.Baseline, 0}, {"source_train", c.SourceTrain, 0}, {"target_train", c.TargetTrain, 0},
		{"eval_images", c.EvalImages, 0}, {"target_labelled", c.TargetLabelled, 0},
	} {
		if s.value < s.least {
			return fmt.Errorf("configuration: %s is %d; want at least %d", s.name, s.value, s.least)
		}
	}
	for _, s := range [][2]string{{"source", c.Source}, {"target", c.Target}} {
		if strings.TrimSpace(s[1]) == "" {
			return fmt.Errorf("configuration: %s names no data set", s[0])
		}
	}
	if !c.Method.Adapts() && c.Adaptation != (Adaptation{}) {
		return fmt.Errorf("configuration: adaptation is set, which the method %s does not have", c.Method)
	}
	if err := c.Bounds(); err != nil {
		return err
	}
	return method.Check(c)
}

// Bounds checks that each number of the model is within its bounds, and each of the adaptation that
// the method reads.
func (c Config) Bounds() error {
	if err := c.Model.Bounds(); err != nil {
		return err
	}
	used := methods[c.Method].Uses
	return outOfBounds("adaptation", c.Adaptation, slices.DeleteFunc(AdaptationSettings(), func(s Setting) bool {
		return !slices.Contains(used, s.Name)
	}))
}

// Bounds checks that each number is within its bounds.
func (m Model) Bounds() error { return outOfBounds("configuration", m, ModelSettings()) }

// outOfBounds names the first setting whose number in values, a struct, is out of bounds.
func outOfBounds(what string, values any, settings []Setting) error {
	fields := fieldsOf(values)
	for _, s := range settings {
		for _, v := range numbers(fields[s.Name]) {
			if !s.allows(v) {
				return fmt.Errorf("%s: %s is %g; want %g to %g", what, s.Name, v, s.Min, s.Max)
			}
		}
	}
	return nil
}

// numbers lists the numbers in a field that has bounds.
func numbers(v reflect.Value) []float64 {
	switch v.Kind() {
	case reflect.Int:
		return []float64{float64(v.Int())}
	case reflect.Float64:
		return []float64{v.Float()}
	case reflect.Array:
		var all []float64
		for i := range v.Len() {
			all = append(all, float64(v.Index(i).Int()))
		}
		return all
	}
	return nil
}

// fieldsOf maps the JSON names of a struct's fields to the fields.
func fieldsOf(of any) map[string]reflect.Value {
	fields, v := map[string]reflect.Value{}, reflect.ValueOf(of)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = v.Field(i)
	}
	return fields
}

// Flat returns all settings of the configuration by name, including those of the model and of the
// adaptation: numbers, booleans, strings, and lists of these.
func (c Config) Flat() map[string]any {
	flat := map[string]any{}
	parts := []any{c, c.Model}
	if c.Method.Adapts() {
		parts = append(parts, c.Adaptation)
	}
	for _, part := range parts {
		for name, v := range fieldsOf(part) {
			if v.Kind() != reflect.Struct {
				flat[name] = v.Interface()
			}
		}
	}
	return flat
}

// ParseConfig reads a configuration in JSON over the values of base, which stay where it sets none;
// a method other than base's brings its own settings. Unknown names are errors.
func ParseConfig(b []byte, base Config) (Config, error) {
	var stated struct {
		Method Method `json:"method"`
	}
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&stated); err == nil && stated.Method != "" {
		base = base.WithMethod(stated.Method)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&base); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if d.More() {
		return Config{}, fmt.Errorf("configuration: something follows the JSON object")
	}
	return base, base.Validate()
}

// ParseModel reads a model in JSON over the values of base, which stay where it sets none. Unknown
// names and numbers out of bounds are errors; whether the settings fit together is not checked.
func ParseModel(b []byte, base Model) (Model, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&base); err != nil {
		return Model{}, fmt.Errorf("configuration: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Model{}, fmt.Errorf("configuration: other data follows it")
	}
	if err := base.Bounds(); err != nil {
		return Model{}, err
	}
	return base, nil
}
