package trainer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/sinks"
)

// tinyObjects is a configuration of RGB-D images with orientations that has little
// to do.
func tinyObjects(t testing.TB) recipe.Config {
	t.Helper()
	c, err := recipe.Preset("linemod-small")
	if err != nil {
		t.Fatal(err)
	}
	c.Model.Size, c.Model.Batch, c.Model.Classes = 8, 4, 3
	c.Model.GBlocks, c.Model.GFilters, c.Model.DFilters = 1, 4, 4
	c.Model.TowerFilters, c.Model.TowerUnits = [2]int{4, 8}, 16
	c.Iterations, c.Baseline = 6, 0
	c.LogEvery, c.EvalEvery, c.SampleEvery, c.CheckpointEvery = 3, 3, 3, 3
	return c
}

// objects draws bars of three colours, turned about the line of sight by their
// pose, before a far background.
func objects(name string, seed uint64, n int) *datasets.Set {
	const size = 8
	s := datasets.Set{Name: name, Width: size, Height: size, Channels: 4, Classes: []string{"red", "green", "blue"}}
	var pixels []byte
	r := rand.New(rand.NewPCG(seed, 9))
	for i := range n {
		label, angle := uint32(i%3), (r.Float64()-0.5)*math.Pi
		s.Labels = append(s.Labels, label)
		s.Poses = append(s.Poses, datasets.Pose{float32(math.Cos(angle / 2)), 0, 0, float32(math.Sin(angle / 2))})
		for y := range size {
			for x := range size {
				u, v := float64(x)-3.5, float64(y)-3.5
				pixel := []byte{byte(r.IntN(40)), byte(r.IntN(40)), byte(r.IntN(40)), 255}
				if math.Abs(u*math.Sin(angle)-v*math.Cos(angle)) < 1.2 && u*math.Cos(angle)+v*math.Sin(angle) > -1 {
					pixel[label], pixel[3] = 230, 100
				}
				pixels = append(pixels, pixel...)
			}
		}
	}
	return s.Of(pixels)
}

func objectData() (source, target datasets.Splits) {
	return datasets.Splits{Train: objects("source train", 1, 60), Test: objects("source test", 2, 21)},
		datasets.Splits{Train: objects("target train", 3, 45), Test: objects("target test", 4, 18)}
}

