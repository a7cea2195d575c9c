package model

import (
	"slices"

	"pixelda-wgpu/wgsl/kernels"
)

// Adaptation is every hyperparameter that a baseline has beside those of a Config:
// DANN (Ganin et al., JMLR 2016), MMD (Long et al., ICML 2015), DSN (Bousmalis et al.,
// NIPS 2016) and CoGAN (Liu and Tuzel, NIPS 2016). Bounds and the form in files are recipe.Adaptation's.
type Adaptation struct {
	// Alignment of the features of source and target: DANN, MMD and DSN.
	Alignment   Alignment // dann or mmd; DSN has either
	Schedule    Schedule  // of its strength
	Start       int       // iterations before a gate opens
	Gamma       float64   // weight of the alignment
	DomainUnits int       // of the classifier of domains
	Momentum    float64   // of gradient descent

	// Domain separation.
	Alpha          float64    // weight of the reconstructions
	Beta           float64    // weight of the differences
	Reconstruction Similarity // mpse as coded, or mse
	PrivateFilters [2]int
	DecoderSide    int // of the maps at which it begins
	DecoderFilters int

	// Coupled generative adversarial networks.
	CoGenerator   int    // filters of its last layer; the first has eight times as many
	CoFilters     [2]int // of the discriminator
	CoUnits       int
	FeatureWeight float64 // of how far apart the features of a drawn pair are
	ClassWeight   float64
	InitGain      float64 // of Xavier's uniform weights
	InitBias      float64
}

// Alignment names how the features of two domains are compared.
type Alignment = string

// The alignments: by a classifier of domains whose gradient is reversed, and by the
// kernels of kernels.MMD.
const (
	Adversarial Alignment = "dann"
	Kernels     Alignment = "mmd"
)

// Schedule names how the strength of an alignment grows.
type Schedule = string

// The schedules. The gate is the one in the domain separation networks' code: next to
// nothing until it opens, then all. The ramp is the original DANN's: λ goes from 0 to
// 1 by the share of the iterations done, and reverses the gradient of the features
// behind the last pool, where the gated one takes the first hidden layer; the learning
// rate falls with it.
const (
	Gate Schedule = "gate"
	Ramp Schedule = "ramp"
)

var reconstructions = []Similarity{PairwiseCode, MeanSquared}

// wrong is an error about a setting of a baseline.
func wrong(format string, args ...any) error {
	return origin.Errorf("adaptation: "+format, args...)
}

// validateAlignment checks what DANN, MMD and DSN have in common.
func (a Adaptation) validateAlignment(c Config, want ...Alignment) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if !slices.Contains(want, a.Alignment) {
		return wrong("alignment is %q; want one of %v", a.Alignment, want)
	}
	if a.Schedule != Gate && a.Schedule != Ramp {
		return wrong("schedule is %q; want %s or %s", a.Schedule, Gate, Ramp)
	}
	return nil
}

// descent is the optimiser of alignments.
func (a Adaptation) descent(c Config) kernels.Optimizer {
	return kernels.SGD{Momentum: a.Momentum, Clip: c.ClipNorm}
}

// oneTower is a configuration of a task tower without private layers, which sees
// images of both domains with the target's channels.
func oneTower(c Config) Config {
	c.PrivateLayers, c.SourceChannels = 0, c.TargetChannels
	return c
}
