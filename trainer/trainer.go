package trainer

import (
	"maps"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// Trainer is a run in progress on a device.
type Trainer struct {
	*Engine
	Config    Config
	Data      Data
	Iteration int // iterations done

	device  *gpu.Device
	kernels func() map[string]string // choices made, nil where nothing was timed
	source  *stream
	target  *stream
	labels  *stream // of target images whose labels are used; nil without
	losses  lossLog
	flops   float64
	images  string // their fingerprint, once State has taken it

	neighbours *datasets.Set // target images of the model's size, once samples were compared with them
}

// Options says how a Trainer computes, apart from what it computes.
type Options struct {
	Choose graph.Chooser
}

// New builds the programs of a configuration, loads them and gives the variables
// their initial values.
func New(d *gpu.Device, c Config, data Data, o Options) (*Trainer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n, err := model.NewNetworks(c.Model)
	if err != nil {
		return nil, err
	}
	programs, err := c.programs(n, data, o.Choose)
	if err != nil {
		return nil, err
	}
	e, err := NewEngine(d, n, programs...)
	if err != nil {
		return nil, err
	}
	t := &Trainer{Engine: e, Config: c, Data: data, device: d, flops: c.work(programs)}
	if tuner, ok := o.Choose.(*graph.Tuner); ok {
		t.kernels = tuner.Choices
	}
	if err := t.begin(); err != nil {
		e.Close()
		return nil, err
	}
	return t, nil
}

func (t *Trainer) begin() error {
	// Streams with seeds of their own: source and target are not paired.
	var err error
	if t.source, err = newStream(t.Data.Source.Train, t.Config.Seed*2+1, t.Batch); err != nil {
		return err
	}
	if t.target, err = newStream(t.Data.Target.Train, t.Config.Seed*2+2, t.Batch); err != nil {
		return err
	}
	if t.Data.Labelled != nil {
		if t.labels, err = newStream(t.Data.Labelled, ^t.Config.Seed, t.Batch); err != nil {
			return err
		}
	}
	t.losses.reset()
	return t.Initialise(t.Config.Seed, t.Config.Method != PixelDA)
}

// builder makes one program.
type builder func() (*gpu.Program, error)

// programs lists what training by a method runs.
func (c Config) programs(n *model.Networks, data Data, choose graph.Chooser) ([]*gpu.Program, error) {
	in := model.Inputs{Source: form(data.Source.Train), Target: form(data.Target.Train), Labelled: data.Labelled != nil}
	var steps []*gpu.Program
	var err error
	switch c.Method {
	case PixelDA:
		steps, err = build(
			func() (*gpu.Program, error) { return n.DStep(in, choose) },
			func() (*gpu.Program, error) { return n.GStep(in, choose) })
	case SourceOnly:
		steps, err = build(func() (*gpu.Program, error) { return n.SupervisedStep(in, choose) })
	case TargetOnly:
		in.Source = in.Target
		steps, err = build(func() (*gpu.Program, error) { return n.SupervisedStep(in, choose) })
	}
	if err != nil {
		return nil, err
	}
	evaluations, err := c.evaluations(n, data, choose)
	return append(steps, evaluations...), err
}

// evaluations lists what measuring a method's networks runs. The batch is that of
// training, so that the kernels are the same.
func (c Config) evaluations(n *model.Networks, data Data, choose graph.Chooser) ([]*gpu.Program, error) {
	source, target := form(data.Source.Train), form(data.Target.Train)
	builders := []builder{func() (*gpu.Program, error) { return n.Classify(model.ClassifyTarget, target, n.Batch, choose) }}
	if c.Method == PixelDA {
		builders = append(builders,
			func() (*gpu.Program, error) {
				return n.Adapt(model.Inputs{Source: source, HostNoise: true}, n.Batch, choose)
			},
			func() (*gpu.Program, error) { return n.Classify(model.ClassifySource, source, n.Batch, choose) })
	}
	return build(builders...)
}

func build(builders ...builder) ([]*gpu.Program, error) {
	var programs []*gpu.Program
	for _, b := range builders {
		p, err := b()
		if err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// FLOPs counts the multiplies and adds of one iteration, by the direct algorithms.
func (t *Trainer) FLOPs() float64 { return t.flops }

// work adds up the dispatches of an iteration's steps.
func (c Config) work(programs []*gpu.Program) float64 {
	times := map[string]int{model.DStepProgram: c.Model.DSteps, model.GStepProgram: c.Model.GSteps, model.SupervisedStepProgram: 1}
	sum := 0.0
	for _, p := range programs {
		for _, d := range p.Dispatches {
			sum += float64(times[p.Name]) * d.FLOPs
		}
	}
	return sum
}

// Iterate does one iteration: the D steps, then the G steps, or one step of a
// baseline. It returns while the device may still be at work.
func (t *Trainer) Iterate() error {
	c, i := t.Config.Model, t.Iteration
	if t.Config.Method != PixelDA {
		s := t.source
		if t.Config.Method == TargetOnly {
			s = t.target
		}
		if err := t.feed(s, "supervised_step.", "source", uint64(i)); err != nil {
			return err
		}
		if err := t.feedLabelled("supervised_step.", uint64(i)); err != nil {
			return err
		}
		if err := t.update(model.SupervisedStepProgram, i, i+1); err != nil {
			return err
		}
		t.Iteration++
		return nil
	}
	// Every step draws a fresh batch and fresh noise; both streams and the random
	// numbers follow from the number of the update alone.
	steps := c.DSteps + c.GSteps
	for j := range c.DSteps {
		if err := t.feed(t.source, "d_step.", "source", uint64(i*steps+j)); err != nil {
			return err
		}
		if err := t.target.feed(t.Session, buffers{images: "d_step.target"}, uint64(i*c.DSteps+j)); err != nil {
			return err
		}
		if err := t.feedLabelled("d_step.", uint64(i*c.DSteps+j)); err != nil {
			return err
		}
		if err := t.update(model.DStepProgram, i*steps+j, i*c.DSteps+j+1); err != nil {
			return err
		}
	}
	for j := range c.GSteps {
		if err := t.feed(t.source, "g_step.", "source", uint64(i*steps+c.DSteps+j)); err != nil {
			return err
		}
		if err := t.update(model.GStepProgram, i*steps+c.DSteps+j, i*c.GSteps+j+1); err != nil {
			return err
		}
	}
	t.Iteration++
	return nil
}

// feed writes a batch, number step, with its labels and, where the model learns them,
// its poses to buffers whose names begin with prefix.
func (t *Trainer) feed(s *stream, prefix, images string, step uint64) error {
	b := buffers{images: prefix + images, labels: prefix + "labels"}
	if t.LearnsPose() {
		b.poses = prefix + "poses"
	}
	return s.feed(t.Session, b, step)
}

// feedLabelled writes a batch of target images with labels, if their labels are used.
func (t *Trainer) feedLabelled(prefix string, step uint64) error {
	if t.labels == nil {
		return nil
	}
	return t.feed(t.labels, prefix+"labelled_", "target", step)
}

// update replays a step: number globalStep of all updates, the optimiser's own
// update number adamStep, from 1.
func (t *Trainer) update(program string, globalStep, adamStep int) error {
	c := t.Config.Model
	err := t.SetStep(Step{Seed: t.Config.Seed, Index: uint32(globalStep), Rate: adamRate(c, LearningRate(c, globalStep), adamStep)})
	if err != nil {
		return err
	}
	if err := t.Session.Run(program); err != nil {
		return err
	}
	return t.losses.note(t.Session, program, globalStep)
}

// State is what a checkpoint of the present moment states.
func (t *Trainer) State() State {
	if t.images == "" {
		t.images = t.Data.Fingerprint() // hashes every image: once a run, not once a checkpoint
	}
	st := State{Config: t.Config, Iteration: t.Iteration, Data: t.images, Adapter: t.device.Info().Key()}
	if t.kernels != nil {
		st.Kernels = maps.Clone(t.kernels())
	}
	return st
}

// stream feeds batches of one set.
type stream struct {
	set     *datasets.Set
	sampler datasets.Sampler
	indices []int
	images  []byte
	labels  []uint32
	poses   []datasets.Pose
}

// buffers names the buffers of a batch; what is not named stays away.
type buffers struct{ images, labels, poses string }

func newStream(set *datasets.Set, seed uint64, batch int) (*stream, error) {
	sampler, err := datasets.NewSampler(set.Len(), seed)
	if err != nil {
		return nil, err
	}
	return &stream{set, sampler, make([]int, batch), make([]byte, form(set).Bytes(batch)), make([]uint32, batch), make([]datasets.Pose, batch)}, nil
}

// feed writes batch number step to the device.
func (s *stream) feed(session *gpu.Session, to buffers, step uint64) error {
	s.sampler.Fill(s.indices, step)
	s.set.Gather(s.images, s.indices)
	err := session.Write(to.images, 0, s.images)
	if err == nil && to.labels != "" {
		s.set.GatherLabels(s.labels, s.indices)
		err = session.Write(to.labels, 0, gpu.Bytes(s.labels))
	}
	if err == nil && to.poses != "" {
		s.set.GatherPoses(s.poses, s.indices)
		flat := make([]float32, 0, 4*len(s.poses))
		for _, pose := range s.poses {
			flat = append(flat, pose[:]...)
		}
		err = session.Write(to.poses, 0, gpu.Bytes(flat))
	}
	return err
}

// rate measures iterations a second over the last while.
type rate struct {
	at   time.Time
	from int
}

func (r *rate) since(iteration int) float64 {
	elapsed := time.Since(r.at).Seconds()
	if r.at.IsZero() || elapsed <= 0 {
		return 0
	}
	return float64(iteration-r.from) / elapsed
}

func (r *rate) restart(iteration int) { r.at, r.from = time.Now(), iteration }
