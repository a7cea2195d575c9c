package model_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wgsl/plan"
)

// bytesIn is how a trainer feeds images: grey sources to be scaled up, or RGB-D
// as it is, targets of the model's own form.
func bytesIn(c model.Config) model.Inputs {
	in := model.Inputs{
		Source: model.Images{Width: 28, Height: 28, Channels: 1},
		Target: model.Images{Width: c.Size, Height: c.Size, Channels: c.TargetChannels},
	}
	if c.SourceChannels == 4 {
		in.Source.Channels = 4
	}
	return in
}

// programs builds all programs of the networks.
func programs(t testing.TB, n *model.Networks, in model.Inputs, choose graph.Chooser) []*gpu.Program {
	t.Helper()
	var all []*gpu.Program
	for _, build := range []func() (*gpu.Program, error){
		func() (*gpu.Program, error) { return n.DStep(in, choose) },
		func() (*gpu.Program, error) { return n.GStep(in, choose) },
		func() (*gpu.Program, error) {
			return n.SupervisedStep(model.Inputs{Source: in.Target, Target: in.Target, Labelled: in.Labelled}, choose)
		},
		func() (*gpu.Program, error) { return n.Adapt(in, n.Config.Batch, choose) },
		func() (*gpu.Program, error) {
			return n.Classify(model.ClassifySource, in.Source, n.Config.Batch, choose)
		},
		func() (*gpu.Program, error) {
			return n.Classify(model.ClassifyTarget, in.Target, n.Config.Batch, choose)
		},
	} {
		p, err := build()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Validate(gpu.Portable); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// TestEveryKernel expands every kernel of the presets, of all plans, and has the
// library parse and validate each text once; drivers would take minutes to
// compile them.
func TestEveryKernel(t *testing.T) {
	d := gputest.Device(t)
	checked := map[string]bool{}
	size := 0
	configs := map[string]model.Config{"f16": preset(t, "mnist-mnistm")}
	for _, name := range recipe.Presets() {
		configs[name] = preset(t, name)
	}
	for name, c := range configs {
		if name == "f16" {
			c.Precision = model.F16
		}
		c.SimilarityWeight = 1
		n := networks(t, c)
		turns := &graph.Turns{Count: 1}
		for ; turns.Turn < turns.Count; turns.Turn++ {
			for _, p := range programs(t, n, bytesIn(c), turns) {
				for _, m := range p.Modules {
					if checked[m.Code] {
						continue
					}
					checked[m.Code] = true
					size += len(m.Code)
					if err := d.Check(m); err != nil {
						t.Errorf("%s, %s: %v", name, p.Name, err)
					}
				}
			}
		}
		if turns.Count < 6 {
			t.Errorf("%s: %d turns tried every plan", name, turns.Count)
		}
	}
	t.Logf("%d kernels of %d KB", len(checked), size>>10)
}

// TestPrecision: f16 changes the kernels of Winograd's algorithm and no others, and has
// them move less; f32 knows nothing of a loss scale.
func TestPrecision(t *testing.T) {
	for name, rule := range map[string]graph.Rule{"lavapipe": {For: &plan.Lavapipe},
		"others": {For: &plan.SwiftShader}} {
		made := func(p model.Precision, scale int) (all []*gpu.Program, codes map[string]string, moved float64) {
			c := preset(t, "mnist-mnistm")
			c.Precision, c.LossScale, c.GBlocks, c.Batch = p, scale, 1, 8
			codes = map[string]string{}
			all = programs(t, networks(t, c), bytesIn(c), rule)
			for _, p := range all {
				for _, m := range p.Modules {
					codes[m.Code] = m.Label
				}
				for _, d := range p.Dispatches {
					moved += d.Bytes
				}
			}
			return all, codes, moved
		}
		plain, single, much := made(model.F32, 1)
		if other, _, _ := made(model.F32, 1<<12); !reflect.DeepEqual(plain, other) {
			t.Errorf("%s: the loss scale changes the programs of f32", name)
		}
		halves, double, less := made(model.F16, 1<<12)
		if other, _, _ := made(model.F16, 1); reflect.DeepEqual(halves, other) {
			t.Errorf("%s: the loss scale does not change the programs of f16", name)
		}
		changed := 0
		for _, pair := range [][2]map[string]string{{single, double}, {double, single}} {
			for code, label := range pair[0] {
				if _, same := pair[1][code]; !same {
					changed++
					if !strings.Contains(label, "winograd") {
						t.Errorf("%s: %s differs", name, label)
					}
				}
			}
		}
		if changed == 0 || less > 0.95*much {
			t.Errorf("%s: %d kernels differ; %.3g bytes are moved in f16, %.3g in f32", name, changed, less, much)
		}
		t.Logf("%s: %.3g bytes instead of %.3g", name, less, much)
	}
}

// Configurations of every kind make programs that any adapter can hold.
func TestConfigurations(t *testing.T) {
	for name, change := range map[string]func(c *model.Config){
		"odd": func(c *model.Config) {
			c.Size, c.GBlocks, c.GFilters, c.DFilters, c.Classes, c.Batch, c.TargetChannels, c.SimilarityWeight = 9, 1,
				5, 3, 7, 3, 1, 1
			c.Similarity, c.DInputNoise, c.GHead = model.PairwisePaper, true, 3
		},
		"least": func(c *model.Config) {
			c.Size, c.GBlocks, c.GFilters, c.DFilters, c.DFinalSize, c.NoiseDim, c.Batch = 8, 0, 1, 1, 64, 0, 1
			c.SourceChannels, c.TargetChannels, c.TowerFilters, c.TowerUnits, c.Classes = 1, 1, [2]int{1, 1}, 1, 2
			c.NoiseStd, c.DropoutKeep, c.SimilarityWeight, c.Similarity = 0, 1, 1, model.MeanSquared
		},
		"no losses": func(c *model.Config) {
			c.Size, c.GBlocks, c.GResiduals = 13, 1, false
			c.DomainWeight, c.StyleWeight, c.TaskInGWeight, c.TaskSourceWeight, c.TaskAdaptedWeight = 0, 0, 0, 0, 0
		},
		"labelled, decayed": func(c *model.Config) {
			c.Size, c.GBlocks, c.WeightDecay, c.Similarity, c.SimilarityWeight = 11, 1, 1e-5, model.HingedAbsolute, 1
		},
		"poses": func(c *model.Config) {
			c.Size, c.GBlocks, c.GFilters, c.DFilters, c.Classes, c.Batch, c.SourceChannels, c.TargetChannels = 13, 1,
				5, 3, 7, 3, 4, 4
			c.TaskTower, c.TowerFilters, c.TowerUnits, c.TowerKeep = model.PoseMini, [2]int{3, 5}, 9, 0.5
			c.Similarity, c.SimilarityWeight = model.MaskedPaper, 1
		},
		"doubling, all private": func(c *model.Config) {
			c.Size, c.GBlocks, c.TaskTower, c.TowerFilters, c.PrivateLayers, c.TargetChannels = 25, 1, model.Doubling,
				[2]int{1, 2}, 3, 1
			c.Similarity, c.SimilarityWeight = model.HingedSquared, 1
		},
		"orientations unlearnt, nothing private": func(c *model.Config) {
			c.Size, c.GBlocks, c.TaskTower, c.PrivateLayers, c.PoseSourceWeight, c.PoseAdaptedWeight = 16, 1,
				model.PoseMini, 0, 0, 0
		},
		"wide head of the discriminator": func(c *model.Config) { // 262,144 weights to one logit
			c.Size, c.GBlocks, c.DFilters, c.DFinalSize, c.Batch = 64, 1, 64, 64, 4
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := preset(t, "small")
			change(&c)
			n := networks(t, c)
			for _, in := range []model.Inputs{{HostNoise: true, Labelled: true},
				{Source: model.Images{Width: 5, Height: 40, Channels: 1},
					Target: model.Images{Width: c.Size, Height: c.Size, Channels: 1}}} {
				for _, target := range []*plan.Target{&plan.SwiftShader, &plan.DiscreteGPU} {
					programs(t, n, in, graph.Rule{For: target})
				}
			}
		})
	}
}

// The step's cost beside its arithmetic: every dispatch takes a driver some
// microseconds, and the scratch memory bounds the batch. A change that passes
// these bounds, a tenth above what it was, should know why. (CPU drivers take
// images in groups that fit a uniform buffer.)
func TestCostOfTheFullModel(t *testing.T) {
	n := networks(t, preset(t, "mnist-mnistm"))
	for _, c := range []struct {
		target     *plan.Target
		program    string
		dispatches int
		mebibytes  uint64
	}{
		{&plan.SwiftShader, model.DStepProgram, 450, 97}, {&plan.SwiftShader, model.GStepProgram, 680, 208},
		{&plan.DiscreteGPU, model.DStepProgram, 307, 98}, {&plan.DiscreteGPU, model.GStepProgram, 279, 209},
	} {
		build := n.DStep
		if c.program == model.GStepProgram {
			build = n.GStep
		}
		p, err := build(bytesIn(n.Config), graph.Rule{For: c.target})
		if err != nil {
			t.Fatal(err)
		}
		var scratch uint64
		for _, b := range p.Buffers {
			if strings.HasPrefix(b.Name, "scratch.") {
				scratch += b.Size
			}
		}
		t.Logf("%s, %s: %d dispatches, %d modules, %.1f MiB of scratch memory", p.Name, c.target.Name,
			len(p.Dispatches), len(p.Modules), float64(scratch)/(1<<20))
		if len(p.Dispatches) > c.dispatches || scratch > c.mebibytes<<20 {
			t.Errorf("more than %d dispatches or %d MiB", c.dispatches, c.mebibytes)
		}
	}
}

// A batch of 256 of the full model fits any adapter; one that does not is named.
func TestLargeBatches(t *testing.T) {
	c := preset(t, "mnist-mnistm")
	c.Batch = 256
	for _, build := range []func(model.Inputs, graph.Chooser) (*gpu.Program, error){networks(t, c).DStep,
		networks(t, c).GStep} {
		p, err := build(bytesIn(c), graph.Rule{})
		if err == nil {
			err = p.Validate(gpu.Portable)
		}
		if err != nil {
			t.Errorf("batch 256: %v", err)
		}
	}
	c.Batch = 1024 // 64 channels of 32 × 32 take 256 MiB
	p, err := networks(t, c).GStep(bytesIn(c), graph.Rule{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(gpu.Portable); err == nil || !strings.Contains(err.Error(), "268435456 bytes bound as read") {
		t.Errorf("batch 1024: %v", err)
	}
	c.Batch, c.Size, c.GFilters = 4096, 512, 1
	for name, want := range map[string]string{"d_step": "elements", "g_step": "elements"} {
		build := networks(t, c).DStep
		if name == "g_step" {
			build = networks(t, c).GStep
		}
		if _, err := build(bytesIn(c), graph.Rule{}); err == nil ||
			!strings.HasPrefix(err.Error(), "program "+name+": ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s of 4,096 images of 512 × 512: %v", name, err)
		}
	}
}

// TestDeterminism takes steps twice from the same state, with noise and dropout:
// every bit of the networks, their moments and the losses is the same, and
// another seed makes others.
func TestDeterminism(t *testing.T) {
	c := preset(t, "small")
	c.Size, c.SourceChannels, c.TargetChannels, c.GBlocks, c.GFilters, c.DFilters, c.Batch = 8, 1, 3, 1, 4, 4, 4
	c.TowerFilters, c.TowerUnits = [2]int{4, 4}, 16
	n := networks(t, c)
	d := gputest.Device(t)
	in := model.Inputs{}
	var loaded []*gpu.Program
	for _, build := range []func(model.Inputs, graph.Chooser) (*gpu.Program, error){n.DStep, n.GStep} {
		p, err := build(in, graph.RuleFor(d.Info()))
		if err != nil {
			t.Fatal(err)
		}
		loaded = append(loaded, p)
	}
	s, err := d.Load(loaded...)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func(buffer string, b []byte) {
		t.Helper()
		if err := s.Write(buffer, 0, b); err != nil {
			t.Fatal(err)
		}
	}
	// Numbers of no meaning, the same each time.
	fill := func(words int, scale float32) []byte {
		v := make([]float32, words)
		for i := range v {
			v[i] = scale * float32((i*2654435761)>>8&1023-511) / 511
		}
		return gpu.Bytes(v)
	}
	steps := func(seed uint32) (state []string) {
		for _, store := range n.Stores() {
			write(store.Values(), fill(store.Len(), 0.1))
		}
		for _, store := range n.Trained() {
			write(store.PartsBuffer(), gpu.Bytes(store.Parts()))
			write(store.M(), make([]byte, 4*store.Len()))
			write(store.V(), make([]byte, 4*store.Len()))
		}
		for _, p := range []string{model.DStepProgram, model.GStepProgram} {
			write(p+".source", fill(c.Batch*c.Size*c.Size, 1))
			write(p+".labels", gpu.Bytes([]uint32{1, 2, 3, 4}))
		}
		write("d_step.target", fill(3*c.Batch*c.Size*c.Size, 0.5))
		for i := range uint32(2) {
			for _, p := range []string{model.DStepProgram, model.GStepProgram} {
				write(graph.StepBuffer, gpu.Bytes([]uint32{seed, 0, i, 0, 0x3a83126f, 0, 0, 0})) // a rate of 0.001
				if err := s.Run(p); err != nil {
					t.Fatal(err)
				}
			}
		}
		for name, words := range contents(n) {
			b := make([]byte, 4*words)
			if err := s.Read(name, 0, b); err != nil {
				t.Fatal(err)
			}
			state = append(state, fmt.Sprintf("%s %x", name, b))
		}
		slices.Sort(state)
		return state
	}
	first := steps(1)
	for i, again := range steps(1) {
		if again != first[i] {
			t.Errorf("%.40s… differs", again)
		}
	}
	differ := 0
	for i, other := range steps(2) {
		if other != first[i] {
			differ++
		}
	}
	if differ < len(first)-1 { // but for the flag of health
		t.Errorf("with another seed %d of %d buffers differ", differ, len(first))
	}
}

// contents lists the buffers that outlive a step, with their lengths.
func contents(n *model.Networks) map[string]int {
	m := map[string]int{"d_step.losses": model.LossRows * model.LossColumns,
		"g_step.losses": model.LossRows * model.LossColumns, graph.HealthBuffer: 1}
	for _, s := range n.Stores() {
		m[s.Values()] = s.Len()
	}
	for _, s := range n.Trained() {
		m[s.Grads()], m[s.M()], m[s.V()] = s.Len(), s.Len(), s.Len()
	}
	return m
}
