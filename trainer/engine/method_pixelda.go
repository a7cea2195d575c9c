package engine

import (
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// PixelDA trains a generator, a discriminator and the task tower.
func init() {
	register(method{
		about:        recipe.Description{Name: recipe.PixelDA, Place: 0},
		sourceTowers: true,
		lay:          layPixelDA,
	})
}

// layPixelDA has the D steps, then the G steps.
func layPixelDA(c recipe.Config) (*Scheme, error) {
	n, err := model.NewNetworks(model.Config(c.Model))
	if err != nil {
		return nil, err
	}
	s := &Scheme{
		Networks: n, Classify: n.Classify, Generates: true, draw: (*Trainer).usualSamples,
		Initial: Initial{Std: n.Config.InitStd},
		Steps: []Step{
			{model.DStepProgram, n.Config.DSteps, n.DStep, []Feed{sourceFeed, targetFeed, labelledFeed}},
			{model.GStepProgram, n.Config.GSteps, n.GStep, []Feed{sourceFeed}},
		},
	}
	s.adam(c.Model)
	s.Record = func(r *Note) {
		d, g := r.Rows[model.DStepProgram], r.Rows[model.GStepProgram]
		r.Loss["d"] = d[model.DLossAdapted] + d[model.DLossTarget]
		r.task(d, "_source", "source", model.DTaskSource, model.DCorrectSource, model.DPoseSource)
		r.task(d, "_adapted", "adapted", model.DTaskAdapted, model.DCorrectAdapt, model.DPoseAdapted)
		if r.labelled {
			r.task(d, "_target", "target", model.DTaskTarget, model.DCorrectTarget, model.DPoseTarget)
		}
		if n.Config.GSteps > 0 {
			r.Loss["g_adv"], r.Loss["g_task"] = g[model.GAdversarial], g[model.GTask]
			if r.poses {
				r.Loss["g_pose"] = g[model.GPose]
			}
		}
		if n.Config.SimilarityWeight > 0 {
			r.Loss["similarity"] = g[model.GSimilarity]
		}
	}
	return s, nil
}
