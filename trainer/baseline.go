package trainer

import (
	"context"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// Baseline trains the source-only baseline of a configuration and returns its
// accuracy on the target's test images: what the classifier is worth without
// adaptation.
func Baseline(ctx context.Context, d *gpu.Device, c recipe.Config, data Data, o Options, progress func(done int)) (float64, error) {
	c.Method, c.Iterations, c.TargetLabelled = SourceOnly, c.Baseline, 0
	data.Labelled = nil
	t, err := New(d, c, data, o)
	if err != nil {
		return 0, err
	}
	defer t.Close()
	for t.Iteration < c.Iterations {
		if ctx.Err() != nil {
			return 0, ErrInterrupted
		}
		if err := t.Iterate(); err != nil {
			return 0, err
		}
		if progress != nil {
			progress(t.Iteration)
		}
	}
	if err := t.losses.drain(t.Session); err != nil {
		return 0, err
	}
	ev, err := t.classify(model.ClassifyTarget, data.Target.Test)
	return ev.Accuracy, err
}
