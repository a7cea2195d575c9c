package trainer

import (
	"fmt"
	"image"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/grid"
	"pixelda-wgpu/trainer/recipe"
)

// CoGAN draws pairs of a source and a target image with the same content (Liu and Tuzel, NIPS 2016).
const CoGAN recipe.Method = "cogan"

var _ = register(method{
	about: recipe.Description{
		Name: CoGAN, Place: 6, Defaults: coGANDefaults,
		Uses: []string{"cogan_generator", "cogan_filters", "cogan_units", "feature_weight", "class_weight", "init_gain", "init_bias"},
	},
	sourceTowers:  true,
	takesNoLabels: "takes no labels of the target",
	lay:           layCoGAN,
})

// coGANDefaults are those of the authors' PyTorch for MNIST to USPS, with a grey source.
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
func layCoGAN(c recipe.Config) (*scheme, error) {
	n, err := model.NewCoGAN(model.Config(c.Model), model.Adaptation(c.Adaptation))
	if err != nil {
		return nil, err
	}
	s := &scheme{
		networks: n.Networks, initial: Initial{Gain: c.Adaptation.InitGain, Bias: c.Adaptation.InitBias}, classify: n.Classify,
		steps: []step{
			{model.CoGANDStepProgram, n.DSteps, n.DStep, []feed{sourceFeed, targetFeed}},
			{model.CoGANGStepProgram, n.GSteps, n.GStep, nil},
		},
		more: func(choose graph.Chooser) []builder {
			return []builder{func() (*gpu.Program, error) { return n.Pairs(n.Batch, choose) }}
		},
		draw: (*Trainer).pairs,
	}
	s.adam(c.Model)
	s.note = func(r note) {
		d, g := r.rows[model.CoGANDStepProgram], r.rows[model.CoGANGStepProgram]
		r.Loss["adversarial"] = d[model.CoGANReal] + d[model.CoGANFake]
		r.Loss["class"], r.Loss["feature"] = d[model.CoGANClass], d[model.CoGANFeature]
		r.Correct["source"] = d[model.CoGANCorrect] / float64(r.batch)
		if n.GSteps > 0 {
			r.Loss["generator"] = g[model.CoGANDeceived]
		}
	}
	return s, nil
}

// pairs draws what CoGAN's generators make of the same noise: source above target.
func (t *Trainer) pairs() (image.Image, error) {
	z := make([]float32, t.Batch*t.NoiseDim)
	for i := range t.Batch {
		normalNoise(z[i*t.NoiseDim:(i+1)*t.NoiseDim], t.Config.Seed, i)
	}
	if err := t.Session.Write(model.CoGANPairsProgram+".z", 0, gpu.Bytes(z)); err != nil {
		return nil, err
	}
	if err := t.Session.Run(model.CoGANPairsProgram); err != nil {
		return nil, err
	}
	count := min(sampleImages, t.Batch)
	var rows []grid.Row
	for _, d := range []struct {
		name     string
		channels int
	}{{"source", t.SourceChannels}, {"target", t.TargetChannels}} {
		drawn := make([]float32, t.Batch*d.channels*t.Size*t.Size)
		if err := t.Session.Read(fmt.Sprintf("%s.%s", model.CoGANPairsProgram, d.name), 0, gpu.Bytes(drawn)); err != nil {
			return nil, err
		}
		for i, v := range drawn { // from [0, 1]
			drawn[i] = 2*v - 1
		}
		drawn = drawn[:count*d.channels*t.Size*t.Size]
		rows = append(rows, grid.Row{Caption: "drawn " + d.name, Width: t.Size, Height: t.Size, Channels: d.channels, Pixels: grid.Pixels(drawn, d.channels, t.Size, t.Size)})
	}
	return grid.Draw(rows, max(1, 64/t.Size))
}
