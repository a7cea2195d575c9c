package trainer

import (
	"maps"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// Trainer is a run in progress on a device.
type Trainer struct {
	*Engine
	Config    recipe.Config
	Data      Data
	Iteration int // iterations done

	scheme  *scheme
	device  *gpu.Device
	kernels func() map[string]string // choices made, nil where nothing was timed
	streams [origins]*stream         // nil where there are no such images
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
func New(d *gpu.Device, c recipe.Config, data Data, o Options) (*Trainer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s, err := schemeOf(c)
	if err != nil {
		return nil, err
	}
	programs, err := s.programs(data, o.Choose)
	if err != nil {
		return nil, err
	}
	e, err := NewEngine(d, s.networks, programs...)
	if err != nil {
		return nil, err
	}
	t := &Trainer{Engine: e, Config: c, Data: data, scheme: s, device: d, flops: s.work(programs)}
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
	seed := t.Config.Seed
	for _, f := range []struct {
		origin origin
		set    *datasets.Set
		seed   uint64
	}{{fromSource, t.Data.Source.Train, seed*2 + 1}, {fromTarget, t.Data.Target.Train, seed*2 + 2}, {fromLabelled, t.Data.Labelled, ^seed}} {
		if f.set == nil {
			continue
		}
		var err error
		if t.streams[f.origin], err = newStream(f.set, f.seed, t.Batch); err != nil {
			return err
		}
	}
	t.losses.reset()
	return t.Initialise(seed, t.scheme.initial)
}

// FLOPs counts the multiplies and adds of one iteration, by the direct algorithms.
func (t *Trainer) FLOPs() float64 { return t.flops }

// Iterate does one iteration: the steps of the method, each as often as it wants. It
// returns while the device may still be at work.
func (t *Trainer) Iterate() error {
	i, total, done := t.Iteration, t.scheme.updates(), 0
	each, fed := t.scheme.batches(), [origins]int{}
	// Every step draws fresh batches and fresh noise; all of them follow from the
	// number of the update, or of the batch, alone.
	for _, s := range t.scheme.steps {
		for j := range s.times {
			for _, f := range s.feeds {
				if err := t.feed(s.program, f, uint64(i*each[f.from]+fed[f.from])); err != nil {
					return err
				}
				fed[f.from]++
			}
			if err := t.update(s.program, i*total+done, i*s.times+j+1); err != nil {
				return err
			}
			done++
		}
	}
	t.Iteration++
	return nil
}

// feed writes batch number n to a step's program, if there are such images.
func (t *Trainer) feed(program string, f feed, n uint64) error {
	s := t.streams[f.from]
	if s == nil {
		return nil
	}
	b := buffers{images: program + "." + f.images}
	if f.truth {
		b.labels = program + "." + f.prefix + "labels"
		if t.LearnsPose() {
			b.poses = program + "." + f.prefix + "poses"
		}
	}
	return s.feed(t.Session, b, n)
}

// update replays a step: number globalStep of all updates, the optimiser's own
// update number own, from 1.
func (t *Trainer) update(program string, globalStep, own int) error {
	err := t.SetStep(Step{
		Seed: t.Config.Seed, Index: uint32(globalStep),
		Rate: t.scheme.rate(globalStep, own), Strength: t.scheme.strength(t.Iteration),
	})
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
