package benchreport

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pixelda-wgpu/native/internal/chart"
	"pixelda-wgpu/trainer/bench"
)

// curve is a line of a plot.
type curve struct {
	name   string
	colour color.RGBA
	dashed bool // and without markers
	time   func(p bench.Point) float64
}

// Plot draws the time of an iteration and of its steps against the value that a series varies, both
// axes logarithmic, to a file whose name ends in .svg or .png. A dashed line through the point with
// the most work shows what the time would be if it grew as the work does; on logarithmic axes its
// shape does not depend on where it passes. It is an error if no value above 0 was measured.
func Plot(path string, s *bench.Series) error {
	byValue := func(a, b bench.Point) int { return cmp.Compare(a.Value, b.Value) }
	byWork := func(a, b bench.Point) int { return cmp.Compare(a.Iteration().FLOPs, b.Iteration().FLOPs) }
	points := slices.SortedFunc(slices.Values(Measured(s)), byValue)
	points = slices.DeleteFunc(points, func(p bench.Point) bool { return p.Value <= 0 }) // they have no logarithm
	if len(points) == 0 {
		return errors.New("nothing to plot: no value above 0 was measured")
	}
	most := slices.MaxFunc(points, byWork).Iteration()
	p := plot.New()
	p.Title.Text = fmt.Sprintf("An iteration on %s", s.Adapter.Name)
	p.X.Label.Text, p.Y.Label.Text = s.Setting, "seconds"
	p.Legend.Top, p.Legend.Left = true, true
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	var times []float64
	asWork := func(p bench.Point) float64 { return p.Iteration().FLOPs / most.Rates().Wall }
	iteration := func(p bench.Point) float64 { return p.Iteration().Time.Wall }
	step := func(i int) func(bench.Point) float64 {
		return func(p bench.Point) float64 { return p.Programs[i].Time.Wall }
	}
	for _, c := range []curve{
		{"as the work", color.RGBA{120, 120, 120, 255}, true, asWork},
		{"iteration", color.RGBA{30, 90, 180, 255}, false, iteration},
		{"D step", color.RGBA{200, 90, 20, 255}, false, step(0)},
		{"G step", color.RGBA{40, 140, 70, 255}, false, step(1)},
	} {
		xys := make(plotter.XYs, len(points))
		for i, at := range points {
			xys[i] = plotter.XY{X: at.Value, Y: c.time(at)}
			times = append(times, xys[i].Y)
		}
		if err := c.add(p, xys); err != nil {
			return err
		}
	}
	values := make([]float64, len(points))
	for i, at := range points {
		values[i] = at.Value
	}
	chart.LogAxis(&p.X, values, 1.15)
	chart.LogAxis(&p.Y, times, 1.3)
	p.X.Tick.Marker = valueTicks(values)
	return chart.Write(path, p)
}

func (c curve) add(p *plot.Plot, xys plotter.XYs) error {
	line, dots, err := plotter.NewLinePoints(xys)
	if err != nil {
		return fmt.Errorf("drawing a plot: %w", err)
	}
	line.Color, line.Width = c.colour, vg.Points(1.5)
	dots.Color, dots.Radius, dots.Shape = c.colour, vg.Points(2.5), draw.CircleGlyph{}
	if c.dashed {
		line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(line)
		p.Legend.Add(c.name, line)
		return nil
	}
	p.Add(line, dots)
	p.Legend.Add(c.name, line, dots)
	return nil
}

// valueTicks marks the values that were measured.
func valueTicks(values []float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, v := range values {
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', -1, 64)})
	}
	return ticks
}
