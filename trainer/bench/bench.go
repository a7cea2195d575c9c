// Package bench measures what an iteration of a model costs on a device: as a whole, kernel by
// kernel relative to what the device can do, and for several values of one setting.
package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
)

// Result is what one iteration, a D and a G step, takes on a device. Times are medians in seconds.
// A software adapter computes on the processor, whose time is the better measure if other programs
// are running.
type Result struct {
	Adapter   gpu.AdapterInfo `json:"adapter"`
	Config    recipe.Model    `json:"config"`
	Samples   int             `json:"samples"`
	Peak      Peak            `json:"peak"`
	Programs  []Program       `json:"programs"`
	BytesHeld uint64          `json:"bytes_held"` // device memory, staging included
	Kernels   []Kernel        `json:"kernels"`    // the slowest first
}

// Time is how long something took by the clock and on the processors. CPU is 0 where the system
// does not say.
type Time struct {
	Wall float64 `json:"wall"`
	CPU  float64 `json:"cpu"`
}

// Peak is the most that a device was seen to achieve.
type Peak struct {
	Arithmetic Rate `json:"arithmetic"` // multiplies and adds
	Copy       Rate `json:"copy"`       // bytes read and written
}

// Rate is work per second of the clock and of one processor.
type Rate struct {
	Wall float64 `json:"wall"`
	CPU  float64 `json:"cpu"`
}

func (t Time) rate(work float64) Rate {
	r := Rate{Wall: work / t.Wall}
	if t.CPU > 0 {
		r.CPU = work / t.CPU
	}
	return r
}

// Program is the cost of one replay of a program.
type Program struct {
	Name       string  `json:"name"`
	Time       Time    `json:"time"`
	Host       float64 `json:"host"` // seconds to encode and submit, by the clock
	Dispatches int     `json:"dispatches"`
	FLOPs      float64 `json:"flops"` // of the direct algorithms
	Bytes      float64 `json:"bytes"` // least traffic
}

// Kernel is the cost of one shader in an iteration: all its dispatches.
type Kernel struct {
	Name       string   `json:"name"`
	Operations []string `json:"operations"` // that use it: program and label
	Dispatches int      `json:"dispatches"`
	Seconds    float64  `json:"seconds"` // by timestamps where the adapter has them
	FLOPs      float64  `json:"flops"`
	Bytes      float64  `json:"bytes"`
}

// Options says how to measure.
type Options struct {
	Choose  graph.Chooser
	Samples int          // the median of which counts
	Phase   func(string) // if set, is told what is being done
}

// Measure measures an iteration of a configuration on random images, in a session of its own. When
// the context ends, it stops after the current replay.
func Measure(ctx context.Context, d *gpu.Device, c recipe.Model, o Options) (*Result, error) {
	next := o.next(ctx)
	b := &Result{Adapter: d.Info(), Config: c, Samples: max(1, o.Samples)}
	var err error
	if b.Peak, err = measurePeak(ctx, d, next); err != nil {
		return nil, err
	}
	if err := b.steps(ctx, d, o.Choose, next, b.profile); err != nil {
		return nil, err
	}
	slices.SortStableFunc(b.Kernels, func(x, y Kernel) int { return cmp.Compare(y.Seconds, x.Seconds) })
	return b, nil
}

// next begins a phase, unless the context has ended.
func (o Options) next(ctx context.Context) func(what string) error {
	return func(what string) error {
		if o.Phase != nil {
			o.Phase(what)
		}
		return ctx.Err()
	}
}

// steps measures the steps as wholes, and has profile, if it is not nil, look into each.
func (b *Result) steps(
	ctx context.Context, d *gpu.Device, choose graph.Chooser, next func(string) error,
	profile func(context.Context, *engine.Engine, *gpu.Program) error,
) error {
	n, err := model.NewNetworks(model.Config(b.Config))
	if err == nil {
		err = next("building the programs")
	}
	if err != nil {
		return err
	}
	programs, err := stepPrograms(n, choose)
	if err == nil {
		err = next("compiling")
	}
	if err != nil {
		return err
	}
	// The small copies come after the programs, whose pipelines they share.
	e, err := engine.New(d, n, append(slices.Clone(programs), small(programs[0]), small(programs[1]))...)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := fill(e, b.Config); err != nil {
		return err
	}
	for _, p := range programs {
		if err := b.measure(ctx, e, p, next); err != nil {
			return err
		}
	}
	b.BytesHeld = e.Session.BytesHeld()
	for i, p := range programs {
		if profile != nil {
			if err := next("profiling " + p.Name); err != nil {
				return err
			}
			if err := profile(ctx, e, p); err != nil {
				return err
			}
		}
		if b.Programs[i].Host, err = hostTime(ctx, e, small(p).Name); err != nil {
			return err
		}
	}
	return nil
}

// Write writes the result as JSON, from which two of them can be compared.
func (b *Result) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(b)
}

// Iteration adds up the programs of an iteration.
func (b *Result) Iteration() Program { return iteration(b.Programs) }

func iteration(programs []Program) Program {
	sum := Program{Name: "iteration"}
	for _, p := range programs {
		sum.Time.Wall += p.Time.Wall
		sum.Time.CPU += p.Time.CPU
		sum.Host += p.Host
		sum.Dispatches += p.Dispatches
		sum.FLOPs += p.FLOPs
		sum.Bytes += p.Bytes
	}
	return sum
}

// Rates relates a program's work to its time.
func (p Program) Rates() Rate { return p.Time.rate(p.FLOPs) }
