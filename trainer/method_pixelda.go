package trainer

import "pixelda-wgpu/model"

// pixelda is the D steps, then the G steps.
func (c Config) pixelda() (*scheme, error) {
	n, err := model.NewNetworks(c.Model)
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

// supervised is one step of the task tower on labelled images: the baselines
// source-only and target-only.
func (c Config) supervised(images feed) (*scheme, error) {
	n, err := model.NewSupervised(c.Model)
	if err != nil {
		return nil, err
	}
	s := &scheme{
		networks: n, initial: Initial{Gain: 1}, classify: n.Classify,
		steps: []step{{model.SupervisedStepProgram, 1, n.SupervisedStep, []feed{images, labelledFeed}}},
	}
	s.adam(c.Model)
	s.note = func(r note) {
		row := r.rows[model.SupervisedStepProgram]
		r.task(row, "", "task", model.SupervisedLoss, model.SupervisedCorrect, model.SupervisedPose)
		if r.labelled {
			r.task(row, "_target", "target", model.SupervisedTaskTarget, model.SupervisedCorrectTarget, model.SupervisedPoseTarget)
		}
	}
	return s, nil
}
