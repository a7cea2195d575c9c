package engine

import (
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// NewBaseline is the trainer of the source-only baseline of a configuration, which shows what its
// classifier is worth without adaptation. It trains for the iterations of its own configuration;
// TargetAccuracy is the result.
func NewBaseline(d *gpu.Device, c recipe.Config, data Data, choose graph.Chooser) (*Trainer, error) {
	c.Method, c.Iterations, c.TargetLabelled = SourceOnly, c.Baseline, 0
	data.Labelled = nil
	return NewTrainer(d, c, data, choose)
}

// TargetAccuracy is the share of the target's test images that are classified correctly.
func (t *Trainer) TargetAccuracy() (float64, error) {
	if err := t.losses.drain(t.Engine.Session); err != nil {
		return 0, err
	}
	ev, err := t.Engine.classify(model.ClassifyTarget, t.Data.Target.Test)
	return ev.Accuracy, err
}
