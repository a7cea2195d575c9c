package native

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/rundir"
)

// plotFormat is the format that a file's name asks for, or nothing.
func plotFormat(path string) string {
	switch e := strings.ToLower(filepath.Ext(path)); e {
	case ".svg", ".png":
		return e[1:]
	}
	return ""
}

// curve is a line of a plot.
type curve struct {
	name   string
	colour color.RGBA
	dashed bool // and without points
	time   func(p trainer.Point) float64
}

// plotSeries draws time against the value, both by their logarithms, and what it
// would be if it grew as the work, which in such a plot has the same shape
// wherever it is put: through the point of the most work.
func plotSeries(path string, s *trainer.Series) error {
	points := slices.SortedFunc(slices.Values(measured(s)), func(a, b trainer.Point) int { return cmp.Compare(a.Value, b.Value) })
	points = slices.DeleteFunc(points, func(p trainer.Point) bool { return p.Value <= 0 }) // have no logarithm
	if len(points) == 0 {
		return errors.New("nothing to plot: no value above 0 was measured")
	}
	most := slices.MaxFunc(points, func(a, b trainer.Point) int { return cmp.Compare(a.Iteration().FLOPs, b.Iteration().FLOPs) }).Iteration()
	p := plot.New()
	p.Title.Text = fmt.Sprintf("An iteration on %s", s.Adapter.Name)
	p.X.Label.Text, p.Y.Label.Text = s.Setting, "seconds"
	p.Legend.Top, p.Legend.Left = true, true
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	var times []float64
	for _, c := range []curve{
		{"as the work", color.RGBA{120, 120, 120, 255}, true, func(p trainer.Point) float64 { return p.Iteration().FLOPs / most.Rates().Wall }},
		{"iteration", color.RGBA{30, 90, 180, 255}, false, func(p trainer.Point) float64 { return p.Iteration().Time.Wall }},
		{"D step", color.RGBA{200, 90, 20, 255}, false, func(p trainer.Point) float64 { return p.Programs[0].Time.Wall }},
		{"G step", color.RGBA{40, 140, 70, 255}, false, func(p trainer.Point) float64 { return p.Programs[1].Time.Wall }},
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
	logAxis(&p.X, values, 1.15)
	logAxis(&p.Y, times, 1.3)
	p.X.Tick.Marker = valueTicks(values)
	return writePlot(path, p)
}

func (c curve) add(p *plot.Plot, xys plotter.XYs) error {
	line, dots, err := plotter.NewLinePoints(xys)
	if err != nil {
		return fmt.Errorf("plot: %w", err)
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

// logAxis makes an axis logarithmic, with some room around the values.
func logAxis(a *plot.Axis, values []float64, room float64) {
	a.Min, a.Max = slices.Min(values)/room, slices.Max(values)*room
	a.Scale = plot.LogScale{}
	a.Tick.Marker = plot.TickerFunc(decadeTicks)
}

// decadeTicks are 1, 2 and 5 of each power of ten.
func decadeTicks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(least)); e <= math.Log10(most); e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, e); v >= least && v <= most {
				ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 3, 64)})
			}
		}
	}
	return ticks
}

// valueTicks marks the values that were measured.
func valueTicks(values []float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, v := range values {
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', -1, 64)})
	}
	return ticks
}

// writePlot draws a plot and writes it in the format of the file's name.
func writePlot(path string, p *plot.Plot) error {
	const width, height, margin = 6 * vg.Inch, 3.75 * vg.Inch, 8
	p.Title.Padding, p.Legend.YOffs, p.Legend.XOffs, p.Legend.Padding = margin, -margin, margin, 3
	for _, s := range []*draw.TextStyle{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		s.Font.Variant = "Sans"
	}
	canvas, err := draw.NewFormattedCanvas(width, height, plotFormat(path))
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	// An SVG has no fonts in it: name others for whoever lacks the first.
	text := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return rundir.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
