package model

import (
	"fmt"
	"pixelda-wgpu/wgsl/kernels"
	"slices"
)

// Adaptation is every hyperparameter that a baseline has beside those of a Config:
// DANN (Ganin et al., JMLR 2016), MMD (Long et al., ICML 2015), DSN (Bousmalis et al.,
// NIPS 2016) and CoGAN (Liu and Tuzel, NIPS 2016).
type Adaptation struct {
	// Alignment of the features of source and target: DANN, MMD and DSN.
	Alignment   Alignment `json:"alignment"`    // dann or mmd; DSN has either
	Schedule    Schedule  `json:"schedule"`     // of its strength
	Start       int       `json:"start"`        // iterations before a gate opens
	Gamma       float64   `json:"gamma"`        // weight of the alignment
	DomainUnits int       `json:"domain_units"` // of the classifier of domains
	Momentum    float64   `json:"momentum"`     // of gradient descent

	// Domain separation.
	Alpha          float64    `json:"alpha"`          // weight of the reconstructions
	Beta           float64    `json:"beta"`           // weight of the differences
	Reconstruction Similarity `json:"reconstruction"` // mpse as coded, or mse
	PrivateFilters [2]int     `json:"private_filters"`
	DecoderSide    int        `json:"decoder_side"` // of the maps at which it begins
	DecoderFilters int        `json:"decoder_filters"`

	// Coupled generative adversarial networks.
	CoGenerator   int     `json:"cogan_generator"` // filters of its last layer; the first has eight times as many
	CoFilters     [2]int  `json:"cogan_filters"`   // of the discriminator
	CoUnits       int     `json:"cogan_units"`
	FeatureWeight float64 `json:"feature_weight"` // of how far apart the features of a drawn pair are
	ClassWeight   float64 `json:"class_weight"`
	InitGain      float64 `json:"init_gain"` // of Xavier's uniform weights
	InitBias      float64 `json:"init_bias"`
}

// Alignment names how the features of two domains are compared.
type Alignment string

// The alignments: by a classifier of domains whose gradient is reversed, and by the
// kernels of kernels.MMD.
const (
	Adversarial Alignment = "dann"
	Kernels     Alignment = "mmd"
)

// Schedule names how the strength of an alignment grows.
type Schedule string

// The schedules. The gate is the one in the domain separation networks' code: next to
// nothing until it opens, then all. The ramp is the original DANN's: λ goes from 0 to
// 1 by the share of the iterations done, and reverses the gradient of the features
// behind the last pool, where the gated one takes the first hidden layer; the learning
// rate falls with it.
const (
	Gate Schedule = "gate"
	Ramp Schedule = "ramp"
)

// The baselines' settings are those of MNIST to MNIST-M. Where no source states one,
// the comment says unknown.

// DANNDefaults are those of the command in the original's README (c gets what belongs
// to a Config). With the schedule ramp Ganin et al. have lr 0.01, gamma 1, batch 64 of
// each domain and no decay.
func DANNDefaults(c *Config) Adaptation {
	c.LR, c.LRDecay, c.LRDecaySteps, c.WeightDecay, c.ClipNorm = 0.0117249, 0.95, 20_000, 1e-6, 0
	return Adaptation{
		Alignment: Adversarial, Schedule: Gate, Start: 1, Gamma: 0.251175, DomainUnits: 100, Momentum: 0.9,
		InitGain: 1,
	}
}

// MMDDefaults are DANN's but for the weight, which is unknown.
func MMDDefaults(c *Config) Adaptation {
	a := DANNDefaults(c)
	a.Alignment, a.Gamma = Kernels, 0.25 // unknown
	return a
}

// DSNDefaults are the weights of a port that reaches 77 % (the original's are unknown),
// the paper's start, and the original code's networks.
func DSNDefaults(c *Config) Adaptation {
	a := DANNDefaults(c)
	c.LR = 0.01
	a.Start, a.Alpha, a.Beta, a.Gamma = 10_000, 0.01, 0.075, 0.25
	a.Reconstruction, a.PrivateFilters, a.DecoderSide, a.DecoderFilters = PairwiseCode, [2]int{32, 64}, 10, 16
	return a
}

