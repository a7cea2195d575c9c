package engine

import (
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/trainer/recipe"
)

// Where few images of a generated set are trained on these alone are drawn, and they are
// those that would be chosen from all.
func TestFewImagesAreThoseOfAll(t *testing.T) {
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	c.SourceTrain, c.TargetTrain, c.TargetLabelled = 30, 20, 10
	few, err := OpenData(c)
	if err != nil {
		t.Fatal(err)
	}
	all := func(spec string) datasets.Splits {
		s, err := open.Splits(spec, datasets.Options{Seed: c.Seed})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	want, err := PrepareData(c, all(c.Source), all(c.Target))
	if err != nil {
		t.Fatal(err)
	}
	if few.Source.Train.Len() != 30 || few.Target.Train.Len() != 20 || few.Labelled.Len() != 10 {
		t.Errorf("%d, %d and %d images", few.Source.Train.Len(), few.Target.Train.Len(), few.Labelled.Len())
	}
	if few.Fingerprint() != want.Fingerprint() || few.Labelled.Fingerprint() != want.Labelled.Fingerprint() {
		t.Error("other images are taken")
	}
	for _, s := range []*datasets.Set{few.Source.Train, few.Target.Train, few.Target.Test, few.Labelled} {
		if s.Viewed() {
			t.Errorf("%s is drawn anew for each batch", s.Name)
		}
	}
}
