package trainer

import (
	"fmt"
	"image"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// Method names what is trained.
type Method string

// The methods: PixelDA, two baselines that train its task tower alone, on source or on
// target labels, and four that adapt in other ways (model.Adaptation).
const (
	PixelDA    Method = "pixelda"
	SourceOnly Method = "source-only"
	TargetOnly Method = "target-only"
	DANN       Method = "dann"
	MMD        Method = "mmd"
	DSN        Method = "dsn"
	CoGAN      Method = "cogan"
)

// Methods lists the methods, in an order for reading.
func Methods() []Method { return []Method{PixelDA, SourceOnly, TargetOnly, DANN, MMD, DSN, CoGAN} }

// defaults sets what a method's sources state: settings of the model and the
// adaptation. It is nil for methods that keep the preset's.
func (m Method) defaults() func(c *model.Config) model.Adaptation {
	return map[Method]func(c *model.Config) model.Adaptation{
		DANN: model.DANNDefaults, MMD: model.MMDDefaults, DSN: model.DSNDefaults, CoGAN: model.CoGANDefaults,
	}[m]
}

// Adapts reports whether a method adapts by means of its own: it has an adaptation.
func (m Method) Adapts() bool { return m.defaults() != nil }

// WithMethod is the configuration with another method and the settings that its
// sources state. With the method that it has it stays as it is.
func (c Config) WithMethod(m Method) Config {
	if m == c.Method {
		return c
	}
	c.Method, c.Adaptation = m, model.Adaptation{}
	if set := m.defaults(); set != nil {
		c.Adaptation = set(&c.Model)
	}
	return c
}

// scheme is what a method is to the trainer.
type scheme struct {
	networks *model.Networks
	initial  Initial
	steps    []step // of an iteration, in order

	// Of update number global of all, own of its step from 1.
	rate         func(global, own int) float64
	learningRate func(global int) float64    // without the optimiser's correction, for people
	strength     func(iteration int) float64 // of what adapts a baseline
	note         func(n note)                // completes a record by losses
	classify     func(name string, f model.Images, batch int, choose graph.Chooser) (*gpu.Program, error)
	generates    bool                                  // redraws source images and classifies them
	more         func(choose graph.Chooser) []builder  // further programs, to draw by
	draw         func(t *Trainer) (image.Image, error) // samples; nil for none
}

// step is a program that an iteration replays.
type step struct {
	program string
	times   int
	build   func(in model.Inputs, choose graph.Chooser) (*gpu.Program, error)
	feeds   []feed
}

// feed is a batch that a program reads.
type feed struct {
	from   origin
	images string // the name of the buffer behind the program's
	truth  bool   // with labels, and poses where they are learned
	prefix string // of the names of their buffers
}

// origin is where a batch comes from.
type origin int

// The origins.
const (
	fromSource origin = iota
	fromTarget
	fromLabelled // target images whose labels are used
	origins
)

// What programs read.
var (
	sourceFeed   = feed{from: fromSource, images: "source", truth: true}
	targetFeed   = feed{from: fromTarget, images: "target"}
	labelledFeed = feed{from: fromLabelled, images: "labelled_target", truth: true, prefix: "labelled_"}
)

// scheme makes the method's networks and says how they are trained.
func (c Config) scheme() (*scheme, error) {
	switch c.Method {
	case PixelDA:
		return c.pixelda()
	case SourceOnly:
		return c.supervised(sourceFeed)
	case TargetOnly:
		return c.supervised(feed{from: fromTarget, images: "source", truth: true})
	case DANN, MMD, DSN:
		return c.alignment()
	case CoGAN:
		return c.cogan()
	}
	return nil, fmt.Errorf("trainer: configuration: method is %q; want one of %v", c.Method, Methods())
}

// adam is the rate and the schedule of Adam with the staircase of the original.
func (s *scheme) adam(c model.Config) {
	s.learningRate = func(global int) float64 { return LearningRate(c, global) }
	s.rate = func(global, own int) float64 { return adamRate(c, LearningRate(c, global), own) }
	s.strength = func(int) float64 { return 0 }
}

// updates counts the updates of an iteration.
func (s *scheme) updates() (n int) {
	for _, st := range s.steps {
		n += st.times
	}
	return n
}

// batches counts the batches that an iteration takes of each origin.
func (s *scheme) batches() (n [origins]int) {
	for _, st := range s.steps {
		for _, f := range st.feeds {
			n[f.from] += st.times
		}
	}
	return n
}

// builder makes one program.
type builder func() (*gpu.Program, error)

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

// programs lists what training runs.
func (s *scheme) programs(data Data, choose graph.Chooser) ([]*gpu.Program, error) {
	var builders []builder
	for _, st := range s.steps {
		in := model.Inputs{Source: form(data.Source.Train), Target: form(data.Target.Train), Labelled: data.Labelled != nil}
		// The images that a step calls its source may be the target's.
		if slices.ContainsFunc(st.feeds, func(f feed) bool { return f.from == fromTarget && f.images == "source" }) {
			in.Source = in.Target
		}
		builders = append(builders, func() (*gpu.Program, error) { return st.build(in, choose) })
	}
	steps, err := build(builders...)
	if err != nil {
		return nil, err
	}
	evaluations, err := s.evaluations(data, choose)
	return append(steps, evaluations...), err
}

// evaluations lists what measuring the networks runs. The batch is that of training,
// so that the kernels are the same.
func (s *scheme) evaluations(data Data, choose graph.Chooser) ([]*gpu.Program, error) {
	n := s.networks
	source, target := form(data.Source.Train), form(data.Target.Train)
	builders := []builder{func() (*gpu.Program, error) { return s.classify(model.ClassifyTarget, target, n.Batch, choose) }}
	if s.generates {
		builders = append(builders,
			func() (*gpu.Program, error) {
				return n.Adapt(model.Inputs{Source: source, HostNoise: true}, n.Batch, choose)
			},
			func() (*gpu.Program, error) { return s.classify(model.ClassifySource, source, n.Batch, choose) })
	}
	if s.more != nil {
		builders = append(builders, s.more(choose)...)
	}
	return build(builders...)
}

// work adds up the dispatches of an iteration's steps.
func (s *scheme) work(programs []*gpu.Program) float64 {
	times := map[string]int{}
	for _, st := range s.steps {
		times[st.program] = st.times
	}
	sum := 0.0
	for _, p := range programs {
		for _, d := range p.Dispatches {
			sum += float64(times[p.Name]) * d.FLOPs
		}
	}
	return sum
}

// note is a record to be completed by the mean rows of losses, by program.
type note struct {
	*TrainRecord
	rows     map[string][model.LossColumns]float64
	batch    int
	poses    bool // are learned
	labelled bool // target images are trained on
}

// task records the losses of a classification: class, count of right ones,
// orientation; those of which images is what the names say.
func (n note) task(row [model.LossColumns]float64, name, images string, class, correct, pose int) {
	n.Loss["task"+name] = row[class]
	if n.poses {
		n.Loss["pose"+name] = row[pose]
	}
	n.Correct[images] = row[correct] / float64(n.batch)
}
