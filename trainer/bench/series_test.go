package bench

import (
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// TestSeries has a variant between two others that no device could hold: the
// first stays and the last is measured.
func TestSeries(t *testing.T) {
	d := gputest.Device(t)
	c, err := recipe.PresetModel("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Size, c.GBlocks, c.GFilters, c.DFilters, c.TowerFilters, c.TowerUnits = 8, 0, 4, 4, [2]int{4, 4}, 8
	var all []Variant
	for _, batch := range []int{2, 4, 3} {
		v := Variant{float64(batch), c}
		v.Model.Batch = batch
		all = append(all, v)
	}
	all[1].Model.Size, all[1].Model.Batch = 512, 4096
	heard := 0
	s, err := MeasureSeries(d, "batch", all, Options{Choose: graph.RuleFor(d.Info())}, func(s *Series) {
		if heard++; len(s.Points) != heard {
			t.Errorf("after %d there are %d", heard, len(s.Points))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if heard != 3 || len(s.Points) != 3 || s.Samples != 1 {
		t.Fatalf("heard of %d points of %+v", heard, s)
	}
	for i, p := range s.Points {
		if fits := i != 1; p.Value != all[i].Value || p.Batch != all[i].Model.Batch || (p.Error == "") != fits ||
			(len(p.Programs) == 2) != fits {
			t.Errorf("point %d is %+v", i, p)
		}
	}
	if why := s.Points[1].Error; !strings.Contains(why, "a smaller batch needs less") &&
		!strings.Contains(why, "elements") {
		t.Errorf("the large one fails since %q", why)
	}
}
