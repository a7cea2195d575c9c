// Package model holds PixelDA's networks, losses and training steps as graphs
// (Bousmalis et al., CVPR 2017). Where the paper and its published code differ,
// the code's behaviour is the default and a setting selects the paper's.
package model

import (
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
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
	DFilters    int     `json:"d_filters"`     // of the first layer; they double with each
	DFinalSize  int     `json:"d_final_size"`  // layers of stride 2 until the map is no larger
	DInputNoise bool    `json:"d_input_noise"` // noise on the images too
	NoiseStd    float64 `json:"noise_std"`     // of the noise behind each layer
	DropoutKeep float64 `json:"dropout_keep"`  // the probability to keep a value
	LeakySlope  float64 `json:"leaky_slope"`

	// Task tower.
	TaskTower     TaskTower `json:"task_tower"`
	TowerFilters  [2]int    `json:"tower_filters"`      // of its first two convolutions
	TowerUnits    int       `json:"tower_units"`        // of its hidden layers
	TowerKeep     float64   `json:"tower_dropout_keep"` // behind the last of them
	PrivateLayers int       `json:"private_layers"`     // convolutions that each domain has for itself

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
	PoseSourceWeight  float64    `json:"pose_source_weight"` // of the orientation, beside task_source_weight
	PoseAdaptedWeight float64    `json:"pose_adapted_weight"`
	Similarity        Similarity `json:"similarity"`
	SimilarityWeight  float64    `json:"similarity_weight"`
	SimilarityMargin  float64    `json:"similarity_margin"` // of the hinged losses
	WeightDecay       float64    `json:"weight_decay"`      // ½ Σw² of all weights, biases apart, in both steps

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

	// Numbers.
	Precision Precision `json:"precision"`  // in which convolutions store what passes between their kernels
	LossScale int       `json:"loss_scale"` // multiplies gradients that are stored as f16: a power of two
}

// Precision names a format of numbers.
type Precision string

// The formats.
const (
	F32 Precision = "f32"
	F16 Precision = "f16"
)

var precisions = []Precision{F32, F16}

// lossScale lies in the middle of what works. The root mean squares of the gradients that
// are stored so, the residual blocks', began at 2·10⁻⁸ to 2·10⁻⁵ in mnist-mnistm; the
// transforms multiply them by about 8, and below 2⁻¹⁴ halves lose bits: from 2⁹ on they
// do not. With losses that weigh 1 and few, small images (the trace wide-16) gradients are
// 10⁴ times as large, and saturate from 2¹⁶ on.
const lossScale = 1 << 12

// Similarity names a content-similarity loss (paper, section 3.3).
type Similarity string

// The losses. PairwiseCode is twice the sum over the batch where the paper's
// Eq. 5 is the mean; the masked ones see what the source's depth has in front of
// the background; the hinged ones forgive errors up to a margin.
const (
	PairwiseCode   Similarity = "mpse"
	PairwisePaper  Similarity = "mpse-paper"
	MaskedCode     Similarity = "masked-mpse"
	MaskedPaper    Similarity = "masked-mpse-paper"
	MeanSquared    Similarity = "mse"
	HingedSquared  Similarity = "hinged-mse"
	HingedAbsolute Similarity = "hinged-mae"
)

var similarities = []Similarity{PairwiseCode, PairwisePaper, MaskedCode, MaskedPaper, MeanSquared, HingedSquared, HingedAbsolute}

// masked reports whether a loss reads a depth from the source.
func (s Similarity) masked() bool { return s == MaskedCode || s == MaskedPaper }

// Presets are the named configurations.
func Presets() []string {
	return []string{"mnist-mnistm", "mnist-usps", "small", "linemod", "linemod-masked", "linemod-small"}
}

