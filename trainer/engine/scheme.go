package engine

import (
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// SchemeOf lays out the networks of a configuration and says how they are trained.
func SchemeOf(c recipe.Config) (*Scheme, error) {
	m, ok := methods[c.Method]
	if !ok {
		return nil, origin.Errorf("configuration: method is %q; want one of %v", c.Method, recipe.Methods())
	}
	return m.lay(c)
}

// Scheme is how a method trains: its networks, what an iteration replays, and what is reported.
type Scheme struct {
	Networks *model.Networks
	Initial  Initial
	Steps    []Step // of an iteration, in order

	// The learning rate of an update: number global of all updates, own of its step, from 1.
	Rate         func(global, own int) float64
	LearningRate func(global int) float64    // without the optimiser's correction, for people
	Strength     func(iteration int) float64 // of a baseline's adaptation
	Record       func(n *Note)               // names the losses of an interval

	Classify  func(name string, f model.Images, batch int, choose graph.Chooser) (*gpu.Program, error)
	Generates bool                                 // redraws source images and classifies them
	more      func(choose graph.Chooser) []Builder // further programs, to draw by
	draw      func(t *Trainer) (Samples, error)    // nil for a method that draws nothing
}

// Step is a program that an iteration replays.
type Step struct {
	Program string
	Times   int
	Build   func(in model.Inputs, choose graph.Chooser) (*gpu.Program, error)
	Feeds   []Feed
}

// Feed is a batch that a program reads.
type Feed struct {
	From   Origin
	Images string // the name of the buffer, after the program's
	Truth  bool   // with labels, and poses where they are learned
	prefix string // of the names of their buffers
}

// Origin is where a batch comes from.
type Origin int

// The origins.
const (
	FromSource Origin = iota
	FromTarget
	FromLabelled // target images whose labels are used
	origins
)

// What programs read.
var (
	sourceFeed   = Feed{From: FromSource, Images: "source", Truth: true}
	targetFeed   = Feed{From: FromTarget, Images: "target"}
	labelledFeed = Feed{From: FromLabelled, Images: "labelled_target", Truth: true, prefix: "labelled_"}
)

// adam is the rate and schedule of Adam with the original's staircase.
func (s *Scheme) adam(c recipe.Model) {
	s.LearningRate = func(global int) float64 { return c.LearningRate(global) }
	s.Rate = func(global, own int) float64 { return c.AdamRate(c.LearningRate(global), own) }
	s.Strength = func(int) float64 { return 0 }
}

// Updates counts the updates in an iteration.
func (s *Scheme) Updates() (n int) {
	for _, st := range s.Steps {
		n += st.Times
	}
	return n
}

// batches counts the batches of each origin that an iteration takes.
func (s *Scheme) batches() (n [origins]int) {
	for _, st := range s.Steps {
		for _, f := range st.Feeds {
			n[f.From] += st.Times
		}
	}
	return n
}

// Builder makes one program.
type Builder func() (*gpu.Program, error)

// Build makes programs, in their order.
func Build(builders ...Builder) ([]*gpu.Program, error) {
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
func (s *Scheme) programs(data Data, choose graph.Chooser) ([]*gpu.Program, error) {
	var builders []Builder
	for _, st := range s.Steps {
		in := model.Inputs{Source: form(data.Source.Train), Target: form(data.Target.Train),
			Labelled: data.Labelled != nil}
		// The images that a step calls its source may be the target's.
		if slices.ContainsFunc(st.Feeds, func(f Feed) bool { return f.From == FromTarget && f.Images == "source" }) {
			in.Source = in.Target
		}
		builders = append(builders, func() (*gpu.Program, error) { return st.Build(in, choose) })
	}
	steps, err := Build(builders...)
	if err != nil {
		return nil, err
	}
	evaluations, err := s.evaluations(data, choose)
	return append(steps, evaluations...), err
}

// evaluations lists the programs for measuring the networks. The batch is that of training, so that
// the kernels are the same.
func (s *Scheme) evaluations(data Data, choose graph.Chooser) ([]*gpu.Program, error) {
	n := s.Networks
	source, target := form(data.Source.Train), form(data.Target.Train)
	builders := []Builder{func() (*gpu.Program, error) {
		return s.Classify(model.ClassifyTarget, target, n.Config.Batch, choose)
	}}
	if s.Generates {
		builders = append(builders,
			func() (*gpu.Program, error) {
				return n.Adapt(model.Inputs{Source: source, HostNoise: true}, n.Config.Batch, choose)
			},
			func() (*gpu.Program, error) { return s.Classify(model.ClassifySource, source, n.Config.Batch, choose) })
	}
	if s.more != nil {
		builders = append(builders, s.more(choose)...)
	}
	return Build(builders...)
}

// work adds up the dispatches of an iteration's steps.
func (s *Scheme) work(programs []*gpu.Program) float64 {
	times := map[string]int{}
	for _, st := range s.Steps {
		times[st.Program] = st.Times
	}
	sum := 0.0
	for _, p := range programs {
		for _, d := range p.Dispatches {
			sum += float64(times[p.Name]) * d.FLOPs
		}
	}
	return sum
}

// Note is the losses of an interval: by program as the device keeps them, and by name as people
// read them, which Scheme.Record adds.
type Note struct {
	Rows    map[string][model.LossColumns]float64 // means, by program
	Loss    map[string]float64
	Correct map[string]float64 // shares of the batches

	batch    int
	poses    bool // poses are learned
	labelled bool // target images are trained on
}

// NewNote is a note without names yet; labelled says that target images are trained on.
func NewNote(rows map[string][model.LossColumns]float64, c model.Config, labelled bool) *Note {
	return &Note{
		Rows: rows, Loss: map[string]float64{}, Correct: map[string]float64{},
		batch: c.Batch, poses: c.LearnsPose(), labelled: labelled,
	}
}

// task names the losses of a classification: its class loss, number of correct ones, orientation
// loss. images says whose.
func (n *Note) task(row [model.LossColumns]float64, name, images string, class, correct, pose int) {
	n.Loss["task"+name] = row[class]
	if n.poses {
		n.Loss["pose"+name] = row[pose]
	}
	n.Correct[images] = row[correct] / float64(n.batch)
}
