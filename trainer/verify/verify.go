// Package verify replays training steps that a reference implementation recorded, and measures how
// far a device strays from them.
package verify

import (
	"fmt"
	"math"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/verify"

// floors are the errors that Replay tolerates even if plain float32 happens to be exact: some
// roundings of values of order one, amplified by a step.
var floors = struct{ loss, grad, param, stats, adapted float64 }{1e-5, 1e-4, 1e-3, 1e-5, 1e-4}

// allowance is by what factor the error of plain float32 may be exceeded. GANs amplify rounding
// (Adam makes a full step from the sign of a tiny gradient), so two correct implementations differ
// by more than their roundings.
const allowance = 10

// Check is one measure of a verification.
type Check struct {
	Name      string  `json:"name"`
	Error     float64 `json:"error"`
	Tolerance float64 `json:"tolerance"`
}

// OK reports whether the error is tolerable; NaN is not.
func (c Check) OK() bool { return c.Error <= c.Tolerance }

// Replay replays a trace on a device and measures how far it strays.
func Replay(d *gpu.Device, t *Trace, choose graph.Chooser) ([]Check, error) {
	s, programs, err := t.programs(choose)
	if err != nil {
		return nil, err
	}
	e, err := engine.New(d, s.Networks, programs...)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	r := replay{engine: e, trace: t, scheme: s}
	if err := r.begin(); err != nil {
		return nil, err
	}
	step := r.step
	if t.Method != recipe.PixelDA {
		step = r.stepBaseline
	}
	var checks []Check
	for i := range t.Steps {
		s, err := step(i)
		if err != nil {
			return nil, err
		}
		ref := t.Float32.Steps[i]
		for _, c := range []Check{
			{"loss", s.Loss, allowance*ref.Loss + floors.loss}, {"grad", s.Grad, allowance*ref.Grad + floors.grad},
			{"param", s.Param, allowance*ref.Param + floors.param},
			{"stats", s.Stats, allowance*ref.Stats + floors.stats},
		} {
			c.Name = fmt.Sprintf("step %d %s", i, c.Name)
			checks = append(checks, c)
		}
	}
	inferred, err := r.evaluate()
	return append(checks, inferred...), err
}

// programs builds what a replay needs, with all inputs from the host.
func (t *Trace) programs(choose graph.Chooser) (*engine.Scheme, []*gpu.Program, error) {
	shape, err := t.file.Shape("eval.target")
	if err != nil {
		return nil, nil, err
	}
	if len(shape) != 4 {
		return nil, nil, origin.Errorf("trace %s: tensor eval.target is %v; want images", t.path, shape)
	}
	s, err := engine.SchemeOf(t.recipe())
	if err != nil {
		return nil, nil, err
	}
	in := model.Inputs{HostNoise: true}
	var builders []engine.Builder
	for _, st := range s.Steps {
		builders = append(builders, func() (*gpu.Program, error) { return st.Build(in, choose) })
	}
	if s.Generates {
		builders = append(builders, func() (*gpu.Program, error) { return s.Networks.Adapt(in, shape[0], choose) })
	}
	builders = append(builders, func() (*gpu.Program, error) {
		return s.Classify(model.ClassifyTarget, model.Images{}, shape[0], choose)
	})
	programs, err := engine.Build(builders...)
	return s, programs, err
}

// CountPlans builds the programs of a replay, so that turns knows how many there are.
func (t *Trace) CountPlans(turns *graph.Turns) error {
	_, _, err := t.programs(turns)
	return err
}

// replay compares an engine with a trace, step by step.
type replay struct {
	engine  *engine.Engine
	trace   *Trace
	scheme  *engine.Scheme
	initial map[string][]float32
	updates int // of the global step
}

func (r *replay) begin() error {
	r.initial = map[string][]float32{}
	for _, s := range r.engine.Networks.Stores() {
		err := r.engine.Write(s, s.Values(), func(v *graph.Variable) (x []float32, err error) {
			x, err = r.trace.variable("init", v)
			r.initial[v.Name] = x
			return x, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// feed copies a recorded input to the buffer of a program.
func (r *replay) feed(tensor, buffer string, n int) error {
	x, err := r.trace.floats(tensor, n)
	if err != nil {
		return err
	}
	return r.engine.Session.Write(buffer, 0, gpu.Bytes(x))
}

func (r *replay) feedLabels(tensor, buffer string) error {
	labels, err := r.trace.file.Int32s(tensor)
	if err != nil {
		return err
	}
	if len(labels) != r.trace.Config.Batch {
		return origin.Errorf("trace %s: tensor %s has %d labels; the batch is %d", r.trace.path, tensor,
			len(labels), r.trace.Config.Batch)
	}
	return r.engine.Session.Write(buffer, 0, gpu.Bytes(labels))
}

// run replays one program of iteration i on the recorded inputs.
func (r *replay) run(program, prefix string, i int, target bool) ([model.LossColumns]float32, error) {
	c := r.trace.Config
	pixels := c.Batch * c.Size * c.Size
	err := r.feed(prefix+"_source", program+".source", pixels*c.SourceChannels)
	if err == nil {
		err = r.feedLabels(prefix+"_labels", program+".labels")
	}
	if err == nil && c.NoiseDim > 0 {
		err = r.feed(prefix+"_z", program+".z", c.Batch*c.NoiseDim)
	}
	if err == nil && model.Config(c).LearnsPose() {
		err = r.feed(prefix+"_poses", program+".poses", c.Batch*4)
	}
	if err == nil && target {
		err = r.feed(prefix+"_target", program+".target", pixels*c.TargetChannels)
	}
	if err == nil {
		err = r.engine.SetUpdate(engine.Update{Index: uint32(i), Rate: c.AdamRate(c.LearningRate(r.updates), i+1)})
	}
	r.updates++
	if err == nil {
		err = r.engine.Session.Run(program)
	}
	if err != nil {
		return [model.LossColumns]float32{}, err
	}
	return r.engine.LossRow(program, uint32(i))
}

// step replays iteration i and measures its errors.
func (r *replay) step(i int) (StepStrays, error) {
	prefix := fmt.Sprintf("step%d", i)
	d, err := r.run(model.DStepProgram, prefix+".d", i, true)
	if err != nil {
		return StepStrays{}, err
	}
	g, err := r.run(model.GStepProgram, prefix+".g", i, false)
	if err != nil {
		return StepStrays{}, err
	}
	c := r.trace.Config
	adversarial, task := float64(g[model.GAdversarial]), float64(g[model.GTask])
	losses := map[string]float64{
		"d_loss":      float64(d[model.DLossAdapted]) + float64(d[model.DLossTarget]),
		"task_source": float64(d[model.DTaskSource]), "task_adapted": float64(d[model.DTaskAdapted]),
		"g_adv": adversarial, "g_task": task,
		"g_loss": c.StyleWeight*adversarial + c.TaskInGWeight*task + c.SimilarityWeight*float64(g[model.GSimilarity]),
	}
	if model.Config(c).LearnsPose() {
		losses["pose_source"], losses["pose_adapted"], losses["g_pose"] = float64(d[model.DPoseSource]),
			float64(d[model.DPoseAdapted]), float64(g[model.GPose])
		losses["g_loss"] += c.TaskInGWeight * c.PoseAdaptedWeight * losses["g_pose"]
	}
	return r.strays(prefix, losses)
}

// strays compares losses, and everything that a step leaves behind, with the recording.
func (r *replay) strays(prefix string, losses map[string]float64) (s StepStrays, err error) {
	for name, got := range losses {
		want, err := r.trace.scalar(prefix + "." + name)
		if err != nil {
			return s, err
		}
		s.Loss = worst(s.Loss, math.Abs(got-want)/math.Abs(want))
	}
	grad, param, stats := &distance{}, &distance{}, &distance{}
	for _, store := range r.engine.Networks.Trained() {
		if err := r.compare(store, store.Grads(), prefix+".grad", grad, nil); err != nil {
			return s, err
		}
		if err := r.compare(store, store.Values(), prefix+".after", param, r.initial); err != nil {
			return s, err
		}
	}
	for _, store := range r.engine.Networks.Stores()[len(r.engine.Networks.Trained()):] {
		if err := r.compare(store, store.Values(), prefix+".after", stats, nil); err != nil {
			return s, err
		}
	}
	s.Grad, s.Param, s.Stats = grad.relative(), param.relative(), stats.relative()
	return s, nil
}

// compare adds the difference between a store's array and the recorded one to a distance; norms are
// relative to from, if given.
func (r *replay) compare(s *graph.Store, buffer, prefix string, d *distance, from map[string][]float32) error {
	got, err := r.engine.Read(s, buffer)
	if err != nil {
		return err
	}
	for _, v := range s.Variables() {
		want, err := r.trace.variable(prefix, v)
		if err != nil {
			return err
		}
		d.add(got[v.Name], want, from[v.Name])
	}
	return nil
}

// distance is the norm of an error relative to the norm of the true value.
type distance struct{ err, norm float64 }

func (d *distance) add(got, want, from []float32) {
	for i, w := range want {
		e, n := float64(got[i])-float64(w), float64(w)
		if from != nil {
			n -= float64(from[i])
		}
		d.err += e * e
		d.norm += n * n
	}
}

func (d *distance) relative() float64 {
	if d.norm == 0 {
		return math.Sqrt(d.err)
	}
	return math.Sqrt(d.err / d.norm)
}

// worst is the larger of two errors; NaN is the worst of all.
func worst(a, b float64) float64 { return math.Max(a, b) }

// evaluate compares the networks in inference: the largest error of the adapted
// images, of the target's logits relative to their size, and of its quaternions.
func (r *replay) evaluate() ([]Check, error) {
	c := r.trace.Config
	for _, f := range []struct {
		tensor, buffer string
	}{{"eval.source", "adapt.source"}, {"eval.z", "adapt.z"}, {"eval.target", model.ClassifyTarget + ".images"}} {
		if f.tensor != "eval.target" && !r.scheme.Generates || f.tensor == "eval.z" && c.NoiseDim == 0 {
			continue
		}
		x, err := r.trace.file.Float32s(f.tensor)
		if err != nil {
			return nil, err
		}
		if err := r.engine.Session.Write(f.buffer, 0, gpu.Bytes(x)); err != nil {
			return nil, err
		}
	}
	type result struct{ name, buffer, tensor string }
	results := []result{{"target logits", model.ClassifyTarget + ".logits", "eval.target_logits"}}
	programs := []string{model.ClassifyTarget}
	if r.scheme.Generates {
		results = append([]result{{"adapted images", "adapt.images", "eval.adapted"}}, results...)
		programs = append(programs, model.AdaptProgram)
	}
	for _, program := range programs {
		if err := r.engine.Session.Run(program); err != nil {
			return nil, err
		}
	}
	if model.Config(c).LearnsPose() {
		results = append(results, result{"target quaternions", model.ClassifyTarget + ".quaternions",
			"eval.target_quaternions"})
	}
	var checks []Check
	for _, result := range results {
		want, err := r.trace.file.Float32s(result.tensor)
		if err != nil {
			return nil, err
		}
		got := make([]float32, len(want))
		if err := r.engine.Session.Read(result.buffer, 0, gpu.Bytes(got)); err != nil {
			return nil, err
		}
		worstError, size := 0.0, 1.0
		for i := range want {
			worstError = worst(worstError, math.Abs(float64(got[i])-float64(want[i])))
			size = math.Max(size, math.Abs(float64(want[i])))
		}
		checks = append(checks, Check{result.name, worstError / size,
			allowance*r.trace.Float32.Adapted + floors.adapted})
	}
	return checks, nil
}
