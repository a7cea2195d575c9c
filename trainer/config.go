package trainer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pixelda-wgpu/model"
)

// Config is all that a run depends on, besides the device: config.json.
type Config struct {
	Method Method       `json:"method"`
	Source string       `json:"source"` // data sets, as datasets.Open knows them
	Target string       `json:"target"`
	Data   string       `json:"data"` // the folder where known sets lie
	Seed   uint64       `json:"seed"`
	Model  model.Config `json:"model"`

	Adaptation model.Adaptation `json:"adaptation,omitzero"` // of the methods dann, mmd, dsn and cogan

	SourceTrain int `json:"source_train"` // images used for training; 0 for the usual split
	TargetTrain int `json:"target_train"`

	TrainClasses   []string `json:"train_classes"`   // the classes trained on, of both domains; none for all (paper, Table 4)
	TargetLabelled int      `json:"target_labelled"` // target images whose labels train the classifier too (Table 6)

	Iterations int `json:"iterations"` // of D and G steps each
	Baseline   int `json:"baseline"`   // iterations of the source-only baseline trained first; 0 for none

	LogEvery        int `json:"log_every"` // iterations
	EvalEvery       int `json:"eval_every"`
	EvalImages      int `json:"eval_images"` // source test images of an evaluation on the way; 0 for all
	SampleEvery     int `json:"sample_every"`
	CheckpointEvery int `json:"checkpoint_every"`
	Keep            int `json:"keep"` // checkpoints besides the best
}

// Presets lists the named configurations.
func Presets() []string { return model.Presets() }

// Preset returns a named configuration.
func Preset(name string) (Config, error) {
	m, err := model.Preset(name)
	if err != nil {
		return Config{}, err
	}
	c := Config{
		Method: PixelDA, Data: "data", Seed: 1, Model: m, Source: "mnist", Target: "mnist-m", TrainClasses: []string{},
		Iterations: 250_000, LogEvery: 50, EvalEvery: 1000, SampleEvery: 1000, CheckpointEvery: 1000, Keep: 3,
	}
	switch name {
	case "mnist-usps":
		c.Target = "usps"
		c.Iterations = 50_000
	case "small":
		c.Source, c.Target = "digits", "digits-m"
		c.Iterations, c.Baseline = 1500, 600
		c.EvalImages = 500
		c.LogEvery, c.EvalEvery, c.SampleEvery, c.CheckpointEvery = 20, 200, 200, 200
	case "linemod", "linemod-masked":
		c.Source, c.Target = "objects", "objects-m"
	case "linemod-small":
		c.Source, c.Target = "objects", "objects-m"
		c.Iterations, c.Baseline = 6000, 2000
		c.EvalImages = 500
		c.LogEvery, c.EvalEvery, c.SampleEvery, c.CheckpointEvery = 20, 500, 500, 500
	}
	return c, nil
}

// Earlier is what a file of a configuration is read over: it holds what settings
// stand for that files of earlier versions do not state.
func Earlier() Config { return Config{Model: model.Earlier(), TrainClasses: []string{}} }

// Validate checks the configuration without opening its data.
func (c Config) Validate() error {
	if !slices.Contains(Methods(), c.Method) {
		return fmt.Errorf("trainer: configuration: method is %q; want one of %v", c.Method, Methods())
	}
	for name, v := range map[string]int{
		"iterations": c.Iterations, "log_every": c.LogEvery, "eval_every": c.EvalEvery, "sample_every": c.SampleEvery,
		"checkpoint_every": c.CheckpointEvery, "keep": c.Keep,
	} {
		if v < 1 {
			return fmt.Errorf("trainer: configuration: %s is %d; want at least 1", name, v)
		}
	}
	for name, v := range map[string]int{
		"baseline": c.Baseline, "source_train": c.SourceTrain, "target_train": c.TargetTrain, "eval_images": c.EvalImages, "target_labelled": c.TargetLabelled,
	} {
		if v < 0 {
			return fmt.Errorf("trainer: configuration: %s is %d; want at least 0", name, v)
		}
	}
	for name, v := range map[string]string{"source": c.Source, "target": c.Target} {
		if strings.TrimSpace(v) == "" {
			return fmt.Errorf("trainer: configuration: %s names no data set", name)
		}
	}
	if c.TargetLabelled > 0 && c.Method == TargetOnly {
		return fmt.Errorf("trainer: configuration: target_labelled is %d, but method %s trains on all labels of the target; its target_train chooses how many", c.TargetLabelled, c.Method)
	}
	return c.validateMethod()
}

// validateMethod checks the model and what a method adds to it.
func (c Config) validateMethod() error {
	if !c.Method.Adapts() {
		if c.Adaptation != (model.Adaptation{}) {
			return fmt.Errorf("trainer: configuration: adaptation is set, which the method %s does not have", c.Method)
		}
		return c.Model.Validate()
	}
	if a := c.Adaptation; a.Schedule == model.Gate && a.Start >= c.Iterations {
		return fmt.Errorf("trainer: configuration: start is %d of %d iterations, so that %s would never adapt; set an earlier start", a.Start, c.Iterations, c.Method)
	}
	if c.Method == CoGAN && c.TargetLabelled > 0 {
		return fmt.Errorf("trainer: configuration: target_labelled is %d; the method %s takes no labels of the target", c.TargetLabelled, c.Method)
	}
	_, err := c.scheme()
	return err
}

// ParseConfig reads a configuration in JSON over the values of base: what it
// leaves out keeps them; a method other than base's brings its own. Unknown names are
// errors.
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
		return Config{}, fmt.Errorf("trainer: configuration: %w", err)
	}
	if d.More() {
		return Config{}, fmt.Errorf("trainer: configuration: something follows the JSON object")
	}
	return base, base.Validate()
}

// SetField returns c with one field changed: a name from its JSON, from its model's or
// from its adaptation's, and a value as JSON has it; strings without quotes and lists of them,
// parted by commas, will do.
func SetField(c Config, name, value string) (Config, error) {
	if name == "method" {
		return c.WithMethod(Method(strings.Trim(value, `"`))), nil
	}
	text, _ := json.Marshal(value) // strings cannot fail
	list, _ := json.Marshal(strings.Split(value, ","))
	known := false
	for _, raw := range [][]byte{[]byte(value), text, list} {
		if !json.Valid(raw) {
			continue
		}
		for _, form := range []string{`{%q:%s}`, `{"model":{%q:%s}}`, `{"adaptation":{%q:%s}}`} {
			d := json.NewDecoder(strings.NewReader(fmt.Sprintf(form, name, raw)))
			d.DisallowUnknownFields()
			changed := c
			err := d.Decode(&changed)
			if err == nil {
				return changed, nil
			}
			known = known || !strings.Contains(err.Error(), "unknown field")
		}
	}
	if known {
		return c, fmt.Errorf("%s is no value of %s", value, name)
	}
	return c, fmt.Errorf("there is no setting %q; config.json of a run lists them", name)
}
