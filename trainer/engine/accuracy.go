package engine

import (
	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// Accuracies classifies the test images: always all of the target's, through the layers that see
// adapted images in training, and at most limit of the source's (0 for all), both unchanged and
// adapted.
func (t *Trainer) Accuracies(limit int) (map[string]Evaluation, error) {
	return t.Engine.accuracies(t.Scheme, t.Data, t.Config.Seed, limit)
}

// Evaluate measures trained networks of a configuration on whole test splits, by domain. load sets
// their variables.
func Evaluate(
	d *gpu.Device, c recipe.Config, data Data, choose graph.Chooser, load func(*Engine) error,
) (map[string]Evaluation, error) {
	s, err := SchemeOf(c)
	if err != nil {
		return nil, err
	}
	programs, err := s.evaluations(data, choose)
	if err != nil {
		return nil, err
	}
	e, err := New(d, s.Networks, programs...)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := load(e); err != nil {
		return nil, err
	}
	return e.accuracies(s, data, c.Seed, 0)
}

func (e *Engine) accuracies(s *Scheme, data Data, seed uint64, limit int) (map[string]Evaluation, error) {
	m := map[string]Evaluation{}
	var err error
	if m["target"], err = e.classify(model.ClassifyTarget, data.Target.Test); err != nil {
		return nil, err
	}
	if !s.Generates {
		return m, nil
	}
	source := head(data.Source.Test, limit)
	if m["source"], err = e.classify(model.ClassifySource, source); err != nil {
		return nil, err
	}
	_, m["adapted"], err = e.adapt(source, seeded(seed, 0), false)
	return m, err
}

// scoreImages is how many target images the label-free score looks at.
const scoreImages = 1000

// Score is the measure by which checkpoints are chosen: the information that the predictions hold
// about target images other than the test images. It uses no labels.
func (t *Trainer) Score() (float64, error) {
	set := t.Data.Target.Valid
	if set == nil || set.Len() == 0 {
		set = t.Data.Target.Train
	}
	unlabelled := *head(set, scoreImages)
	unlabelled.Labels = nil
	ev, err := t.Engine.classify(model.ClassifyTarget, &unlabelled)
	if err != nil {
		return 0, err
	}
	return ev.score(t.Config.Model.Classes)
}

// head is the first n images of a set; 0 means all.
func head(s *datasets.Set, n int) *datasets.Set {
	if n <= 0 || n >= s.Len() {
		return s
	}
	return s.Slice(0, n)
}
