package bench

import (
	"context"
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/recipe"
)

// Series is what an iteration costs for several values of one setting of the model: how cost grows
// with size.
type Series struct {
	Adapter gpu.AdapterInfo `json:"adapter"`
	Setting string          `json:"setting"`
	Config  recipe.Model    `json:"config"` // of the first value
	Samples int             `json:"samples"`
	Peak    Peak            `json:"peak"`
	Points  []Point         `json:"points"`
}

// Point is what an iteration costs at one value. Error says why it could not be measured: most
// often it is too large for the device.
type Point struct {
	Value     float64   `json:"value"`
	Batch     int       `json:"batch"`
	Programs  []Program `json:"programs,omitempty"`
	BytesHeld uint64    `json:"bytes_held,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// Iteration adds up the programs of an iteration.
func (p Point) Iteration() Program { return iteration(p.Programs) }

// Variant is a configuration with a certain value of a setting.
type Variant struct {
	Value float64
	Model recipe.Model
}

// MeasureSeries measures variants in order, each by itself on the device. each is called after
// every point with the series so far, since a lost device may end the process before the series is
// complete.
func MeasureSeries(d *gpu.Device, setting string, variants []Variant, o Options, each func(*Series)) (*Series, error) {
	ctx := context.Background()
	next := o.next(ctx)
	s := &Series{Adapter: d.Info(), Setting: setting, Config: variants[0].Model, Samples: max(1, o.Samples)}
	var err error
	if s.Peak, err = measurePeak(ctx, d, next); err != nil {
		return nil, err
	}
	for _, v := range variants {
		b := &Result{Config: v.Model, Samples: s.Samples}
		of := func(what string) error { return next(fmt.Sprintf("%s %g: %s", setting, v.Value, what)) }
		p := Point{Value: v.Value, Batch: v.Model.Batch}
		if err := b.steps(ctx, d, o.Choose, of, nil); err != nil {
			p.Error = err.Error()
		} else {
			p.Programs, p.BytesHeld = b.Programs, b.BytesHeld
		}
		s.Points = append(s.Points, p)
		each(s)
	}
	return s, nil
}
