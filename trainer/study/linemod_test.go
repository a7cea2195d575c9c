package study

import (
	"math"
	"slices"
	"testing"

	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/trainer/engine"
)

// TestUnseenClasses follows Table 4 from the classes that the generator is trained on
// to the images that its classifiers are measured by.
func TestUnseenClasses(t *testing.T) {
	set, err := draw.Images("objects", 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range ObjectSets() {
		if o.Key == "objects" && !slices.Equal(set.Classes[:len(o.seen)], o.seen) {
			t.Errorf("the seen classes %v are not the first of %v", o.seen, set.Classes)
		}
		if len(o.seen) >= o.classes || !slices.IsSorted(o.seen) {
			t.Errorf("%s: %d classes are seen of %d: %v", o.Key, len(o.seen), o.classes, o.seen)
		}
		cells := map[string]Cell{}
		s, err := Find("table4", o)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Cells(Small, 1, "studies", "data") {
			cells[c.Row] = c
		}
		some, all := cells["pixelda-some"], cells["pixelda"]
		if !slices.Equal(some.Config.TrainClasses, o.seen) || len(all.Config.TrainClasses) != 0 {
			t.Errorf("%s: generators are trained on %v and %v", o.Key, some.Config.TrainClasses,
				all.Config.TrainClasses)
		}
		for name, trained := range map[string]Cell{"some": some, "all": all} {
			redrawn, fresh := cells["redrawn-"+name], cells["new-"+name]
			if redrawn.Work != Redraw || redrawn.Uses != trained.Key() || len(redrawn.Config.TrainClasses) != 0 {
				t.Errorf("%s, %s: redrawn is %+v", o.Key, name, redrawn)
			}
			if fresh.Uses != redrawn.Key() || fresh.Seen != len(o.seen) || fresh.Config.Method != engine.SourceOnly ||
				fresh.Config.Source != "studies/small/runs/linemod-"+o.Key+"/redrawn-"+name+"/seed-1/redrawn.pxds" ||
				len(fresh.Config.TrainClasses) != 0 {
				t.Errorf("%s, %s: the new classifier is %+v", o.Key, name, fresh)
			}
		}
	}
}

// TestValues reads each statistic of an outcome.
func TestValues(t *testing.T) {
	o := Outcome{Accuracy: 0.5, Seen: 1, Evaluation: engine.Evaluation{Confusion: [][]int{{9, 1, 0}, {3, 1, 0},
		{0, 1, 5}}}}
	near := func(s Statistic, want float64) {
		t.Helper()
		if v, ok := o.value(s); !ok || math.Abs(v-want) > 1e-12 {
			t.Errorf("%s is %g, %v; want %g", s, v, ok, want)
		}
	}
	near(Accuracy, 50)
	near(UnseenAccuracy, 60) // 1 and 5 of 4 and 6
	if _, ok := o.value(Angle); ok {
		t.Error("there is an angle without poses")
	}
	o.Evaluation.Angle = &engine.Angles{Coded: 23.5, Exact: 22}
	near(Angle, 23.5)
	o.Seen = 3
	if _, ok := o.value(UnseenAccuracy); ok {
		t.Error("there are unseen classes where all are seen")
	}
}

// TestLosses checks the four sets of Table 5.
func TestLosses(t *testing.T) {
	s, err := Find("table5", ObjectSets()[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []Scale{Full, Small} {
		got := map[string][]float64{}
		for _, c := range s.Cells(scale, 1, "studies", "data") {
			m := c.Config.Model
			got[c.Row] = []float64{sign(m.TaskSourceWeight), sign(m.PoseSourceWeight), sign(m.TaskAdaptedWeight),
				sign(m.PoseAdaptedWeight), m.SimilarityWeight}
		}
		for row, want := range map[string][]float64{
			"losses-none": {0, 0, 0, 0, 0}, "adapted": {0, 0, 1, 1, 0}, "both": {1, 1, 1, 1, 0},
			"content": {1, 1, 1, 1, 22.9},
		} {
			if !slices.Equal(got[row], want) {
				t.Errorf("%s, %s: losses of source, its pose, adapted, its pose, and content: %v, want %v", scale, row,
					got[row],
					want)
			}
		}
	}
	if s.DefaultSeeds(Full) != 10 {
		t.Errorf("%d seeds; the paper has ten", s.DefaultSeeds(Full))
	}
}

func sign(v float64) float64 {
	if v > 0 {
		return 1
	}
	return v
}
