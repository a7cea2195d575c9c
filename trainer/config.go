package trainer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/model"
)

// Method names what is trained.
type Method string

// The methods: PixelDA, and the two baselines that train its task tower alone,
// on source or on target labels.
const (
	PixelDA    Method = "pixelda"
	SourceOnly Method = "source-only"
	TargetOnly Method = "target-only"
)

var methods = []Method{PixelDA, SourceOnly, TargetOnly}

// Config is all that a run depends on, besides the device: config.json.
type Config struct {
	Method Method       `json:"method"`
	Source string       `json:"source"` // data sets, as datasets.Open knows them
	Target string       `json:"target"`
	Data   string       `json:"data"` // the folder where known sets lie
	Seed   uint64       `json:"seed"`
	Model  model.Config `json:"model"`

	SourceTrain int `json:"source_train"` // images used for training; 0 for the usual split
	TargetTrain int `json:"target_train"`

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
		Method: PixelDA, Data: "data", Seed: 1, Model: m, Source: "mnist", Target: "mnist-m",
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
	}
	return c, nil
}

// Validate checks the configuration without opening its data.
func (c Config) Validate() error {
	if !slices.Contains(methods, c.Method) {
		return fmt.Errorf("trainer: configuration: method is %q; want one of %v", c.Method, methods)
	}
	for name, v := range map[string]int{
		"iterations": c.Iterations, "log_every": c.LogEvery, "eval_every": c.EvalEvery, "sample_every": c.SampleEvery,
		"checkpoint_every": c.CheckpointEvery, "keep": c.Keep,
	} {
		if v < 1 {
			return fmt.Errorf("trainer: configuration: %s is %d; want at least 1", name, v)
		}
	}
	for name, v := range map[string]int{"baseline": c.Baseline, "source_train": c.SourceTrain, "target_train": c.TargetTrain, "eval_images": c.EvalImages} {
		if v < 0 {
			return fmt.Errorf("trainer: configuration: %s is %d; want at least 0", name, v)
		}
	}
	for name, v := range map[string]string{"source": c.Source, "target": c.Target} {
		if strings.TrimSpace(v) == "" {
			return fmt.Errorf("trainer: configuration: %s names no data set", name)
		}
	}
	return c.Model.Validate()
}

// Data is the images of both domains.
type Data struct {
	Source, Target datasets.Splits
}

// OpenData opens the data sets of a configuration and checks that the model
// can take them.
func OpenData(c Config) (Data, error) {
	source, err := c.open(c.Source)
	if err != nil {
		return Data{}, err
	}
	target, err := c.open(c.Target)
	if err != nil {
		return Data{}, err
	}
	return PrepareData(c, source, target)
}

func (c Config) open(spec string) (datasets.Splits, error) {
	return datasets.Open(spec, datasets.Options{Dir: c.Data, Seed: c.Seed})
}

// PrepareData brings open data sets to a form for the model of a configuration
// and checks that it can take them.
func PrepareData(c Config, source, target datasets.Splits) (Data, error) {
	var d Data
	var err error
	if d.Source, err = c.prepare("source "+c.Source, source, c.Model.SourceChannels, c.SourceTrain); err != nil {
		return d, err
	}
	if d.Target, err = c.prepare("target "+c.Target, target, c.Model.TargetChannels, c.TargetTrain); err != nil {
		return d, err
	}
	for role, s := range map[string]datasets.Splits{"source " + c.Source: d.Source, "target " + c.Target: d.Target} {
		if s.Test.Len() == 0 {
			return d, fmt.Errorf("trainer: %s has no test images; give it more, or folders train and test", role)
		}
	}
	if !d.Source.Train.Labelled() || !d.Source.Test.Labelled() {
		return d, fmt.Errorf("trainer: source %s has no labels; put its images into a folder a class", c.Source)
	}
	if c.Method == TargetOnly && !d.Target.Train.Labelled() {
		return d, fmt.Errorf("trainer: target %s has no labels, which target-only trains on", c.Target)
	}
	if d.Target.Test.Labelled() {
		if err := datasets.MatchClasses(d.Source.Train, d.Target.Test); err != nil {
			return d, err
		}
	}
	if n := len(d.Source.Train.Classes); n != c.Model.Classes {
		return d, fmt.Errorf("trainer: source %s has %d classes, the model %d; set classes=%d", c.Source, n, c.Model.Classes, n)
	}
	return d, nil
}

// OpenSource opens other images for the generator of a configuration.
func OpenSource(c Config, spec string) (datasets.Splits, error) {
	s, err := c.open(spec)
	if err != nil {
		return s, err
	}
	return c.prepare("source "+spec, s, c.Model.SourceChannels, 0)
}

// prepare brings a data set to a form that the device can bring to the model's
// size and channels: it enlarges images as the original did and repeats grey; to
// shrink them without aliasing, the host takes the mean over the covered area.
func (c Config) prepare(name string, s datasets.Splits, channels, train int) (datasets.Splits, error) {
	if has := s.Train.Channels; has > channels && (channels != 1 || has != 3) {
		return s, fmt.Errorf("trainer: %s has %d channels; the model takes %d", name, has, channels)
	}
	size := c.Model.Size
	for _, set := range []**datasets.Set{&s.Train, &s.Valid, &s.Test} {
		if (*set).Len() == 0 {
			continue
		}
		if (*set).Channels == 3 && channels == 1 {
			*set = (*set).WithChannels(1)
		}
		if (*set).Width > size || (*set).Height > size {
			*set = (*set).Resize(size, size)
		}
	}
	if train > 0 && train < s.Train.Len() {
		sampler, err := datasets.NewSampler(s.Train.Len(), c.Seed)
		if err != nil {
			return s, err
		}
		some := make([]int, train) // at random: a folder's images lie class by class
		sampler.Fill(some, 0)
		s.Train = s.Train.Pick(some)
	}
	return s, nil
}

// Fingerprint identifies the images of both domains.
func (d Data) Fingerprint() string { return d.Source.Fingerprint() + "+" + d.Target.Fingerprint() }

// form is how the images of a set reach the device.
func form(s *datasets.Set) model.Images {
	return model.Images{Width: s.Width, Height: s.Height, Channels: s.Channels}
}

// ParseConfig reads a configuration in JSON over the values of base: what it
// leaves out keeps them. Unknown names are errors.
func ParseConfig(b []byte, base Config) (Config, error) {
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

// SetField returns c with one field changed: a name from its JSON or from its
// model's, and a value as JSON has it, a string without quotes too.
func SetField(c Config, name, value string) (Config, error) {
	raw := []byte(value)
	if !json.Valid(raw) {
		raw, _ = json.Marshal(value) // a string cannot fail
	}
	for _, form := range []string{`{%q:%s}`, `{"model":{%q:%s}}`} {
		d := json.NewDecoder(strings.NewReader(fmt.Sprintf(form, name, raw)))
		d.DisallowUnknownFields()
		changed := c
		err := d.Decode(&changed)
		if err == nil {
			return changed, nil
		}
		if !strings.Contains(err.Error(), "unknown field") {
			return c, fmt.Errorf("%s is no value of %s", value, name)
		}
	}
	return c, fmt.Errorf("there is no setting %q; config.json of a run lists them", name)
}
