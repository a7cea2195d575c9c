package trainer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
	"pixelda-wgpu/trainer/sinks"
)

// narrow is a configuration of a baseline with little to do.
func narrow(t testing.TB, m recipe.Method) recipe.Config {
	t.Helper()
	c := tiny(t).WithMethod(m)
	a := &c.Adaptation
	a.Start, a.DomainUnits = 2, 6
	a.PrivateFilters, a.DecoderSide, a.DecoderFilters = [2]int{3, 4}, 5, 3
	a.CoGenerator, a.CoFilters, a.CoUnits = 1, [2]int{3, 4}, 8
	c.Model.Batch, c.Model.NoiseDim = 4, 5
	switch m {
	case engine.DANN, engine.MMD:
		a.PrivateFilters, a.DecoderSide, a.DecoderFilters = [2]int{}, 0, 0
	case engine.CoGAN:
		a.Start = 0
	}
	c.Iterations, c.LogEvery, c.EvalEvery, c.SampleEvery, c.CheckpointEvery = 6, 2, 3, 3, 3
	return c
}

var adapting = []recipe.Method{engine.DANN, engine.MMD, engine.DSN, engine.CoGAN}

// Six iterations in one go, and three, a resumption and three more, leave the same
// checkpoint, byte for byte, with every method; the run folder has all that belongs to
// it, and eval agrees with the report.
func TestMethods(t *testing.T) {
	t.Parallel()
	for _, m := range adapting {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			c := narrow(t, m)
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			straight := filepath.Join(t.TempDir(), "straight")
			var losses map[string]float64
			w := create(t, straight, c)
			report, err := sinks.Train(context.Background(), w, newTrainer(t, c),
				hears{trained: func(r trainer.TrainRecord) { losses = r.Loss }})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			for name, v := range losses {
				if !(v > 0) {
					t.Errorf("loss %s is %g", name, v)
				}
			}
			if want := map[recipe.Method]int{engine.DANN: 2, engine.MMD: 2, engine.DSN: 6,
				engine.CoGAN: 4}[m]; len(losses) != want {
				t.Errorf("%d losses: %v; want %d", len(losses), losses, want)
			}
			if (report.Samples != "") != (m == engine.CoGAN) {
				t.Errorf("samples %q", report.Samples)
			}

			broken := filepath.Join(t.TempDir(), "broken")
			w = create(t, broken, c)
			ctx, cancel := context.WithCancel(context.Background())
			_, err = sinks.Train(ctx, w, newTrainer(t, c), hears{iterated: func(done int) {
				if done == 3 {
					cancel()
				}
			}})
			if err == nil {
				t.Fatal("not interrupted")
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			resume(t, broken)
			if !bytes.Equal(saved(t, straight, 6), saved(t, broken, 6)) {
				t.Error("the checkpoints differ")
			}

			d := gputest.Device(t)
			ev, err := checkpoint.Evaluate(d, filepath.Join(straight, "checkpoints", "step-00000006.safetensors"),
				images(1), graph.RuleFor(d.Info()))
			if err != nil {
				t.Fatal(err)
			}
			if ev["target"].Images != 21 || ev["target"].Accuracy != report.Final["target"].Accuracy {
				t.Errorf("eval %v of %d images, the report %v", ev["target"].Accuracy, ev["target"].Images,
					report.Final["target"].Accuracy)
			}
		})
	}
}

