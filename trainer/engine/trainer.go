package engine

import (
	"errors"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/trainer/recipe"
)

// Trainer is a run in progress on a device.
type Trainer struct {
	Engine   *Engine
	Scheme   *Scheme // of the configuration's method
	Config   recipe.Config
	Data     Data
	Baseline *float64 // target accuracy of the source-only baseline; nil if it was not trained

	iteration int // iterations done
	device    *gpu.Device
	tuner     *tune.Tuner      // nil if kernels are chosen by rule
	streams   [origins]*stream // nil if there are no such images
	losses    lossLog
	flops     float64
	images    string // their fingerprint, once asked for

	neighbours *datasets.Set // target images of the model's size, once samples have been compared with them
}

// NewTrainer builds the programs of a configuration, with the kernels that choose picks, loads them
// and gives the variables their initial values.
func NewTrainer(d *gpu.Device, c recipe.Config, data Data, choose graph.Chooser) (*Trainer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s, err := SchemeOf(c)
	if err != nil {
		return nil, err
	}
	programs, err := s.programs(data, choose)
	if err != nil {
		return nil, err
	}
	e, err := New(d, s.Networks, programs...)
	if err != nil {
		return nil, err
	}
	t := &Trainer{Engine: e, Scheme: s, Config: c, Data: data, device: d, flops: s.work(programs)}
	t.tuner, _ = choose.(*tune.Tuner)
	if err := t.begin(); err != nil {
		e.Close()
		return nil, err
	}
	return t, nil
}

// Close frees the device memory.
func (t *Trainer) Close() { t.Engine.Close() }

func (t *Trainer) begin() error {
	// Streams with seeds of their own: source and target are not paired.
	seed := t.Config.Seed
	for _, f := range []struct {
		from Origin
		set  *datasets.Set
		seed uint64
	}{
		{FromSource, t.Data.Source.Train, seed*2 + 1}, {FromTarget, t.Data.Target.Train, seed*2 + 2},
		{FromLabelled, t.Data.Labelled, ^seed},
	} {
		if f.set == nil {
			continue
		}
		var err error
		if t.streams[f.from], err = newStream(f.set, f.seed, t.Config.Model.Batch); err != nil {
			return err
		}
	}
	t.losses.reset()
	return t.Engine.Initialise(seed, t.Scheme.Initial)
}

// Iteration counts the iterations done.
func (t *Trainer) Iteration() int { return t.iteration }

// Iterate does one iteration: the steps of the method, each as often as the method says. It returns
// while the device may still be working.
func (t *Trainer) Iterate() error {
	i, total, done := t.iteration, t.Scheme.Updates(), 0
	each, fed := t.Scheme.batches(), [origins]int{}
	// Every step draws fresh batches and fresh noise; all of them follow only from the number of
	// the update or of the batch.
	for _, s := range t.Scheme.Steps {
		for j := range s.Times {
			for _, f := range s.Feeds {
				if err := t.feed(s.Program, f, uint64(i*each[f.From]+fed[f.From])); err != nil {
					return err
				}
				fed[f.From]++
			}
			if err := t.replay(s.Program, i*total+done, i*s.Times+j+1); err != nil {
				return err
			}
			done++
		}
	}
	t.iteration++
	return nil
}

// feed writes batch number n to a step's program, if there are such images.
func (t *Trainer) feed(program string, f Feed, n uint64) error {
	s := t.streams[f.From]
	if s == nil {
		return nil
	}
	b := buffers{images: program + "." + f.Images}
	if f.Truth {
		b.labels = program + "." + f.prefix + "labels"
		if t.Engine.Networks.Config.LearnsPose() {
			b.poses = program + "." + f.prefix + "poses"
		}
	}
	return s.feed(t.Engine.Session, b, n)
}

// replay does a step: update number global of all, number own of its optimiser, from 1.
func (t *Trainer) replay(program string, global, own int) error {
	err := t.Engine.SetUpdate(Update{
		Seed: t.Config.Seed, Index: uint32(global),
		Rate: t.Scheme.Rate(global, own), Strength: t.Scheme.Strength(t.iteration),
	})
	if err != nil {
		return err
	}
	if err := t.Engine.Session.Run(program); err != nil {
		return err
	}
	return t.losses.note(t.Engine.Session, program, global)
}

// Wait returns once the device has done everything that was asked of it.
func (t *Trainer) Wait() error { return t.Engine.Session.Wait() }

// LearningRate is that of the next iteration, without the optimiser's correction.
func (t *Trainer) LearningRate() float64 {
	return t.Scheme.LearningRate(t.iteration * t.Scheme.Updates())
}

// FLOPs counts the multiplies and adds of one iteration, by the direct algorithms.
func (t *Trainer) FLOPs() float64 { return t.flops }

// Kernels are the plans that were chosen by timing; nil if none were timed.
func (t *Trainer) Kernels() map[string]string {
	if t.tuner == nil {
		return nil
	}
	return t.tuner.Choices()
}

// Device is the one that the run is on.
func (t *Trainer) Device() *gpu.Device { return t.device }

// Fingerprint identifies the images of both domains.
func (t *Trainer) Fingerprint() string {
	if t.images == "" {
		t.images = t.Data.Fingerprint() // hashes every image: once per run, not per checkpoint
	}
	return t.images
}

// ErrOtherImages is the error of resuming on images other than those trained on.
var ErrOtherImages = errors.New("was trained on other images")

// GoOn makes the trainer continue after an iteration, once its variables are those of that moment.
// images is the fingerprint of what it was trained on until then; if the data differ, it returns
// ErrOtherImages.
func (t *Trainer) GoOn(iteration int, images string) error {
	if t.Fingerprint() != images {
		return ErrOtherImages
	}
	t.iteration = iteration
	return nil
}

// Tuner is what chose the kernels by timing them; nil if a rule chose.
func (t *Trainer) Tuner() *tune.Tuner { return t.tuner }
