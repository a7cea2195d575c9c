// Package model holds PixelDA's networks, losses and training steps as graphs
// (Bousmalis et al., CVPR 2017). Where the paper and its published code differ,
// the code's behaviour is the default and a setting selects the paper's.
package model

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Config is every hyperparameter of the model and its optimisation. The names
// in JSON are those of reference traces.
type Config struct {
	Size           int `json:"size"` // height and width of all images
	SourceChannels int `json:"source_channels"`
	TargetChannels int `json:"target_channels"`
	Classes        int `json:"classes"`

	// Generator.
	NoiseDim   int  `json:"noise_dim"` // length of z; 0 for a generator without noise
	GBlocks    int  `json:"g_blocks"`  // residual blocks
	GFilters   int  `json:"g_filters"`
	GResiduals bool `json:"g_residuals"`   // a block adds its input
	GHead      int  `json:"g_head_kernel"` // of the last convolution: 1 as coded, 3 as in the paper's text

	// Discriminator.
	DFilters     int     `json:"d_filters"`     // of the first layer; they double with each
	DFinalSize   int     `json:"d_final_size"`  // layers of stride 2 until the map is no larger
	DInputNoise  bool    `json:"d_input_noise"` // noise on the images too
	NoiseStd     float64 `json:"noise_std"`     // of the noise behind each layer
	DropoutKeep  float64 `json:"dropout_keep"`  // the probability to keep a value
	LeakySlope   float64 `json:"leaky_slope"`
	TowerFilters [2]int  `json:"tower_filters"` // the task tower's convolutions
	TowerUnits   int     `json:"tower_units"`   // and its two hidden layers

	// Normalisation and initial values.
	BNEpsilon float64 `json:"bn_epsilon"`
	BNDecay   float64 `json:"bn_decay"`
	InitStd   float64 `json:"init_std"`

	// Losses. The D step minimises domain, source and adapted; the G step
	// style, task_in_g and similarity.
	DomainWeight      float64    `json:"domain_weight"`
	StyleWeight       float64    `json:"style_weight"`
	TaskInGWeight     float64    `json:"task_in_g_weight"`
	TaskSourceWeight  float64    `json:"task_source_weight"`
	TaskAdaptedWeight float64    `json:"task_adapted_weight"`
	Similarity        Similarity `json:"similarity"`
	SimilarityWeight  float64    `json:"similarity_weight"`

	// Optimisation.
	Batch        int     `json:"batch"`
	LR           float64 `json:"lr"`
	LRDecay      float64 `json:"lr_decay"`
	LRDecaySteps int     `json:"lr_decay_steps"` // counts D and G updates
	Beta1        float64 `json:"adam_beta1"`
	Beta2        float64 `json:"adam_beta2"`
	Epsilon      float64 `json:"adam_epsilon"`
	ClipNorm     float64 `json:"clip_norm"` // of each variable's gradient
	DSteps       int     `json:"d_steps"`   // D updates an iteration
	GSteps       int     `json:"g_steps"`
}

// Similarity names a content-similarity loss (paper, section 3.3).
type Similarity string

// The losses. PairwiseCode is twice the sum over the batch where the paper's
// Eq. 5 is the mean.
const (
	PairwiseCode  Similarity = "mpse"
	PairwisePaper Similarity = "mpse-paper"
	MeanSquared   Similarity = "mse"
)

var similarities = []Similarity{PairwiseCode, PairwisePaper, MeanSquared}

// Presets are the named configurations.
func Presets() []string { return []string{"mnist-mnistm", "mnist-usps", "small"} }

// Preset returns a named configuration: the paper's two digit scenarios, and
// one that a processor of two cores trains in minutes.
func Preset(name string) (Config, error) {
	c := Config{
		Size: 32, SourceChannels: 3, TargetChannels: 3, Classes: 10,
		NoiseDim: 10, GBlocks: 6, GFilters: 64, GResiduals: true, GHead: 1,
		DFilters: 64, DFinalSize: 4, NoiseStd: 0.2, DropoutKeep: 0.9, LeakySlope: 0.2,
		TowerFilters: [2]int{32, 48}, TowerUnits: 100,
		BNEpsilon: 1e-3, BNDecay: 0.9, InitStd: 0.02,
		DomainWeight: 0.135603587834, StyleWeight: 0.0113173311334, TaskInGWeight: 0.0100959947,
		TaskSourceWeight: 1, TaskAdaptedWeight: 1, Similarity: PairwiseCode,
		Batch: 32, LR: 1e-3, LRDecay: 0.95, LRDecaySteps: 20000,
		Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, ClipNorm: 5, DSteps: 1, GSteps: 1,
	}
	switch name {
	case "mnist-mnistm":
	case "mnist-usps":
		c.SourceChannels, c.TargetChannels = 1, 1
		c.DomainWeight, c.StyleWeight, c.TaskInGWeight, c.LR = 1, 1, 1, 2e-4
	case "small":
		c.GBlocks, c.GFilters, c.DFilters = 3, 16, 16
		c.TowerFilters, c.TowerUnits = [2]int{16, 32}, 64
		c.Batch, c.InitStd = 16, 0.05
	default:
		return Config{}, fmt.Errorf("model: no preset %q; there are %s", name, strings.Join(Presets(), ", "))
	}
	return c, nil
}

// ReadConfig reads a configuration over the values of base: what the JSON
// leaves out keeps them. Unknown names and impossible values are errors.
func ReadConfig(r io.Reader, base Config) (Config, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&base); err != nil {
		return Config{}, fmt.Errorf("model: configuration: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Config{}, fmt.Errorf("model: configuration: other data follows it")
	}
	if err := base.Validate(); err != nil {
		return Config{}, err
	}
	return base, nil
}

// Validate checks that the configuration makes a model.
func (c Config) Validate() error {
	for _, s := range Settings() {
		for _, v := range s.numbers(&c) {
			if !s.allows(v) {
				return fmt.Errorf("model: configuration: %s is %g; want %g to %g", s.Name, v, s.Min, s.Max)
			}
		}
	}
	if c.GHead%2 == 0 {
		return fmt.Errorf("model: configuration: g_head_kernel is %d; want an odd number", c.GHead)
	}
	if !slices.Contains(similarities, c.Similarity) {
		return fmt.Errorf("model: configuration: similarity is %q; want one of %v", c.Similarity, similarities)
	}
	if c.SimilarityWeight > 0 && c.SourceChannels != c.TargetChannels && c.SourceChannels != 1 && c.TargetChannels != 1 {
		return fmt.Errorf("model: configuration: similarity of %d and %d channels; they must be equal, or one of them 1", c.SourceChannels, c.TargetChannels)
	}
	return nil
}