// A checkpoint of descent holds one moment of each trained variable, of Adam two, and
// the method's variables only.
func TestMethodCheckpoints(t *testing.T) {
	t.Parallel()
	for m, want := range map[recipe.Method]struct {
		second bool
		names  string
	}{
		engine.DANN: {false, "domain.fc1.weight"}, engine.DSN: {false, "private.target.conv1.weight"},
		engine.CoGAN: {true, "generator.bn0.running_mean"}, engine.SourceOnly: {true, "task.adapted.conv1.weight"},
	} {
		c := narrow(t, m)
		if m == engine.SourceOnly {
			c = tiny(t)
			c.Method = m
		}
		tr := newTrainer(t, c)
		var b bytes.Buffer
		if err := checkpoint.Save(&b, tr); err != nil {
			t.Fatal(err)
		}
		f, err := safetensors.Read(bytes.NewReader(b.Bytes()), int64(b.Len()), "memory")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Shape(want.names); err != nil {
			t.Error(m, err)
		}
		weight := strings.Replace(want.names, "bn0.running_mean", "conv0.weight", 1)
		_, err = f.Shape("optim.m." + weight)
		_, second := f.Shape("optim.v." + weight)
		if err != nil || (second == nil) != want.second {
			t.Errorf("%s: first moments: %v, second: %v", m, err, second)
		}
		if _, err := f.Shape("generator.stem.weight"); err == nil {
			t.Errorf("%s has PixelDA's generator", m)
		}
	}
}

// A ramp and labelled target images run too, and the schedules are what the sources
// state.
func TestAlignmentVariants(t *testing.T) {
	t.Parallel()
	ramp := narrow(t, engine.DANN)
	ramp.Adaptation.Schedule, ramp.Model.LR, ramp.TargetLabelled = model.Ramp, 0.01, 8
	data := images(1)
	labelled := data.Target.Train.Pick([]int{1, 2, 3, 4, 5, 6, 7, 8})
	data.Labelled = labelled
	d := gputest.Device(t)
	tr, err := engine.NewTrainer(d, ramp, data, graph.RuleFor(d.Info()))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	l := trainer.NewLoop(tr, ramp, trainer.Host{})
	for range 2 {
		if err := tr.Iterate(); err != nil {
			t.Fatal(err)
		}
	}
	rec, err := l.Step()
	if err != nil {
		t.Fatal(err)
	}
	// half of the iterations are done
	if want := 0.01 / math.Pow(6, 0.75); rec.Loss["task_target"] <= 0 || math.Abs(rec.LearningRate-want) > 1e-15 {
		t.Errorf("%+v; want a learning rate of %g", rec, want)
	}
}

// A method brings its sources' settings, by flag, by -set and by a file, and others
// change them.
func TestWithMethod(t *testing.T) {
	base := tiny(t)
	dann := base.WithMethod(engine.DANN)
	if dann.Model.LR != 0.0117249 || dann.Adaptation.Gamma != 0.251175 || dann.Model.WeightDecay != 1e-6 ||
		dann.Model.ClipNorm != 0 {
		t.Errorf("%+v", dann)
	}
	set, err := recipe.SetField(base, "method", "dann")
	if err != nil || set.Adaptation != dann.Adaptation || set.Model != dann.Model {
		t.Errorf("-set method=dann: %+v, %v", set, err)
	}
	if set, err = recipe.SetField(set, "gamma", "0.5"); err != nil || set.Adaptation.Gamma != 0.5 {
		t.Errorf("-set gamma=0.5: %+v, %v", set.Adaptation, err)
	}
	if same := set.WithMethod(engine.DANN); same.Adaptation.Gamma != 0.5 {
		t.Error("the method that it has resets the settings")
	}
	if back := set.WithMethod(recipe.PixelDA); back.Validate() != nil {
		t.Error(back.Validate())
	}
	read, err := recipe.ParseConfig([]byte(`{"method": "dsn", "adaptation": {"start": 3, "alignment": "mmd"}}`), base)
	if err != nil || read.Adaptation.Start != 3 || read.Adaptation.Alignment != model.Kernels ||
		read.Adaptation.Beta != 0.075 {
		t.Errorf("%+v, %v", read.Adaptation, err)
	}
	b, err := json.Marshal(read)
	if err != nil {
		t.Fatal(err)
	}
	again, err := recipe.ParseConfig(b, base)
	if err != nil || again.Adaptation != read.Adaptation || again.Model != read.Model {
		t.Errorf("read back as %+v, %v", again, err)
	}
	if b, err = json.Marshal(base); err != nil || strings.Contains(string(b), "adaptation\"") {
		t.Errorf("PixelDA states an adaptation: %s, %v", b, err)
	}
}

