package model_test

import (
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	_ "pixelda-wgpu/trainer/engine" // registers the methods
	"pixelda-wgpu/trainer/recipe"
)

// baseline is what the four baselines have in common.
type baseline struct {
	networks *model.Networks
	programs []func(in model.Inputs, choose graph.Chooser) (*gpu.Program, error)
}

// defaults sets what a method's sources state.
func defaults(m recipe.Method, c *model.Config) model.Adaptation {
	r := recipe.Config{Model: recipe.Model(*c)}.WithMethod(m)
	*c = model.Config(r.Model)
	return model.Adaptation(r.Adaptation)
}

// baselines are the four with their defaults for a preset, and DSN's and DANN's other forms.
func baselines(t testing.TB, preset func() model.Config) map[string]baseline {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]baseline{}
	dann := func(name string, change func(a *model.Adaptation)) {
		c := preset()
		a := defaults("dann", &c)
		change(&a)
		n, err := model.NewDANN(c, a)
		must(err)
		all[name] = baseline{n.Networks, []func(model.Inputs, graph.Chooser) (*gpu.Program, error){n.Step,
			classify(n.Networks)}}
	}
	dann("dann", func(a *model.Adaptation) {})
	dann("dann by a ramp", func(a *model.Adaptation) { a.Schedule = model.Ramp })
	dsn := func(name string, change func(a *model.Adaptation)) {
		c := preset()
		a := defaults("dsn", &c)
		change(&a)
		n, err := model.NewDSN(c, a)
		must(err)
		all[name] = baseline{n.Networks, []func(model.Inputs, graph.Chooser) (*gpu.Program, error){n.Step,
			classify(n.Networks)}}
	}
	dsn("dsn", func(a *model.Adaptation) {})
	dsn("dsn by kernels", func(a *model.Adaptation) {
		a.Alignment, a.Reconstruction = model.Kernels, model.MeanSquared
	})
	c := preset()
	mmdOf := defaults("mmd", &c)
	mmd, err := model.NewMMD(c, mmdOf)
	must(err)
	all["mmd"] = baseline{mmd.Networks, []func(model.Inputs, graph.Chooser) (*gpu.Program, error){mmd.Step,
		classify(mmd.Networks)}}
	c = preset()
	a := defaults("cogan", &c)
	cogan, err := model.NewCoGAN(c, a)
	must(err)
	all["cogan"] = baseline{cogan.Networks, []func(model.Inputs, graph.Chooser) (*gpu.Program, error){
		cogan.DStep, cogan.GStep,
		func(in model.Inputs, choose graph.Chooser) (*gpu.Program, error) {
			return cogan.Classify(model.ClassifyTarget, in.Target, cogan.Config.Batch, choose)
		},
		func(in model.Inputs, choose graph.Chooser) (*gpu.Program, error) {
			return cogan.Pairs(cogan.Config.Batch, choose)
		},
	}}
	return all
}

func classify(n *model.Networks) func(in model.Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return func(in model.Inputs, choose graph.Chooser) (*gpu.Program, error) {
		return n.Classify(model.ClassifyTarget, in.Target, n.Config.Batch, choose)
	}
}

// The parameters of the original's networks, by hand.
func TestBaselineParameterCounts(t *testing.T) {
	tower := (3*25*32 + 32) + (32*25*48 + 48) + (3072*100 + 100) + (100*100 + 100) + (100*10 + 10)
	domain := (100*100 + 100) + (100 + 1)
	private := (3*25*32 + 32) + (32*25*64 + 64) + (4096*100 + 100)
	decoder := (100*300 + 300) + (3*9*16 + 16) + 2*(16*9*16+16) + (16*9*3 + 3)
	all := baselines(t, func() model.Config { return preset(t, "mnist-mnistm") })
	for name, want := range map[string]int{
		"dann": tower + domain, "dann by a ramp": tower + (3072*100 + 100) + (100 + 1), "mmd": tower,
		"dsn": tower + domain + 2*private + decoder, "dsn by kernels": tower + 2*private + decoder,
		// generators, grey and RGB
		"cogan": 100*1024*16 + 9*(1024*512+512*256+256*128) + 4 + (128*36 + 1) + (128*3*36 + 3) +
			(25*20 + 20) + (3*25*20 + 20) + (20*25*50 + 50) + (800*500 + 500) + 1 + (500*2 + 2) + (500*10 + 10),
	} {
		count := 0
		for _, s := range all[name].networks.Trained() {
			count += s.Count()
		}
		if count != want {
			t.Errorf("%s has %d parameters, want %d", name, count, want)
		}
		delete(all, name)
	}
	if len(all) > 0 {
		t.Errorf("not counted: %v", all)
	}
}

