package engine

import (
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// The baselines that train PixelDA's task tower alone.
const (
	SourceOnly recipe.Method = "source-only" // on source images
	TargetOnly recipe.Method = "target-only" // on the labels of the target
)

func init() {
	register(method{
		about: recipe.Description{Name: SourceOnly, Place: 1},
		lay:   func(c recipe.Config) (*Scheme, error) { return laySupervised(c, sourceFeed) },
	})
}

func init() {
	register(method{
		about:         recipe.Description{Name: TargetOnly, Place: 2},
		targetLabels:  true,
		takesNoLabels: "trains on all labels of the target; its target_train chooses how many",
		lay: func(c recipe.Config) (*Scheme, error) {
			return laySupervised(c, Feed{From: FromTarget, Images: "source", Truth: true})
		},
	})
}

// laySupervised has one step of the task tower on labelled images.
func laySupervised(c recipe.Config, images Feed) (*Scheme, error) {
	n, err := model.NewSupervised(model.Config(c.Model))
	if err != nil {
		return nil, err
	}
	s := &Scheme{
		Networks: n, Initial: Initial{Gain: 1}, Classify: n.Classify,
		Steps: []Step{{model.SupervisedStepProgram, 1, n.SupervisedStep, []Feed{images, labelledFeed}}},
	}
	s.adam(c.Model)
	s.Record = func(r *Note) {
		row := r.Rows[model.SupervisedStepProgram]
		r.task(row, "", "task", model.SupervisedLoss, model.SupervisedCorrect, model.SupervisedPose)
		if r.labelled {
			r.task(row, "_target", "target", model.SupervisedTaskTarget, model.SupervisedCorrectTarget,
				model.SupervisedPoseTarget)
		}
	}
	return s, nil
}
