package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
)

// stepPrograms builds both steps, fed with bytes as in training.
func stepPrograms(n *model.Networks, choose graph.Chooser) ([]*gpu.Program, error) {
	in := inputs(recipe.Model(n.Config))
	d, err := n.DStep(in, choose)
	if err != nil {
		return nil, err
	}
	g, err := n.GStep(in, choose)
	return []*gpu.Program{d, g}, err
}

func inputs(c recipe.Model) model.Inputs {
	return model.Inputs{
		Source: model.Images{Width: c.Size, Height: c.Size, Channels: c.SourceChannels},
		Target: model.Images{Width: c.Size, Height: c.Size, Channels: c.TargetChannels},
	}
}

// small is a program with the same dispatches, each with only one workgroup: it costs the host as
// much as the original, and the device next to nothing.
func small(p *gpu.Program) *gpu.Program {
	s := *p
	s.Name = p.Name + ".small"
	s.Dispatches = slices.Clone(p.Dispatches)
	for i := range s.Dispatches {
		d := &s.Dispatches[i]
		d.Workgroups, d.FLOPs, d.Bytes = [3]uint32{1, 1, 1}, 0, 0
	}
	return &s
}

// fill writes random images and labels.
func fill(e *engine.Engine, c recipe.Model) error {
	if err := e.Initialise(1, engine.Initial{Std: c.InitStd}); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 1))
	in := inputs(c)
	images := func(f model.Images) []byte {
		b := make([]byte, f.Bytes(c.Batch))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	labels := make([]uint32, c.Batch)
	for i := range labels {
		labels[i] = r.Uint32N(uint32(c.Classes))
	}
	return errors.Join(
		e.Session.Write(model.DStepProgram+".source", 0, images(in.Source)),
		e.Session.Write(model.DStepProgram+".labels", 0, gpu.Bytes(labels)),
		e.Session.Write(model.DStepProgram+".target", 0, images(in.Target)),
		e.Session.Write(model.GStepProgram+".source", 0, images(in.Source)),
		e.Session.Write(model.GStepProgram+".labels", 0, gpu.Bytes(labels)),
		e.SetUpdate(engine.Update{Seed: 1, Rate: c.LR}),
	)
}

// measure times replays of a program.
func (b *Result) measure(ctx context.Context, e *engine.Engine, p *gpu.Program, next func(string) error) error {
	m := Program{Name: p.Name, Dispatches: len(p.Dispatches)}
	for _, d := range p.Dispatches {
		m.FLOPs += d.FLOPs
		m.Bytes += d.Bytes
	}
	if err := next("warming up " + p.Name); err != nil {
		return err
	}
	one, err := replays(ctx, e.Session, p.Name, 1)
	if err == nil {
		one, err = replays(ctx, e.Session, p.Name, 1)
	}
	if err != nil {
		return err
	}
	times := enough(one)
	var walls, cpus []float64
	for i := range b.Samples {
		if err := next(fmt.Sprintf("timing %s, sample %d of %d", p.Name, i+1, b.Samples)); err != nil {
			return err
		}
		t, err := replays(ctx, e.Session, p.Name, times)
		if err != nil {
			return err
		}
		walls, cpus = append(walls, t.Wall), append(cpus, t.CPU)
	}
	m.Time = Time{median(walls), median(cpus)}
	b.Programs = append(b.Programs, m)
	return nil
}

// enough is how many replays make a sample long enough for the clock, which in a browser ticks
// every 0.1 ms and may not have advanced during one replay.
func enough(one Time) int {
	const long, tick = 0.2, 1e-4
	return max(1, int(long/max(tick, one.Wall)))
}

// replays times that many replays and returns the time of one.
func replays(ctx context.Context, s *gpu.Session, program string, times int) (Time, error) {
	wall, cpu := time.Now(), cpuTime()
	for range times {
		if err := ctx.Err(); err != nil {
			return Time{}, err
		}
		if err := s.Run(program); err != nil {
			return Time{}, err
		}
	}
	err := s.Wait()
	n := float64(times)
	return Time{time.Since(wall).Seconds() / n, (cpuTime() - cpu).Seconds() / n}, err
}

func median(x []float64) float64 {
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// middle is the mean of the values without the lowest and the highest quarter.
func middle(x []float64) float64 {
	slices.Sort(x)
	x = x[len(x)/4 : len(x)-len(x)/4]
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// measurePeak takes the fastest of several samples, since noise only adds time.
func measurePeak(ctx context.Context, d *gpu.Device, next func(string) error) (Peak, error) {
	const samples = 7
	var peak Peak
	programs, err := graph.PeakPrograms(graph.TargetOf(d.Info()))
	if err != nil {
		return peak, err
	}
	s, err := d.Load(programs...)
	if err != nil {
		return peak, err
	}
	defer s.Close()
	for _, p := range programs {
		work, best := 0.0, &peak.Arithmetic
		for _, d := range p.Dispatches {
			work += d.FLOPs
		}
		if work == 0 {
			best = &peak.Copy
			for _, d := range p.Dispatches {
				work += d.Bytes
			}
		}
		if err := next("measuring the adapter's peak"); err != nil {
			return peak, err
		}
		one, err := replays(ctx, s, p.Name, 1) // warms up
		if err == nil {
			one, err = replays(ctx, s, p.Name, 1)
		}
		for i := 0; i < samples && err == nil; i++ {
			var t Time
			t, err = replays(ctx, s, p.Name, enough(one))
			r := t.rate(work)
			best.Wall, best.CPU = max(best.Wall, r.Wall), max(best.CPU, r.CPU)
		}
		if err != nil {
			return peak, err
		}
	}
	return peak, nil
}

// profile adds the time of each shader of a program.
func (b *Result) profile(ctx context.Context, e *engine.Engine, p *gpu.Program) error {
	const repeats = 3
	durations, err := e.Session.Profile(ctx, p.Name, repeats)
	if err != nil {
		return err
	}
	index := map[string]int{}
	for i, k := range b.Kernels {
		index[k.Name] = i
	}
	for i, d := range p.Dispatches {
		name := p.Modules[d.Module].Label
		at, ok := index[name]
		if !ok {
			at = len(b.Kernels)
			index[name] = at
			b.Kernels = append(b.Kernels, Kernel{Name: name})
		}
		k := &b.Kernels[at]
		if op := p.Name + " " + d.Label; !slices.Contains(k.Operations, op) {
			k.Operations = append(k.Operations, op)
		}
		k.Dispatches++
		k.Seconds += durations[i].Seconds()
		k.FLOPs += d.FLOPs
		k.Bytes += d.Bytes
	}
	return nil
}

// hostTime is how long an idle device takes to accept a program: the mean of the middle half of the
// samples, since with a browser's clock a median would be in whole tenths of a millisecond.
func hostTime(ctx context.Context, e *engine.Engine, program string) (float64, error) {
	const samples = 15
	var times []float64
	for range samples {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		began := time.Now()
		if err := e.Session.Run(program); err != nil {
			return 0, err
		}
		times = append(times, time.Since(began).Seconds())
		if err := e.Session.Wait(); err != nil {
			return 0, err
		}
	}
	return middle(times), nil
}
