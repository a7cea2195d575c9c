package engine

import (
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// What DANN, MMD and DSN have in common. The baselines' defaults are those for MNIST to MNIST-M.
// Where no source states a value, a comment says that it is unknown.

// alignmentSettings are the settings of the adaptation that all of them read.
var alignmentSettings = []string{"start", "gamma", "domain_units", "momentum", "init_gain", "init_bias"}

// alignsInTime refuses a gate that opens after the last iteration.
func alignsInTime(c recipe.Config) error {
	if a := c.Adaptation; a.Schedule == model.Gate && a.Start >= c.Iterations {
		return origin.Errorf("configuration: start is %d of %d iterations, so that %s would never adapt; set "+
			"an earlier start",
			a.Start, c.Iterations, c.Method)
	}
	return nil
}

// layAlignment has one step, on a batch of source and one of target images.
func layAlignment(
	c recipe.Config, n *model.Networks, program string, build func(model.Inputs, graph.Chooser) (*gpu.Program, error),
) *Scheme {
	s := &Scheme{
		Networks: n, Classify: n.Classify, Initial: Initial{Gain: c.Adaptation.InitGain, Bias: c.Adaptation.InitBias},
		Steps:        []Step{{program, 1, build, []Feed{sourceFeed, targetFeed, labelledFeed}}},
		LearningRate: c.AlignmentRate, Strength: c.AlignmentStrength,
		Rate: func(global, _ int) float64 { return c.AlignmentRate(global) },
	}
	s.Record = func(r *Note) {
		row := r.Rows[program]
		r.task(row, "", "task", model.AlignTask, model.AlignCorrect, model.AlignPose)
		if r.labelled {
			r.task(row, "_target", "target", model.AlignTaskTarget, model.AlignCorrectTarget, model.AlignPoseTarget)
		}
		r.Loss["similarity"] = row[model.AlignSimilarity]
	}
	return s
}
