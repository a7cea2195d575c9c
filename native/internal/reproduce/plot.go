package reproduce

import (
	"fmt"
	"image/color"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"pixelda-wgpu/native/internal/chart"
	"pixelda-wgpu/trainer/study"
)

// The colours of the two sides of a table.
var (
	paperColour = color.RGBA{170, 170, 170, 255}
	hereColour  = color.RGBA{30, 90, 180, 255}
)

// plotReport draws each column of a report's table as bars, the paper's figures next to those found
// here, and for each scenario the curves of its runs.
func plotReport(folder string, r *study.Report) ([]study.Picture, error) {
	var drawn []study.Picture
	save := func(name, caption string, p *plot.Plot) error {
		drawn = append(drawn, study.Picture{Caption: caption, File: name})
		return chart.Write(filepath.Join(folder, name), p)
	}
	for i, c := range r.Columns {
		p, err := plotColumn(r, i)
		if err != nil {
			return nil, err
		}
		if p != nil {
			name := fmt.Sprintf("%s-%s.svg", c.Scenario, c.Statistic)
			caption := c.Title + ", " + c.Statistic.Text() + ": the paper's figures and those found here"
			if err := save(name, caption, p); err != nil {
				return nil, err
			}
		}
	}
	for i, c := range r.Columns {
		if r.Repeated(i) {
			continue
		}
		p, err := plotCurves(r, c)
		if err != nil {
			return nil, err
		}
		if p != nil {
			if err := save(c.Scenario+"-curve.svg", c.Title+", accuracy against iterations", p); err != nil {
				return nil, err
			}
		}
	}
	return drawn, nil
}

// plotColumn draws a column. It returns nil if no row has a figure.
func plotColumn(r *study.Report, column int) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = r.Columns[column].Title
	p.Y.Label.Text = r.Columns[column].Statistic.Text()
	var names []string
	var paper, here plotter.Values
	var margins errorBars
	some := false
	for i, row := range r.Rows {
		f := row.Figures[column]
		names = append(names, row.Title)
		paper, here = append(paper, orZero(f.Paper)), append(here, orZero(f.Ours))
		some = some || f.Ours != nil
		if f.Ours != nil && f.Spread.Margin != nil && r.Columns[column].Statistic != study.AccuracyDeviation {
			margins.XYs = append(margins.XYs, plotter.XY{X: float64(i), Y: *f.Ours})
			margins.YErrors = append(margins.YErrors, struct{ Low, High float64 }{*f.Spread.Margin, *f.Spread.Margin})
		}
	}
	if !some {
		return nil, nil
	}
	width := vg.Points(min(24, 260/float64(len(names))/2.4))
	for _, side := range []struct {
		name   string
		values plotter.Values
		colour color.Color
		offset vg.Length
	}{{"paper", paper, paperColour, -width / 2}, {"here", here, hereColour, width / 2}} {
		bars, err := plotter.NewBarChart(side.values, width)
		if err != nil {
			return nil, fmt.Errorf("drawing a plot: %w", err)
		}
		bars.Color, bars.Offset, bars.LineStyle.Width = side.colour, side.offset, 0
		p.Add(bars)
		p.Legend.Add(side.name, bars)
	}
	if len(margins.XYs) > 0 {
		bars, err := plotter.NewYErrorBars(margins)
		if err != nil {
			return nil, fmt.Errorf("drawing a plot: %w", err)
		}
		p.Add(bars)
	}
	p.NominalX(names...)
	const slant = 0.35 // radians; names are longer than bars are wide
	p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign = slant, -1
	p.Y.Min = 0
	p.Y.Max *= 1.3 // room for the legend
	if r.Columns[column].Statistic != study.Angle {
		p.Y.Tick.Marker = ticksTo(100)
	}
	p.Legend.Top, p.Legend.Left = true, true
	return p, nil
}

// errorBars are points with the half-widths of their intervals.
type errorBars struct {
	plotter.XYs
	plotter.YErrors
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// ticksTo marks an axis only as far as there is something to mark.
type ticksTo float64

func (t ticksTo) Ticks(low, high float64) []plot.Tick {
	return plot.DefaultTicks{}.Ticks(low, min(high, float64(t)))
}
