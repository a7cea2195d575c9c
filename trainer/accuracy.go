package trainer

import (
	"encoding/json"
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/model"
)

// Accuracies classifies the test images: the target's always all, through the
// layers that see adapted images in training; of the source's at most limit (0
// for all), as they are and adapted.
func (t *Trainer) Accuracies(limit int) (map[string]Evaluation, error) {
	m := map[string]Evaluation{}
	var err error
	if m["target"], err = t.classify(model.ClassifyTarget, t.Data.Target.Test); err != nil {
		return nil, err
	}
	if !t.scheme.generates {
		return m, nil
	}
	source := head(t.Data.Source.Test, limit)
	if m["source"], err = t.classify(model.ClassifySource, source); err != nil {
		return nil, err
	}
	_, m["adapted"], err = t.adapt(source, seeded(t.Config.Seed, 0), false)
	return m, err
}

// scoreImages is how many target images the label-free score looks at.
const scoreImages = 1000

// Score is the measure by which checkpoints are chosen: the information that the
// predictions hold about target images other than the test images. It uses no
// labels.
func (t *Trainer) Score() (float64, error) {
	set := t.Data.Target.Valid
	if set == nil || set.Len() == 0 {
		set = t.Data.Target.Train
	}
	unlabelled := *head(set, scoreImages)
	unlabelled.Labels = nil
	ev, err := t.classify(model.ClassifyTarget, &unlabelled)
	if err != nil {
		return 0, err
	}
	return ev.score(t.Classes)
}

// head is the first n images of a set; 0 means all.
func head(s *datasets.Set, n int) *datasets.Set {
	if n <= 0 || n >= s.Len() {
		return s
	}
	return s.Slice(0, n)
}

// parseEval decodes a line of metrics.jsonl if it is an evaluation.
func parseEval(line []byte) (rec EvalRecord, ok bool, err error) {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return rec, false, fmt.Errorf("trainer: metrics.jsonl: %w", err)
	}
	if kind.Kind != "eval" {
		return rec, false, nil
	}
	err = json.Unmarshal(line, &rec)
	return rec, err == nil, err
}