// Preset returns a named configuration: the paper's digit scenarios, and one that
// a processor of two cores trains in minutes; the paper's LineMod scenarios by
// its appendix B.3, without and with the masked content loss, and one for two
// cores. By that appendix the tower sees no source images and the generator no task
// loss; the small one trains as the body has it (Eq. 6): the tower on both domains,
// and the task loss in the generator's step as in the original's code.
func Preset(name string) (Config, error) {
	c := Config{
		Size: 32, SourceChannels: 3, TargetChannels: 3, Classes: 10,
		NoiseDim: 10, GBlocks: 6, GFilters: 64, GResiduals: true, GHead: 1,
		DFilters: 64, DFinalSize: 4, NoiseStd: 0.2, DropoutKeep: 0.9, LeakySlope: 0.2,
		TaskTower: MNISTTower, TowerFilters: [2]int{32, 48}, TowerUnits: 100, TowerKeep: 1, PrivateLayers: 1,
		BNEpsilon: 1e-3, BNDecay: 0.9, InitStd: 0.02,
		DomainWeight: 0.135603587834, StyleWeight: 0.0113173311334, TaskInGWeight: 0.0100959947,
		TaskSourceWeight: 1, TaskAdaptedWeight: 1, PoseSourceWeight: 0.25, PoseAdaptedWeight: 0.125,
		Similarity: PairwiseCode, SimilarityMargin: 0.4,
		Batch: 32, LR: 1e-3, LRDecay: 0.95, LRDecaySteps: 20000,
		Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, ClipNorm: 5, DSteps: 1, GSteps: 1,
		Precision: F32, LossScale: lossScale,
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
	case "linemod", "linemod-masked", "linemod-small":
		c.lineMod(name)
	default:
		return Config{}, fmt.Errorf("model: no preset %q; there are %s", name, strings.Join(Presets(), ", "))
	}
	return c, nil
}

// Earlier holds what the settings stand for that files of earlier versions do not
// state.
func Earlier() Config {
	return Config{TaskTower: MNISTTower, TowerKeep: 1, PrivateLayers: 1, SimilarityMargin: 0.4, Precision: F32, LossScale: lossScale}
}

// lineMod turns the digit scenario into one of RGB-D images of eleven objects.
func (c *Config) lineMod(name string) {
	c.Size, c.SourceChannels, c.TargetChannels, c.Classes = 64, 4, 4, 11
	c.GBlocks, c.DropoutKeep = 4, 0.35
	c.TaskTower, c.TowerFilters, c.TowerUnits, c.TowerKeep = PoseMini, [2]int{32, 64}, 128, 0.5
	c.DomainWeight, c.StyleWeight, c.TaskInGWeight = 0.004, 0.011, 0
	c.TaskSourceWeight, c.PoseSourceWeight, c.PoseAdaptedWeight = 0, 0, 0.2
	c.LR, c.LRDecay, c.LRDecaySteps = 2.2e-4, 0.75, 95_000
	switch name {
	case "linemod-masked":
		c.DomainWeight, c.PoseAdaptedWeight, c.LR = 0.0088, 0.29, 2.6e-4
		c.Similarity, c.SimilarityWeight = MaskedCode, 22.9
	case "linemod-small":
		c.Size, c.GBlocks, c.GFilters, c.DFilters = 32, 2, 16, 16
		c.TowerFilters, c.TowerUnits = [2]int{16, 32}, 64
		c.TaskInGWeight, c.TaskSourceWeight = 0.01, 1
		c.PoseSourceWeight, c.PoseAdaptedWeight = 1, 1 // orientations take longer than classes: by the paper's weights, longer than this
		c.DropoutKeep, c.LR, c.Batch, c.InitStd = 0.9, 1e-3, 16, 0.05
	}
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
	if c.SimilarityWeight > 0 && c.Similarity.masked() && (c.SourceChannels != 4 || c.TargetChannels != 4) {
		return fmt.Errorf("model: configuration: similarity %s masks by depth, so source_channels and target_channels must be 4, not %d and %d", c.Similarity, c.SourceChannels, c.TargetChannels)
	}
	if !slices.Contains(precisions, c.Precision) {
		return fmt.Errorf("model: configuration: precision is %q; want one of %v", c.Precision, precisions)
	}
	if bits.OnesCount(uint(c.LossScale)) != 1 {
		return fmt.Errorf("model: configuration: loss_scale is %d; want a power of two", c.LossScale)
	}
	if err := c.validateTower(); err != nil {
		return err
	}
	if c.SimilarityWeight > 0 && c.SourceChannels != c.TargetChannels && c.SourceChannels != 1 && c.TargetChannels != 1 {
		return fmt.Errorf("model: configuration: similarity of %d and %d channels; they must be equal, or one of them 1", c.SourceChannels, c.TargetChannels)
	}
	return nil
}
