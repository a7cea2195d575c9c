// Package model holds PixelDA's networks, losses and training steps as graphs
// (Bousmalis et al., CVPR 2017). Where the paper and its published code differ,
// the code's behaviour is the default and a setting selects the paper's.
package model

import (
	"math/bits"
	"slices"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "model"

// Config is every hyperparameter of the networks, the losses and the optimisation. Presets, bounds
// and the form in files are recipe.Model's, which has the same fields.
type Config struct {
	Size           int // height and width of all images
	SourceChannels int
	TargetChannels int
	Classes        int

	// Generator.
	NoiseDim   int // length of z; 0 for a generator without noise
	GBlocks    int // residual blocks
	GFilters   int
	GResiduals bool // a block adds its input
	GHead      int  // of the last convolution: 1 as coded, 3 as in the paper's text

	// Discriminator.
	DFilters    int     // of the first layer; they double with each
	DFinalSize  int     // layers of stride 2 until the map is no larger
	DInputNoise bool    // noise on the images too
	NoiseStd    float64 // of the noise behind each layer
	DropoutKeep float64 // the probability to keep a value
	LeakySlope  float64

	// Task tower.
	TaskTower     TaskTower
	TowerFilters  [2]int  // of its first two convolutions
	TowerUnits    int     // of its hidden layers
	TowerKeep     float64 // behind the last of them
	PrivateLayers int     // convolutions that each domain has for itself

	// Normalisation and initial values.
	BNEpsilon float64
	BNDecay   float64
	InitStd   float64

	// Losses. The D step minimises domain, source and adapted; the G step
	// style, task_in_g and similarity.
	DomainWeight      float64
	StyleWeight       float64
	TaskInGWeight     float64
	TaskSourceWeight  float64
	TaskAdaptedWeight float64
	PoseSourceWeight  float64 // of the orientation, beside task_source_weight
	PoseAdaptedWeight float64
	Similarity        Similarity
	SimilarityWeight  float64
	SimilarityMargin  float64 // of the hinged losses
	WeightDecay       float64 // ½ Σw² of all weights, biases apart, in both steps

	// Optimisation.
	Batch        int
	LR           float64
	LRDecay      float64
	LRDecaySteps int // counts D and G updates
	Beta1        float64
	Beta2        float64
	Epsilon      float64
	ClipNorm     float64 // of each variable's gradient
	DSteps       int     // D updates an iteration
	GSteps       int

	// Numbers.
	Precision Precision // in which convolutions store what passes between their kernels
	LossScale int       // multiplies gradients that are stored as f16: a power of two
}

// Precision names a format of numbers.
type Precision = string

// The formats.
const (
	F32 Precision = "f32"
	F16 Precision = "f16"
)

var precisions = []Precision{F32, F16}

// Similarity names a content-similarity loss (paper, section 3.3).
type Similarity = string

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

var similarities = []Similarity{PairwiseCode, PairwisePaper, MaskedCode, MaskedPaper, MeanSquared, HingedSquared,
	HingedAbsolute}

// masked reports whether a loss reads a depth from the source.
func masked(s Similarity) bool { return s == MaskedCode || s == MaskedPaper }

// Validate checks that the settings fit each other, so that they make a model. That each number is
// within its bounds is taken for granted: recipe.Model has them.
func (c Config) Validate() error {
	if c.GHead%2 == 0 {
		return origin.Errorf("configuration: g_head_kernel is %d; want an odd number", c.GHead)
	}
	if !slices.Contains(similarities, c.Similarity) {
		return origin.Errorf("configuration: similarity is %q; want one of %v", c.Similarity, similarities)
	}
	if c.SimilarityWeight > 0 && masked(c.Similarity) && (c.SourceChannels != 4 || c.TargetChannels != 4) {
		return origin.Errorf("configuration: similarity %s masks by depth, so source_channels and "+
			"target_channels must be 4, not %d and %d", c.Similarity, c.SourceChannels, c.TargetChannels)
	}
	if !slices.Contains(precisions, c.Precision) {
		return origin.Errorf("configuration: precision is %q; want one of %v", c.Precision, precisions)
	}
	if bits.OnesCount(uint(c.LossScale)) != 1 {
		return origin.Errorf("configuration: loss_scale is %d; want a power of two", c.LossScale)
	}
	if err := c.validateTower(); err != nil {
		return err
	}
	if c.SimilarityWeight > 0 && c.SourceChannels != c.TargetChannels && c.SourceChannels != 1 &&
		c.TargetChannels != 1 {
		return origin.Errorf(
			"configuration: similarity of %d and %d channels; they must be equal, or one of them 1",
			c.SourceChannels, c.TargetChannels)
	}
	return nil
}
