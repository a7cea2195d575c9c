package engine

import (
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/grid"
	"pixelda-wgpu/trainer/recipe"
)

// CoGAN draws pairs of a source and a target image with the same content (Liu and Tuzel, NIPS 2016).
const CoGAN recipe.Method = "cogan"

func init() {
	register(method{
		about: recipe.Description{
			Name: CoGAN, Place: 6, Defaults: coGANDefaults,
			Uses: []string{"cogan_generator", "cogan_filters", "cogan_units", "feature_weight", "class_weight",
				"init_gain", "init_bias"},
		},
		sourceTowers:  true,
		takesNoLabels: "takes no labels of the target",
		lay:           layCoGAN,
	})
}

// coGANDefaults are those of the authors' PyTorch code for MNIST to USPS, with a grey source.
func coGANDefaults(m *recipe.Model) recipe.Adaptation {
	m.Size, m.SourceChannels, m.NoiseDim, m.Batch = model.CoGANSize, 1, 100, 64
	m.LR, m.LRDecay, m.WeightDecay, m.ClipNorm = 2e-4, 1, 5e-4, 0
	m.Beta1, m.Beta2, m.BNEpsilon, m.BNDecay = 0.5, 0.999, 1e-5, 0.9
	return recipe.Adaptation{
		CoGenerator: 128, CoFilters: [2]int{20, 50}, CoUnits: 500, FeatureWeight: 0.01, ClassWeight: 10,
		InitGain: 1.4142135623730951, InitBias: 0.1,
	}
}

// layCoGAN has a step of the discriminators, then one of the generators.
func layCoGAN(c recipe.Config) (*Scheme, error) {
	n, err := model.NewCoGAN(model.Config(c.Model), model.Adaptation(c.Adaptation))
	if err != nil {
		return nil, err
	}
	s := &Scheme{
		Networks: n.Networks, Classify: n.Classify,
		Initial: Initial{Gain: c.Adaptation.InitGain, Bias: c.Adaptation.InitBias},
		Steps: []Step{
			{model.CoGANDStepProgram, n.Config.DSteps, n.DStep, []Feed{sourceFeed, targetFeed}},
			{model.CoGANGStepProgram, n.Config.GSteps, n.GStep, nil},
		},
		more: func(choose graph.Chooser) []Builder {
			return []Builder{func() (*gpu.Program, error) { return n.Pairs(n.Config.Batch, choose) }}
		},
		draw: (*Trainer).pairs,
	}
	s.adam(c.Model)
	s.Record = func(r *Note) {
		d, g := r.Rows[model.CoGANDStepProgram], r.Rows[model.CoGANGStepProgram]
		r.Loss["adversarial"] = d[model.CoGANReal] + d[model.CoGANFake]
		r.Loss["class"], r.Loss["feature"] = d[model.CoGANClass], d[model.CoGANFeature]
		r.Correct["source"] = d[model.CoGANCorrect] / float64(r.batch)
		if n.Config.GSteps > 0 {
			r.Loss["generator"] = g[model.CoGANDeceived]
		}
	}
	return s, nil
}

// pairs draws what CoGAN's generators make of the same noise: source above target.
func (t *Trainer) pairs() (s Samples, err error) {
	c := t.Config.Model
	s.Noise = make([]float32, c.Batch*c.NoiseDim)
	for i := range c.Batch {
		normalNoise(s.Noise[i*c.NoiseDim:(i+1)*c.NoiseDim], t.Config.Seed, i)
	}
	if err := t.Engine.Session.Write(model.CoGANPairsProgram+".z", 0, gpu.Bytes(s.Noise)); err != nil {
		return s, err
	}
	if err := t.Engine.Session.Run(model.CoGANPairsProgram); err != nil {
		return s, err
	}
	count := min(sampleImages, c.Batch)
	for _, d := range []struct {
		name     string
		channels int
	}{{"source", c.SourceChannels}, {"target", c.TargetChannels}} {
		drawn := make([]float32, c.Batch*d.channels*c.Size*c.Size)
		if err := t.Engine.Session.Read(model.CoGANPairsProgram+"."+d.name, 0, gpu.Bytes(drawn)); err != nil {
			return s, err
		}
		for i, v := range drawn { // from [0, 1]
			drawn[i] = 2*v - 1
		}
		drawn = drawn[:count*d.channels*c.Size*c.Size]
		s.rows = append(s.rows, grid.Row{
			Caption: "drawn " + d.name, Width: c.Size, Height: c.Size, Channels: d.channels,
			Pixels: grid.Pixels(drawn, d.channels, c.Size, c.Size),
		})
	}
	return s, nil
}
