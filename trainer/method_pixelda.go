package trainer

import (
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// pixelDA trains a generator, a discriminator and the task tower.
var _ = register(method{
	about:        recipe.Description{Name: recipe.PixelDA, Place: 0},
	sourceTowers: true,
	lay:          layPixelDA,
})

// layPixelDA has the D steps, then the G steps.
func layPixelDA(c recipe.Config) (*scheme, error) {
	n, err := model.NewNetworks(model.Config(c.Model))
	if err != nil {
		return nil, err
	}
	s := &scheme{
		networks: n, initial: Initial{Std: n.InitStd}, classify: n.Classify, generates: true, draw: (*Trainer).grid,
		steps: []step{
			{model.DStepProgram, n.DSteps, n.DStep, []feed{sourceFeed, targetFeed, labelledFeed}},
			{model.GStepProgram, n.GSteps, n.GStep, []feed{sourceFeed}},
		},
	}
	s.adam(c.Model)
	s.note = func(r note) {
		d, g := r.rows[model.DStepProgram], r.rows[model.GStepProgram]
		r.Loss["d"] = d[model.DLossAdapted] + d[model.DLossTarget]
		r.task(d, "_source", "source", model.DTaskSource, model.DCorrectSource, model.DPoseSource)
		r.task(d, "_adapted", "adapted", model.DTaskAdapted, model.DCorrectAdapt, model.DPoseAdapted)
		if r.labelled {
			r.task(d, "_target", "target", model.DTaskTarget, model.DCorrectTarget, model.DPoseTarget)
		}
		if n.GSteps > 0 {
			r.Loss["g_adv"], r.Loss["g_task"] = g[model.GAdversarial], g[model.GTask]
			if r.poses {
				r.Loss["g_pose"] = g[model.GPose]
			}
		}
		if n.SimilarityWeight > 0 {
			r.Loss["similarity"] = g[model.GSimilarity]
		}
	}
	return s, nil
}
