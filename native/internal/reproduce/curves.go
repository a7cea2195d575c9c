package reproduce

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/study"
)

import ()

// curveColours distinguish rows, also for the colour-blind (Okabe and Ito, 2008).
var curveColours = []color.Color{
	color.RGBA{153, 153, 153, 255}, color.RGBA{240, 228, 66, 255}, color.RGBA{86, 180, 233, 255},
	color.RGBA{0, 158, 115, 255},
	color.RGBA{230, 159, 0, 255}, color.RGBA{204, 121, 167, 255}, color.RGBA{0, 114, 178, 255}, color.Black,
}

// plotCurves draws the accuracy of a scenario's runs against iterations; those of a row share a
// colour. If no run has a curve it returns nil.
func plotCurves(r *study.Report, c study.ReportColumn) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.Title, "iterations", "accuracy in %"
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	some := false
	for i, row := range r.Rows {
		var first *plotter.Line
		for _, run := range r.Curves {
			if run.Scenario != c.Scenario || run.Row != row.Key || len(run.Points) == 0 {
				continue
			}
			xys := make(plotter.XYs, len(run.Points))
			for i, at := range run.Points {
				xys[i] = plotter.XY{X: float64(at.Iteration), Y: 100 * at.Accuracy}
			}
			line, err := plotter.NewLine(xys)
			if err != nil {
				return nil, fmt.Errorf("drawing a plot: %w", err)
			}
			line.Color, line.Width = curveColours[i%len(curveColours)], vg.Points(1.5)
			if row.Key == string(recipe.PixelDA) {
				line.Width = vg.Points(3)
			}
			p.Add(line)
			if first == nil {
				first = line
			}
		}
		if first != nil {
			p.Legend.Add(row.Title+" ", first)
			some = true
		}
	}
	if !some {
		return nil, nil
	}
	p.X.Tick.Marker = ticksTo(p.X.Max)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1.35*p.X.Max, 0, 100 // the legend is on the right
	p.Legend.Top = true
	return p, nil
}