func prepare(t testing.TB, c recipe.Config) engine.Data {
	t.Helper()
	source, target := objectData()
	data, err := engine.PrepareData(c, source, target)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func train(t testing.TB, c recipe.Config, path string, iterations int, from string) sinks.Report {
	t.Helper()
	d := gputest.Device(t)
	tr, err := engine.NewTrainer(d, c, prepare(t, c), graph.RuleFor(d.Info()))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if from != "" {
		if err := resumeFrom(tr, from); err != nil {
			t.Fatal(err)
		}
	}
	tr.Config.Iterations = iterations
	w := create(t, path, c)
	defer w.Close()
	report, err := sinks.Train(context.Background(), w, tr)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A run with orientations, dropout in the tower and labelled target images: what it
// records, and that a resumed one is the same, byte for byte.
func TestPosedRun(t *testing.T) {
	t.Parallel()
	c := tinyObjects(t)
	c.TargetLabelled, c.Model.Similarity, c.Model.SimilarityWeight, c.Model.WeightDecay = 7, model.MaskedPaper, 0.5,
		1e-5
	straight := filepath.Join(t.TempDir(), "straight")
	report := train(t, c, straight, 6, "")
	again := filepath.Join(t.TempDir(), "again")
	train(t, c, again, 6, filepath.Join(straight, "checkpoints", "step-00000003.safetensors"))
	if a, b := saved(t, straight, 6), saved(t, again, 6); !bytes.Equal(a, b) {
		t.Error("a resumed run ends in another checkpoint")
	}

	for _, domain := range []string{"target", "source", "adapted"} {
		a := report.Final[domain].Angle
		if a == nil || !(a.Exact > 0 && a.Exact <= 180 && a.Coded > a.Exact) {
			t.Errorf("the report's angle of %s is %+v", domain, a)
		}
		if report.Chosen.Angle[domain].Coded == 0 {
			t.Errorf("the chosen checkpoint's record lacks the angle of %s", domain)
		}
	}
	text, err := os.ReadFile(filepath.Join(straight, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pose_source", "pose_adapted", "pose_target", "task_target", "g_pose", "similarity",
		`"angle":{"adapted":{"coded":`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("metrics.jsonl knows no %s: %s", want, text)
		}
	}

	// Six rows of images of 8 × 8, each pixel 8 × 8: source, adapted and nearest, and
	// the depth of each.
	picture, err := os.Open(report.Samples)
	if err != nil {
		t.Fatal(err)
	}
	defer picture.Close()
	if shape, err := png.DecodeConfig(picture); err != nil || shape.Height < 6*64 || shape.Height > 7*64 {
		t.Errorf("the samples are %d pixels high, %v", shape.Height, err)
	}

	d := gputest.Device(t)
	ev, err := checkpoint.Evaluate(d, report.Checkpoint, prepare(t, c), graph.RuleFor(d.Info()))
	if err != nil || ev["target"].Angle == nil {
		t.Errorf("evaluation of the checkpoint: %+v, %v", ev, err)
	}
}

// Trained on target labels, the tower tells classes and orientations of others of the
// kind; a constant guess is 45° off.
func TestPoseIsLearned(t *testing.T) {
	t.Parallel()
	c := tinyObjects(t)
	c.Method, c.LogEvery, c.EvalEvery, c.CheckpointEvery = engine.TargetOnly, 200, 400, 400
	c.Model.LR, c.Model.PoseAdaptedWeight, c.Model.TowerKeep, c.Model.Batch = 5e-3, 0.1, 0.9, 16
	report := train(t, c, filepath.Join(t.TempDir(), "run"), 600, "")
	if ev := report.Final["target"]; ev.Accuracy < 0.9 || ev.Angle.Exact > 25 {
		t.Errorf("after 600 iterations %.0f %% are right, with an angle of %.1f°", 100*ev.Accuracy, ev.Angle.Exact)
	}
}

// Labelled target images are drawn by the seed from those trained on.
func TestTargetLabelled(t *testing.T) {
	c := tinyObjects(t)
	c.TargetTrain, c.TargetLabelled = 30, 12
	data := prepare(t, c)
	if data.Target.Train.Len() != 30 || data.Labelled.Len() != 12 || data.Labelled.Poses == nil {
		t.Fatalf("%d target images, %d with labels, poses %v", data.Target.Train.Len(), data.Labelled.Len(),
			data.Labelled.Poses != nil)
	}
	all := map[string]uint32{}
	for i := range data.Target.Train.Len() {
		all[string(data.Target.Train.Image(i))] = data.Target.Train.Labels[i]
	}
	for i := range data.Labelled.Len() {
		if label, ok := all[string(data.Labelled.Image(i))]; !ok || label != data.Labelled.Labels[i] {
			t.Errorf("labelled image %d is not one of those trained on, with its label", i)
		}
	}
	if again := prepare(t, c); !bytes.Equal(again.Labelled.Pixels(), data.Labelled.Pixels()) {
		t.Error("the same seed draws other images")
	}
	c.Seed++
	if other := prepare(t, c); bytes.Equal(other.Labelled.Pixels(), data.Labelled.Pixels()) {
		t.Error("another seed draws the same images")
	}
	c.Method = engine.SourceOnly // trained on both, without adaptation
	c.Iterations = 2
	train(t, c, filepath.Join(t.TempDir(), "run"), 2, "")
}

// Images of other classes are left out of training, and of nothing else.
func TestTrainClasses(t *testing.T) {
	c := tinyObjects(t)
	c.TrainClasses = []string{"blue", "red"}
	data := prepare(t, c)
	for name, s := range map[string]*datasets.Set{"source": data.Source.Train, "target": data.Target.Train} {
		if slices.Contains(s.Labels, 1) || !slices.Contains(s.Labels, 0) || !slices.Contains(s.Labels, 2) ||
			len(s.Classes) != 3 || len(s.Poses) != s.Len() {
			t.Errorf("%s is trained on labels %v of classes %v", name, s.Labels, s.Classes)
		}
	}
	if data.Source.Train.Len() != 40 || data.Target.Train.Len() != 30 || data.Source.Test.Len() != 21 ||
		data.Target.Test.Len() != 18 {
		t.Errorf("%d, %d training and %d, %d test images", data.Source.Train.Len(), data.Target.Train.Len(),
			data.Source.Test.Len(), data.Target.Test.Len())
	}
}

// Depth is left out where the model takes none; grey images become colour ones.
func TestChannels(t *testing.T) {
	t.Parallel()
	c := tinyObjects(t)
	c.Model.SourceChannels, c.Model.TargetChannels = 3, 3
	if data := prepare(t, c); data.Source.Train.Channels != 3 || data.Target.Test.Channels != 3 ||
		!bytes.Equal(data.Source.Test.Image(0)[:3], objects("", 2, 1).Pixels()[:3]) {
		t.Errorf("RGB-D became %d and %d channels", data.Source.Train.Channels, data.Target.Test.Channels)
	}

	// One channel to three, each side as it is.
	d := tiny(t)
	d.Model.SourceChannels, d.Iterations = 1, 2
	data, err := engine.PrepareData(d, images(1).Source, images(1).Target)
	if err != nil || data.Source.Train.Channels != 1 || data.Target.Train.Channels != 3 {
		t.Fatal(err)
	}
	tr := newTrainer(t, d)
	for range 2 {
		if err := tr.Iterate(); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Sound(); err != nil {
		t.Error(err)
	}
	s, err := tr.Draw()
	if err != nil || s.Source.Channels != 1 || s.Adapted.Channels != 3 || s.Nearest.Channels != 3 {
		t.Errorf("samples of %d, %d and %d channels, %v", s.Source.Channels, s.Adapted.Channels, s.Nearest.Channels,
			err)
	}
}

// What the images lack is said before anything is trained.
func TestPosedDataErrors(t *testing.T) {
	for want, change := range map[string]func(c *recipe.Config, source, target *datasets.Splits){
		"source objects has no poses, which the tower pose-mini learns; set task_tower=mnist, or " +
			"pose_source_weight=0 and pose_adapted_weight=0": func(c *recipe.Config, s, _ *datasets.Splits) {
			s.Train.Poses = nil
		},
		"target objects-m has no poses": func(c *recipe.Config, _, s *datasets.Splits) {
			c.Method, s.Train.Poses = engine.TargetOnly, nil
		},
		"target_labelled is 46, but objects-m has 45 training images": func(c *recipe.Config, _, _ *datasets.Splits) {
			c.TargetLabelled = 46
		},
		"target objects-m has no labels, of which target_labelled wants 5": func(c *recipe.Config, _,
			s *datasets.Splits) {
			c.TargetLabelled, s.Train.Labels = 5, nil
		},
		`has no class "pink"; it has red, green, blue`: func(c *recipe.Config, _, _ *datasets.Splits) {
			c.TrainClasses = []string{"pink"}
		},
		"target objects-m has no labels, by which train_classes chooses images": func(c *recipe.Config, _,
			s *datasets.Splits) {
			c.TrainClasses, s.Train.Labels = []string{"red"}, nil
		},
		"source objects has 3 channels; the model takes 4, RGB and depth": func(c *recipe.Config, s,
			_ *datasets.Splits) {
			s.Train, s.Test = s.Train.WithChannels(3), s.Test.WithChannels(3)
		},
	} {
		c := tinyObjects(t)
		source, target := objectData()
		change(&c, &source, &target)
		if _, err := engine.PrepareData(c, source, target); err == nil ||
			fault.Of(err) == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	// Without weights, nothing of poses is needed.
	c := tinyObjects(t)
	c.Model.PoseSourceWeight, c.Model.PoseAdaptedWeight = 0, 0
	source, target := objectData()
	source.Train.Poses = nil
	if _, err := engine.PrepareData(c, source, target); err != nil {
		t.Error(err)
	}
}

// A file of an earlier version states none of the newer settings, and means the
// tower of that time.
func TestEarlierConfig(t *testing.T) {
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	c.Model.PoseSourceWeight, c.Model.PoseAdaptedWeight = 0, 0 // which that tower has no use for
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var fields, of map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(fields["model"], &of); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"task_tower", "tower_dropout_keep", "private_layers", "pose_source_weight",
		"pose_adapted_weight", "similarity_margin", "weight_decay", "precision", "loss_scale"} {
		if of[name] == nil {
			t.Fatalf("no setting %s", name)
		}
		delete(of, name)
	}
	delete(fields, "train_classes")
	delete(fields, "target_labelled")
	if fields["model"], err = json.Marshal(of); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	got, err := recipe.ParseConfig(text, recipe.Earlier())
	want, _ := json.Marshal(c)
	if have, _ := json.Marshal(got); err != nil || !bytes.Equal(have, want) {
		t.Errorf("read as %s, %v", have, err)
	}
}
