package trainer

import (
	"fmt"
	"image"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// method is all there is to say of a method. Each has a file of its own, which registers it.
type method struct {
	about recipe.Description

	targetLabels  bool   // it trains on the labels of all target images
	sourceTowers  bool   // source images have layers of their own, and so the channels that the source has
	takesNoLabels string // why it cannot take the labels of a few target images; "" where it can

	// lay lays out the networks of a configuration and says how they are trained.
	lay func(c recipe.Config) (*scheme, error)
	// check reports what is wrong with a configuration besides; nil for nothing.
	check func(c recipe.Config) error
}

// methods are those that are registered, by name.
var methods = map[recipe.Method]method{}

// register makes a method known to this package and to configurations.
func register(m method) method {
	m.about.Check = func(c recipe.Config) error {
		if m.takesNoLabels != "" && c.TargetLabelled > 0 {
			return fmt.Errorf("trainer: configuration: target_labelled is %d, but method %s %s", c.TargetLabelled, c.Method, m.takesNoLabels)
		}
		if m.check != nil {
			if err := m.check(c); err != nil {
				return err
			}
		}
		_, err := m.lay(c)
		return err
	}
	recipe.Register(m.about)
	methods[m.about.Name] = m
	return m
}

// schemeOf lays out the networks of a configuration and says how they are trained.
func schemeOf(c recipe.Config) (*scheme, error) {
	m, ok := methods[c.Method]
	if !ok {
		return nil, fmt.Errorf("trainer: configuration: method is %q; want one of %v", c.Method, recipe.Methods())
	}
	return m.lay(c)
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

// adam is the rate and the schedule of Adam with the staircase of the original.
func (s *scheme) adam(c recipe.Model) {
	s.learningRate = func(global int) float64 { return c.LearningRate(global) }
	s.rate = func(global, own int) float64 { return c.AdamRate(c.LearningRate(global), own) }
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
