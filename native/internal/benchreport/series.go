package benchreport

import (
	"fmt"
	"math"
	"strconv"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
)

// Points are printed as they are measured: a larger one may take the device down, and those before
// it should still be there to read. No row may therefore widen the columns of those above it:
// columns are as wide as their cells can get.
var seriesColumns = []struct{ title, widest string }{
	{"", "0.0001"}, // the setting
	{"GFLOP", "0.000826"},
	{"D step", "99.9 ms"},
	{"G step", "99.9 ms"},
	{"iteration", "99.9 ms"},
	{"GFLOP/s", "12345.6"},
	{"of peak", "99.9 %"},
	{"an image", "99.9 ms"},
	{"held", "999.9 MiB"},
	{"dispatches", "12345"},
	{"time/GFLOP", "12.34 ×"},
	{"CPU time", "99.9 ms"}, // from here on for software adapters only
	{"of peak", "99.9 %"},
}

// PrintPoint prints the newest point of a series, and before the first one the heading.
func PrintPoint(c *console.Console, s *bench.Series) {
	b := &bench.Result{Adapter: s.Adapter, Config: s.Config, Peak: s.Peak}
	columns := seriesColumns
	if !byProcessor(b) {
		columns = columns[:len(columns)-2]
	}
	p := s.Points[len(s.Points)-1]
	var widest, titles []string
	for _, col := range columns {
		widest, titles = append(widest, col.widest), append(titles, col.title)
	}
	titles[0] = s.Setting
	t := console.Table{Align: "rrrrrrrrrrrrr"}
	t.Add(widest...)
	t.Head(c, titles...)
	t.Add(pointCells(s, p)[:len(columns)]...)
	lines := t.Lines("")
	if len(s.Points) == 1 {
		c.Printf("%s; now for values of %s\nThe adapter's peak: %s GFLOP/s of multiply-adds%s.\n\n%s\n",
			benchTitle(b), s.Setting, giga(s.Peak.Arithmetic.Wall), perCore(b), lines[1])
	}
	if p.Error != "" {
		lines[2] += "  " + c.Red("not measured: ") + p.Error
	}
	c.Printf("%s\n", lines[2])
}

// pointCells are the cells of all columns; a point that could not be measured has only the first.
func pointCells(s *bench.Series, p bench.Point) []string {
	cells := make([]string, len(seriesColumns))
	cells[0] = strconv.FormatFloat(p.Value, 'g', -1, 64)
	if p.Error != "" {
		return cells
	}
	i := p.Iteration()
	r, first := i.Rates(), Measured(s)[0].Iteration().Rates()
	copy(cells[1:], []string{
		fmt.Sprintf("%.3g", i.FLOPs/1e9), console.Duration(p.Programs[0].Time.Wall),
		console.Duration(p.Programs[1].Time.Wall), console.Duration(i.Time.Wall),
		giga(r.Wall), console.Percent(r.Wall / s.Peak.Arithmetic.Wall),
		console.Duration(i.Time.Wall / float64(p.Batch)),
		console.Bytes(p.BytesHeld),
		fmt.Sprint(i.Dispatches), fmt.Sprintf("%.2f ×", first.Wall/r.Wall), console.Duration(i.Time.CPU),
		console.Percent(r.CPU / s.Peak.Arithmetic.CPU),
	})
	return cells
}

// PrintGrowth says how time grows with work, if there is something to compare.
func PrintGrowth(c *console.Console, s *bench.Series) {
	if len(Measured(s)) < 2 {
		return
	}
	c.Printf("\ntime/GFLOP is relative to the first row: 1 throughout would be cost that grows as the work.\n")
	if power, ok := growth(Measured(s)); ok {
		c.Printf("Time grows as the work to the power of %.2f.\n", power)
	}
}

// growth is the slope of the straight line that best fits, by least squares, the logarithms of time
// against those of work.
func growth(points []bench.Point) (power float64, ok bool) {
	var n, x, y, xx, xy float64
	for _, p := range points {
		i := p.Iteration()
		work, time := math.Log(i.FLOPs), math.Log(i.Time.Wall)
		n, x, y, xx, xy = n+1, x+work, y+time, xx+work*work, xy+work*time
	}
	spread := n*xx - x*x
	const least = 1e-6 // with less spread than this, all work counts as the same
	return (n*xy - x*y) / spread, spread > least
}

// Measured leaves out the points that could not be measured.
func Measured(s *bench.Series) []bench.Point {
	var points []bench.Point
	for _, p := range s.Points {
		if p.Error == "" {
			points = append(points, p)
		}
	}
	return points
}