// What cannot be trained is refused with a reason.
func TestMethodErrors(t *testing.T) {
	for want, change := range map[string]func(c *recipe.Config){
		"start is 10000 of 20 iterations, so that dsn would never adapt": func(c *recipe.Config) {
			*c = c.WithMethod(engine.DSN)
		},
		"adaptation is set, which the method pixelda does not have": func(c *recipe.Config) {
			c.Adaptation.Gamma = 1
		},
		`method is "gan"; want one of [pixelda source-only`: func(c *recipe.Config) { c.Method = "gan" },
		"the method cogan takes no labels of the target": func(c *recipe.Config) {
			*c = c.WithMethod(engine.CoGAN)
			c.TargetLabelled = 5
		},
		"size is 32; CoGAN's networks are made for 28": func(c *recipe.Config) {
			*c = c.WithMethod(engine.CoGAN)
			c.Model.Size = 32
		},
	} {
		c := tiny(t)
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// The features of a checkpoint, through its last layer, are the logits that it
// classifies by.
func TestFeatures(t *testing.T) {
	t.Parallel()
	c := tiny(t)
	c.Method, c.Iterations = engine.SourceOnly, 5
	w := create(t, filepath.Join(t.TempDir(), "run"), c)
	defer w.Close()
	tr := newTrainer(t, c)
	report, err := sinks.Train(context.Background(), w, tr)
	if err != nil {
		t.Fatal(err)
	}
	d := gputest.Device(t)
	test := images(1).Target.Test
	all, units, err := checkpoint.Features(d, report.Checkpoint, graph.RuleFor(d.Info()), images(1).Source.Train, test)
	if err != nil {
		t.Fatal(err)
	}
	if units != c.Model.TowerUnits || len(all) != 2 || len(all[0]) != 60*units || len(all[1]) != 21*units {
		t.Fatalf("%d units, %d and %d numbers", units, len(all[0]), len(all[1]))
	}
	f, err := safetensors.Open(report.Checkpoint)
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
	right := 0
	for i, label := range test.Labels {
		best, most := 0, math.Inf(-1)
		for k := range bias {
			sum := float64(bias[k])
			for j := range units {
				sum += float64(weight[k*units+j]) * float64(all[1][i*units+j])
			}
			if sum > most {
				best, most = k, sum
			}
		}
		if best == int(label) {
			right++
		}
	}
	if got := float64(right) / float64(test.Len()); got != report.Final["target"].Accuracy {
		t.Errorf("by the features %g of the test images are right, by the report %g", got,
			report.Final["target"].Accuracy)
	}
	cogan := narrow(t, engine.CoGAN)
	path := filepath.Join(t.TempDir(), "cogan")
	cw := create(t, path, cogan)
	defer cw.Close()
	if report, err = sinks.Train(context.Background(), cw, newTrainer(t, cogan)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := checkpoint.Features(d, report.Checkpoint, graph.RuleFor(d.Info()), test); err == nil ||
		!strings.Contains(err.Error(), "method cogan, which has no task tower") {
		t.Errorf("features of CoGAN: %v", err)
	}
}

// Where one tower sees both domains, source images get the target's channels.
func TestOneTowersChannels(t *testing.T) {
	for m, want := range map[recipe.Method]int{recipe.PixelDA: 3, engine.DANN: 1, engine.SourceOnly: 1} {
		c := tiny(t)
		c.Model.SourceChannels, c.Model.TargetChannels = 3, 1
		c = c.WithMethod(m)
		data := images(1)
		data, err := engine.PrepareData(c, data.Target, data.Source) // RGB to grey
		if err != nil {
			t.Fatal(err)
		}
		if got := data.Source.Train.Channels; got != want {
			t.Errorf("%s: source images of %d channels, want %d", m, got, want)
		}
	}
}