// Every plan of every kernel of the baselines is text that the library accepts; and
// their programs keep to the limits of any adapter at full size.
func TestBaselineKernels(t *testing.T) {
	d := gputest.Device(t)
	checked := map[string]bool{}
	for name, b := range baselines(t, func() model.Config { return preset(t, "mnist-mnistm") }) {
		turns := &graph.Turns{Count: 1}
		for ; turns.Turn < turns.Count; turns.Turn++ {
			for _, build := range b.programs {
				p, err := build(bytesIn(b.networks.Config), turns)
				if err != nil {
					t.Fatal(name, err)
				}
				if err := p.Validate(gpu.Portable); err != nil {
					t.Fatal(name, err)
				}
				for _, m := range p.Modules {
					if checked[m.Code] {
						continue
					}
					checked[m.Code] = true
					if err := d.Check(m); err != nil {
						t.Errorf("%s, %s: %v", name, p.Name, err)
					}
				}
			}
		}
	}
	t.Logf("%d kernels", len(checked))
}

// The baselines take other sizes, towers with orientations, labelled target images
// and batches of one kind of images only.
func TestBaselineConfigurations(t *testing.T) {
	for name, c := range map[string]func() model.Config{
		"odd": func() model.Config {
			c := preset(t, "small")
			c.Size, c.Classes, c.Batch, c.TowerFilters, c.TowerUnits = 13, 3, 3, [2]int{3, 5}, 7
			return c
		},
		"poses": func() model.Config { c := preset(t, "linemod-small"); c.Batch = 2; return c },
	} {
		for method, b := range func() map[string]baseline {
			if name == "odd" {
				return baselines(t, c)
			}
			m := c()
			a := defaults("dsn", &m)
			n, err := model.NewDSN(m, a)
			if err != nil {
				t.Fatal(err)
			}
			return map[string]baseline{"dsn": {n.Networks, []func(model.Inputs, graph.Chooser) (*gpu.Program,
				error){n.Step}}}
		}() {
			for _, in := range []model.Inputs{{}, {HostNoise: true, Labelled: method != "cogan"}} {
				for _, build := range b.programs {
					if _, err := build(in, graph.Rule{}); err != nil {
						t.Errorf("%s %s: %v", name, method, err)
					}
				}
			}
		}
	}
}

// Variables are named as in the reference's traces.
func TestBaselineNames(t *testing.T) {
	all := baselines(t, func() model.Config {
		c := preset(t, "small")
		c.Size, c.TowerFilters, c.TowerUnits = 16, [2]int{4, 6}, 10
		return c
	})
	lines := layout(all["dsn"].networks.Stores()...)
	for want := range strings.SplitSeq(`task.shared.conv1.weight [4 3 5 5]
task.shared.fc3.bias [10]
domain.fc1.weight [100 10]
private.source.conv1.weight [32 3 5 5]
private.target.bn3.bias [10]
decoder.fc.weight [300 10]
decoder.conv4.weight [3 16 3 3]
decoder.bn4.bias [3]`, "\n") {
		if !slices.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	lines = layout(all["cogan"].networks.Stores()...)
	for want := range strings.SplitSeq(`generator.conv0.weight [100 1024 4 4]
generator.prelu3.weight [1]
generator.head.target.weight [128 3 6 6]
discriminator.conv1.source.weight [20 1 5 5]
discriminator.real.weight [2 500]
generator.bn3.running_var [128]`, "\n") {
		if !slices.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

// Impossible settings are named.
func TestAdaptationErrors(t *testing.T) {
	for want, build := range map[string]func(c model.Config) error{
		`alignment is "mmd"; want one of [dann]`: func(c model.Config) error {
			a := defaults("mmd", &c)
			_, err := model.NewDANN(c, a)
			return err
		},
		"schedule is \"slow\"; want gate or ramp": func(c model.Config) error {
			a := defaults("dann", &c)
			a.Schedule = "slow"
			_, err := model.NewDANN(c, a)
			return err
		},
		"schedule is ramp, which belongs to dann": func(c model.Config) error {
			a := defaults("mmd", &c)
			a.Schedule = model.Ramp
			_, err := model.NewMMD(c, a)
			return err
		},
		`reconstruction is "l2"; want one of [mpse mse]`: func(c model.Config) error {
			a := defaults("dsn", &c)
			a.Reconstruction = "l2"
			_, err := model.NewDSN(c, a)
			return err
		},
		"size is 32; CoGAN's networks are made for 28": func(c model.Config) error {
			a := defaults("cogan", &c)
			c.Size = 32
			_, err := model.NewCoGAN(c, a)
			return err
		},
		"noise_dim is 0": func(c model.Config) error {
			a := defaults("cogan", &c)
			c.NoiseDim = 0
			_, err := model.NewCoGAN(c, a)
			return err
		},
	} {
		err := build(preset(t, "small"))
		if err == nil || !strings.HasPrefix(err.Error(), "adaptation: ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
