package trainer_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
)

// TestFeatures applies the last layer on the host, in float64, to the features of
// the target's test images: the classes have to be those that the device finds.
func TestFeatures(t *testing.T) {
	c := tiny(t)
	c.Method, c.Iterations = trainer.SourceOnly, 40
	path := filepath.Join(t.TempDir(), "run")
	w := create(t, path, c)
	report, err := newTrainer(t, c).Run(context.Background(), w, nil, trainer.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d := gputest.Device(t)
	file := filepath.Join(path, "checkpoints", "step-00000040.safetensors")
	data := images(1)
	test, other := data.Target.Test, data.Source.Test
	x, err := trainer.OpenFeatures(d, file, graph.RuleFor(d.Info()), trainer.Form(other), trainer.Form(test), trainer.Form(test))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	units, err := x.Features(test)
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := trainer.OpenCheckpoint(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	weight, err := f.Float32s("task.shared.fc3.weight")
	if err != nil {
		t.Fatal(err)
	}
	bias, err := f.Float32s("task.shared.fc3.bias")
	if err != nil {
		t.Fatal(err)
	}
	n := c.Model.TowerUnits
	confusion := make([][]int, c.Model.Classes)
	for i := range confusion {
		confusion[i] = make([]int, c.Model.Classes)
	}
	for i := range test.Len() {
		best, most := 0, 0.0
		for class := range c.Model.Classes {
			logit := float64(bias[class])
			for j := range n {
				logit += float64(weight[class*n+j]) * float64(units[i*n+j])
			}
			if class == 0 || logit > most {
				best, most = class, logit
			}
		}
		confusion[test.Labels[i]][best]++
	}
	if !slices.EqualFunc(confusion, report.Final["target"].Confusion, slices.Equal) {
		t.Errorf("the features are classified as\n%v\nthe device says\n%v", confusion, report.Final["target"].Confusion)
	}
	if source, err := x.Features(other); err != nil || len(source) != other.Len()*n || slices.Equal(source[:n], units[:n]) {
		t.Errorf("the source's features: %d of them, %v", len(source), err)
	}
	if _, err := x.Features(test.Resize(9, 9)); err == nil {
		t.Error("images of another form are taken")
	}
}
