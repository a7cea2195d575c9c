package trainer

import (
	"fmt"
	"image"
	"math"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/grid"
)

// alignment is one step a batch of source and of target: DANN, MMD and DSN.
func (c Config) alignment() (*scheme, error) {
	a := c.Adaptation
	s := &scheme{initial: Initial{Gain: a.InitGain, Bias: a.InitBias}}
	one := func(program string, n *model.Networks, build func(model.Inputs, graph.Chooser) (*gpu.Program, error)) {
		s.networks, s.classify = n, n.Classify
		s.steps = []step{{program, 1, build, []feed{sourceFeed, targetFeed, labelledFeed}}}
	}
	switch c.Method {
	case DANN:
		n, err := model.NewDANN(c.Model, a)
		if err != nil {
			return nil, err
		}
		one(model.DANNStepProgram, n.Networks, n.Step)
	case MMD:
		n, err := model.NewMMD(c.Model, a)
		if err != nil {
			return nil, err
		}
		one(model.MMDStepProgram, n.Networks, n.Step)
	case DSN:
		n, err := model.NewDSN(c.Model, a)
		if err != nil {
			return nil, err
		}
		one(model.DSNStepProgram, n.Networks, n.Step)
	}
	s.learningRate, s.strength = c.descend(), c.strength()
	s.rate = func(global, _ int) float64 { return s.learningRate(global) }
	s.note = func(r note) {
		row := r.rows[s.steps[0].program]
		r.task(row, "", "task", model.AlignTask, model.AlignCorrect, model.AlignPose)
		if r.labelled {
			r.task(row, "_target", "target", model.AlignTaskTarget, model.AlignCorrectTarget, model.AlignPoseTarget)
		}
		r.Loss["similarity"] = row[model.AlignSimilarity]
		if c.Method == DSN {
			r.Loss["reconstruction_source"], r.Loss["reconstruction_target"] = row[model.DSNReconstructionSource], row[model.DSNReconstructionTarget]
			r.Loss["difference_source"], r.Loss["difference_target"] = row[model.DSNDifferenceSource], row[model.DSNDifferenceTarget]
		}
	}
	return s, nil
}

// descend is the learning rate of an alignment, by iteration: the staircase of the
// domain separation networks' code or, with a ramp, μ_p = μ_0 / (1 + 10 p)^0.75 with p
// the share of the iterations done (Ganin et al., section 5.2.2).
func (c Config) descend() func(iteration int) float64 {
	if c.Adaptation.Schedule == model.Ramp {
		return func(i int) float64 { return c.Model.LR / math.Pow(1+10*c.share(i), 0.75) }
	}
	return func(i int) float64 { return LearningRate(c.Model, i) }
}

// strength is how much of an alignment counts: by a gate as coded, or by a ramp
// λ_p = 2 / (1 + exp(−10 p)) − 1.
func (c Config) strength() func(iteration int) float64 {
	if c.Adaptation.Schedule == model.Ramp {
		return func(i int) float64 { return 2/(1+math.Exp(-10*c.share(i))) - 1 }
	}
	return func(i int) float64 {
		if i < c.Adaptation.Start {
			return closed
		}
		return 1
	}
}

// closed is the strength before the gate opens, as coded.
const closed = 1e-10

// share is the part of all iterations that is done.
func (c Config) share(iteration int) float64 { return float64(iteration) / float64(c.Iterations) }

// cogan is a step of the discriminators, then one of the generators.
func (c Config) cogan() (*scheme, error) {
	n, err := model.NewCoGAN(c.Model, c.Adaptation)
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
