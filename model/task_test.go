package model_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// posed is a configuration of RGB-D images with orientations and little to do.
// Nothing is random in its steps.
func posed(t testing.TB) model.Config {
	c := preset(t, "linemod-small")
	c.Size, c.Classes, c.NoiseDim, c.GBlocks, c.GFilters, c.DFilters, c.Batch = 8, 3, 0, 0, 3, 3, 2
	c.TowerFilters, c.TowerUnits, c.TowerKeep, c.NoiseStd, c.DropoutKeep = [2]int{4, 8}, 48, 1, 0, 1
	return c
}

// rig is networks on a device, with variables and inputs drawn from a seed.
type rig struct {
	*model.Networks
	t       *testing.T
	session *gpu.Session
}

func newRig(t *testing.T, c model.Config, in model.Inputs) rig {
	t.Helper()
	d, n := gputest.Device(t), networks(t, c)
	s, err := d.Load(programs(t, n, in, graph.RuleFor(d.Info()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := rig{n, t, s}
	random := rand.New(rand.NewPCG(3, 4))
	draw := func(count int, std float64) []float32 {
		v := make([]float32, count)
		for i := range v {
			v[i] = float32(std * random.NormFloat64())
		}
		return v
	}
	for _, store := range n.Stores() {
		for _, v := range store.Variables() {
			std := 0.1
			if len(v.Dims) > 1 {
				std = math.Pow(float64(v.Len()/v.Dims[0]), -0.5)
			}
			r.write(v.Buffer(), 4*v.Offset, gpu.Bytes(draw(v.Len(), std)))
		}
	}
	for _, store := range n.Trained() {
		r.write(store.PartsBuffer(), 0, gpu.Bytes(store.Parts()))
	}
	pixels := c.Batch * c.Size * c.Size
	labels, poses := make([]uint32, c.Batch), draw(4*c.Batch, 1)
	for i := range labels {
		labels[i] = uint32(i % c.Classes)
		unit(poses[4*i : 4*i+4])
	}
	for _, step := range []string{"d_step.", "g_step.", "supervised_step.", "d_step.labelled_",
		"supervised_step.labelled_"} {
		r.offer(step+"labels", gpu.Bytes(labels))
		r.offer(step+"poses", gpu.Bytes(poses))
	}
	for _, buffer := range []string{"d_step.source", "g_step.source", "adapt.source"} { // the same images
		source := rand.New(rand.NewPCG(5, 6))
		v := make([]float32, pixels*c.SourceChannels)
		for i := range v {
			v[i] = float32(source.Float64()*3 - 1.5) // some of it far
		}
		r.offer(buffer, gpu.Bytes(v))
	}
	target := draw(pixels*c.TargetChannels, 0.5)
	for _, buffer := range []string{"d_step.target", "d_step.labelled_target", "supervised_step.source",
		"supervised_step.labelled_target"} {
		r.offer(buffer, gpu.Bytes(target))
	}
	return r
}

func unit(q []float32) {
	var square float64
	for _, v := range q {
		square += float64(v) * float64(v)
	}
	for i := range q {
		q[i] /= float32(math.Sqrt(square))
	}
}

func (r rig) write(buffer string, at int, b []byte) {
	r.t.Helper()
	if err := r.session.Write(buffer, uint64(at), b); err != nil {
		r.t.Fatal(err)
	}
}

// offer writes a buffer that only some configurations have.
func (r rig) offer(buffer string, b []byte) {
	r.t.Helper()
	if err := r.session.Write(buffer, 0, b); err != nil && !strings.Contains(err.Error(), "no buffer") {
		r.t.Fatal(err)
	}
}

func (r rig) read(buffer string, count int) []float32 {
	r.t.Helper()
	v := make([]float32, count)
	if err := r.session.Read(buffer, 0, gpu.Bytes(v)); err != nil {
		r.t.Fatal(err)
	}
	return v
}

// run replays a program without changing variables: at a rate of 0.
func (r rig) run(program string, seed, index uint32) {
	r.t.Helper()
	r.write(graph.StepBuffer, 0, gpu.Bytes([]uint32{seed, 0, index, 0, 0, 0, 0, 0}))
	if err := r.session.Run(program); err != nil {
		r.t.Fatal(err)
	}
}

// gradients are those that a step leaves, by variable.
func (r rig) gradients(step string, stores ...*graph.Store) map[string][]float32 {
	r.t.Helper()
	for _, s := range stores { // a step leaves out what its losses do not depend on
		r.write(s.Grads(), 0, make([]byte, 4*s.Len()))
	}
	r.run(step, 1, 0)
	m := map[string][]float32{}
	for _, s := range stores {
		flat := r.read(s.Grads(), s.Len())
		for _, v := range s.Variables() {
			m[v.Name] = flat[v.Offset : v.Offset+v.Len()]
		}
	}
	return m
}

// values are variables by name.
func (r rig) values(s *graph.Store) map[string][]float32 {
	m, flat := map[string][]float32{}, r.read(s.Values(), s.Len())
	for _, v := range s.Variables() {
		m[v.Name] = flat[v.Offset : v.Offset+v.Len()]
	}
	return m
}

// same compares gradients with what they should be, up to the rounding of sums of
// some hundred terms relative to the largest.
func same(t *testing.T, what string, got []float32, want func(i int) float64) {
	t.Helper()
	size := 1e-3
	for i := range got {
		size = max(size, math.Abs(want(i)))
	}
	for i, g := range got {
		if !(math.Abs(float64(g)-want(i)) <= 1e-5*size) {
			t.Errorf("%s: [%d] is %g, want %g", what, i, g, want(i))
			return
		}
	}
}

// Labelled target images add the gradients of the supervised step to the task
// tower's, and leave the discriminator's alone.
func TestLabelledTarget(t *testing.T) {
	for _, tower := range []model.TaskTower{model.MNISTTower, model.PoseMini, model.Doubling} {
		c := posed(t)
		c.TaskTower, c.TaskAdaptedWeight, c.PoseAdaptedWeight = tower, 1, 0.3
		without := newRig(t, c, model.Inputs{})
		base := without.gradients(model.DStepProgram, without.Discriminator, without.Task)
		extra := without.gradients(model.SupervisedStepProgram, without.Task)
		both := newRig(t, c, model.Inputs{Labelled: true})
		for name, got := range both.gradients(model.DStepProgram, both.Discriminator, both.Task) {
			same(t, fmt.Sprint(tower, " ", name), got, func(i int) float64 {
				if extra[name] == nil {
					return float64(base[name][i])
				}
				return float64(base[name][i]) + float64(extra[name][i])
			})
		}
		for name, got := range both.gradients(model.SupervisedStepProgram, both.Task) {
			same(t, fmt.Sprint(tower, " supervised ", name), got, func(i int) float64 {
				return 2 * float64(extra[name][i])
			})
		}
		rows := both.read(model.DStepProgram+".losses", model.LossColumns)
		want := without.read(model.SupervisedStepProgram+".losses", model.LossColumns)
		if rows[model.DTaskTarget] != want[model.SupervisedLoss] ||
			rows[model.DCorrectTarget] != want[model.SupervisedCorrect] ||
			rows[model.DPoseTarget] != want[model.SupervisedPose] {
			t.Errorf("%s: losses %v of labelled images, %v of the same in the supervised step", tower, rows, want)
		}
	}
}

// Weight decay adds its share of every weight, and of no bias.
func TestWeightDecay(t *testing.T) {
	c := posed(t)
	plain := newRig(t, c, model.Inputs{})
	c.WeightDecay = 0.01
	decayed := newRig(t, c, model.Inputs{})
	for step, stores := range map[string][]*graph.Store{
		model.DStepProgram: {plain.Discriminator, plain.Task}, model.GStepProgram: {plain.Generator},
		model.SupervisedStepProgram: {plain.Task},
	} {
		want, got := plain.gradients(step, stores...), decayed.gradients(step, stores...)
		for _, s := range stores {
			values := plain.values(s)
			for name, g := range got {
				if values[name] == nil {
					continue
				}
				same(t, step+" "+name, g, func(i int) float64 {
					if strings.HasSuffix(name, ".weight") {
						return float64(want[name][i]) + 0.01*float64(values[name][i])
					}
					return float64(want[name][i])
				})
			}
		}
	}
}

// Each similarity by its formula, in float64, of the images that the generator
// draws: without batch normalisation it draws them alike in a step and after.
func TestSimilarities(t *testing.T) {
	c := posed(t)
	c.SimilarityWeight, c.SimilarityMargin = 1, 0.3
	for similarity, want := range map[model.Similarity]func(d []float64, k int) float64{
		model.PairwiseCode:  func(d []float64, k int) float64 { return 2 * pairwise(d, k) },
		model.PairwisePaper: func(d []float64, k int) float64 { return pairwise(d, k) / float64(len(d)/k) },
		model.MaskedCode:    func(d []float64, k int) float64 { return 2 * pairwise(d, k) },
		model.MaskedPaper:   func(d []float64, k int) float64 { return pairwise(d, k) / float64(len(d)/k) },
		model.MeanSquared: func(d []float64, k int) float64 {
			return mean(d, func(d float64) float64 { return d * d })
		},
		model.HingedSquared: func(d []float64, k int) float64 {
			return mean(d, func(d float64) float64 { return max(0, d*d-0.3) })
		},
		model.HingedAbsolute: func(d []float64, k int) float64 {
			return mean(d, func(d float64) float64 { return max(0, math.Abs(d)-0.3) })
		},
	} {
		c.Similarity = similarity
		r := newRig(t, c, model.Inputs{})
		r.run(model.AdaptProgram, 1, 0)
		r.run(model.GStepProgram, 1, 0)
		k := 4 * c.Size * c.Size
		fake, source := r.read("adapt.images", c.Batch*k), r.read("adapt.source", c.Batch*k)
		d := make([]float64, len(fake))
		far := 0
		for i := range d {
			d[i] = float64(fake[i]) - float64(source[i])
			if depth := source[i/k*k+3*k/4+i%(k/4)]; strings.HasPrefix(similarity, "masked") && depth >= 0.99 {
				d[i] = 0
				far++
			}
		}
		if masked := strings.HasPrefix(similarity, "masked"); masked && (far == 0 || far == len(d)) {
			t.Fatalf("%d of %d elements are far", far, len(d))
		}
		got := float64(r.read(model.GStepProgram+".losses", model.LossColumns)[model.GSimilarity])
		if w := want(d, k); !(math.Abs(got-w) <= 1e-5*w) { // sums of 256 float32 terms
			t.Errorf("%s is %g, want %g", similarity, got, w)
		}
	}
}

// pairwise is Σ over the images of Σd²/k − (Σd)²/k².
func pairwise(d []float64, k int) (loss float64) {
	for ; len(d) > 0; d = d[k:] {
		m := mean(d[:k], func(d float64) float64 { return d })
		loss += mean(d[:k], func(d float64) float64 { return d * d }) - m*m
	}
	return loss
}

func mean(d []float64, f func(float64) float64) (sum float64) {
	for _, v := range d {
		sum += f(v) / float64(len(d))
	}
	return sum
}

// TestTowerDropout looks at the masks of the last hidden layer: with hidden
// values of 1 and logits of 0, the gradients of the class weights are them.
func TestTowerDropout(t *testing.T) {
	c := posed(t)
	c.Batch, c.TowerUnits = 1, 400
	mask := func(r rig, step string, seed, index uint32) (kept []bool) {
		t.Helper()
		for _, v := range r.Task.Variables() {
			value := make([]float32, v.Len())
			if v.Name == "task.shared.fc1.bias" || v.Name == "task.shared.quaternion.bias" {
				for i := range value {
					value[i] = 1
				}
			}
			r.write(v.Buffer(), 4*v.Offset, gpu.Bytes(value))
		}
		r.run(step, seed, index)
		grads := map[string][]float32{}
		flat := r.read(r.Task.Grads(), r.Task.Len())
		for _, v := range r.Task.Variables() {
			grads[v.Name] = flat[v.Offset : v.Offset+v.Len()]
		}
		class, pose, bias := grads["task.shared.class.weight"], grads["task.shared.quaternion.weight"],
			grads["task.shared.class.bias"]
		for j := range c.TowerUnits {
			scale := float64(class[j] / bias[0])
			kept = append(kept, scale != 0)
			if want := map[bool]float64{false: 0, true: 1 / c.TowerKeep}[scale != 0]; math.Abs(scale-want) > 1e-6 {
				t.Fatalf("unit %d is scaled by %g, want %g", j, scale, want)
			}
			if (pose[j] != 0) != (scale != 0) {
				t.Fatalf("unit %d: the heads see different masks", j)
			}
		}
		return kept
	}
	count := func(kept []bool) (n int) {
		for _, k := range kept {
			if k {
				n++
			}
		}
		return n
	}
	all := newRig(t, c, model.Inputs{})
	if kept := mask(all, model.SupervisedStepProgram, 1, 0); count(kept) != c.TowerUnits {
		t.Errorf("without dropout %d of %d units are kept", count(kept), c.TowerUnits)
	}
	for _, keep := range []float64{0.5, 0.8} {
		c.TowerKeep = keep
		r := newRig(t, c, model.Inputs{})
		first := mask(r, model.SupervisedStepProgram, 1, 0)
		// Five standard deviations of the binomial distribution.
		n := float64(c.TowerUnits)
		if got := float64(count(first)); math.Abs(got-keep*n) > 5*math.Sqrt(n*keep*(1-keep)) {
			t.Errorf("%g of %g units are kept, want a share of %g", got, n, keep)
		}
		if !slices.Equal(first, mask(r, model.SupervisedStepProgram, 1, 0)) {
			t.Error("the same step drops other units the second time")
		}
		if slices.Equal(first, mask(r, model.SupervisedStepProgram, 2, 0)) ||
			slices.Equal(first, mask(r, model.SupervisedStepProgram, 1, 1)) {
			t.Error("another seed or step drops the same units")
		}
	}

	// In the D step each batch has a mask of its own.
	masks := map[string][]bool{}
	for name, change := range map[string]func(*model.Config){
		"source":  func(c *model.Config) { c.TaskAdaptedWeight, c.PoseAdaptedWeight = 0, 0 },
		"adapted": func(c *model.Config) { c.TaskSourceWeight, c.PoseSourceWeight = 0, 0 },
	} {
		c := c
		change(&c)
		masks[name] = mask(newRig(t, c, model.Inputs{}), model.DStepProgram, 1, 0)
	}
	if slices.Equal(masks["source"], masks["adapted"]) {
		t.Error("source and adapted images share a mask")
	}

	// The G step drops units as well, evaluation none.
	r := newRig(t, c, model.Inputs{})
	loss := map[float32]bool{}
	logits := map[string]bool{}
	for seed := range uint32(4) {
		r.run(model.GStepProgram, seed, 0)
		loss[r.read(model.GStepProgram+".losses", model.LossColumns)[model.GTask]] = true
		r.run(model.AdaptProgram, seed, 0)
		logits[fmt.Sprint(r.read("adapt.logits", c.Classes))] = true
	}
	if len(loss) != 4 || len(logits) != 1 {
		t.Errorf("with four seeds the G step has %d losses and evaluation %v", len(loss),
			slices.Collect(maps.Keys(logits)))
	}
}