// CoGANDefaults are those of the authors' PyTorch for MNIST to USPS, in grey on the
// source's side.
func CoGANDefaults(c *Config) Adaptation {
	c.Size, c.SourceChannels, c.NoiseDim, c.Batch = coSize, 1, 100, 64
	c.LR, c.LRDecay, c.WeightDecay, c.ClipNorm = 2e-4, 1, 5e-4, 0
	c.Beta1, c.Beta2, c.BNEpsilon, c.BNDecay = 0.5, 0.999, 1e-5, 0.9
	return Adaptation{
		CoGenerator: 128, CoFilters: [2]int{20, 50}, CoUnits: 500, FeatureWeight: 0.01, ClassWeight: 10,
		InitGain: 1.4142135623730951, InitBias: 0.1,
	}
}

// AdaptationSettings lists the hyperparameters of the baselines, in an order for
// reading.
func AdaptationSettings() []Setting {
	const group = "Baselines"
	return []Setting{
		{Name: "alignment", Group: group, Kind: "choice", Choices: names([]Alignment{Adversarial, Kernels}), About: "How DSN compares the domains' features: dann by a classifier of domains, mmd by kernels."},
		{Name: "schedule", Group: group, Kind: "choice", Choices: names([]Schedule{Gate, Ramp}), About: "Of the alignment's strength: gate opens after start, ramp is the original DANN's, with its learning rate."},
		{Name: "start", Group: group, Kind: "integer", Min: 0, Max: 1e9, About: "Iterations before the gate opens."},
		{Name: "gamma", Group: group, Kind: "number", Min: 0, Max: 1e6, About: "Weight of the alignment."},
		{Name: "domain_units", Group: group, Kind: "integer", Min: 1, Max: 8192, About: "Units of DANN's classifier of domains."},
		{Name: "momentum", Group: group, Kind: "number", Min: 0, Max: 0.99999, About: "Momentum of gradient descent in DANN, MMD and DSN."},
		{Name: "alpha", Group: group, Kind: "number", Min: 0, Max: 1e6, About: "Weight of DSN's reconstructions."},
		{Name: "beta", Group: group, Kind: "number", Min: 0, Max: 1e6, About: "Weight of DSN's differences between shared and private features."},
		{Name: "reconstruction", Group: group, Kind: "choice", Choices: names(reconstructions), About: "Error of DSN's reconstructions: mpse as the original code sums it, or mse."},
		{Name: "private_filters", Group: group, Kind: "integers", Min: 1, Max: 1024, About: "Filters of DSN's private encoders."},
		{Name: "decoder_side", Group: group, Kind: "integer", Min: 1, Max: 512, About: "Height and width at which DSN's decoder begins to draw."},
		{Name: "decoder_filters", Group: group, Kind: "integer", Min: 1, Max: 1024, About: "Filters of DSN's decoder."},
		{Name: "cogan_generator", Group: group, Kind: "integer", Min: 1, Max: 1024, About: "Filters of the last layer that CoGAN's generators share; the first has eight times as many."},
		{Name: "cogan_filters", Group: group, Kind: "integers", Min: 1, Max: 1024, About: "Filters of CoGAN's discriminators."},
		{Name: "cogan_units", Group: group, Kind: "integer", Min: 1, Max: 8192, About: "Features by which CoGAN's discriminators judge and classify."},
		{Name: "feature_weight", Group: group, Kind: "number", Min: 0, Max: 1e6, About: "Weight of the distance of the features of a pair that CoGAN draws."},
		{Name: "class_weight", Group: group, Kind: "number", Min: 0, Max: 1e6, About: "Weight of classifying source images in CoGAN."},
		{Name: "init_gain", Group: group, Kind: "number", Min: 1e-6, Max: 100, About: "Gain of the baselines' initial weights, uniform by Xavier's rule."},
		{Name: "init_bias", Group: group, Kind: "number", Min: -100, Max: 100, About: "The baselines' initial biases."},
	}
}

var reconstructions = []Similarity{PairwiseCode, MeanSquared}

// wrong is an error about a setting of a baseline.
func wrong(format string, args ...any) error {
	return fmt.Errorf("model: adaptation: "+format, args...)
}

// within checks numbers of the adaptation, by name.
func within(values map[string][]float64) error {
	for _, s := range AdaptationSettings() {
		for _, v := range values[s.Name] {
			if !s.allows(v) {
				return wrong("%s is %g; want %g to %g", s.Name, v, s.Min, s.Max)
			}
		}
	}
	return nil
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
	return within(map[string][]float64{
		"start": {float64(a.Start)}, "gamma": {a.Gamma}, "domain_units": {float64(a.DomainUnits)}, "momentum": {a.Momentum},
		"init_gain": {a.InitGain}, "init_bias": {a.InitBias},
	})
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
