package native

import (
	"fmt"
	"math"
	"strconv"

	"pixelda-wgpu/trainer"
)

// Points are printed as they are measured: a larger one may take the device
// down, and what came before it shall stand. So a row must not widen the columns
// of those above it: they are as wide as cells get.
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
	{"CPU time", "99.9 ms"}, // from here on of software adapters only
	{"of peak", "99.9 %"},
}

// printPoint prints the newest point of a series, and the heading before the first.
func printPoint(c *console, s *trainer.Series) {
	b := &trainer.Bench{Adapter: s.Adapter, Config: s.Config, Peak: s.Peak}
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
	t := table{align: "rrrrrrrrrrrrr"}
	t.add(widest...)
	t.head(c, titles...)
	t.add(pointCells(s, p)[:len(columns)]...)
	lines := t.lines("")
	if len(s.Points) == 1 {
		c.printf("%s; now for values of %s\nThe adapter's peak: %s GFLOP/s of multiply-adds%s.\n\n%s\n",
			benchTitle(b), s.Setting, giga(s.Peak.Arithmetic.Wall), perCore(b), lines[1])
	}
	if p.Error != "" {
		lines[2] += "  " + c.red("not measured: ") + plain(p.Error)
	}
	c.printf("%s\n", lines[2])
}

// pointCells are the cells of all columns, of which a point that could not be
// measured has the first.
func pointCells(s *trainer.Series, p trainer.Point) []string {
	cells := make([]string, len(seriesColumns))
	cells[0] = strconv.FormatFloat(p.Value, 'g', -1, 64)
	if p.Error != "" {
		return cells
	}
	i := p.Iteration()
	r, first := i.Rates(), measured(s)[0].Iteration().Rates()
	copy(cells[1:], []string{
		fmt.Sprintf("%.3g", i.FLOPs/1e9), duration(p.Programs[0].Time.Wall), duration(p.Programs[1].Time.Wall), duration(i.Time.Wall),
		giga(r.Wall), percent(r.Wall / s.Peak.Arithmetic.Wall), duration(i.Time.Wall / float64(p.Batch)), sizeString(p.BytesHeld),
		fmt.Sprint(i.Dispatches), fmt.Sprintf("%.2f ×", first.Wall/r.Wall), duration(i.Time.CPU), percent(r.CPU / s.Peak.Arithmetic.CPU),
	})
	return cells
}

// printGrowth says how time grows with work, where there is something to compare.
func printGrowth(c *console, s *trainer.Series) {
	if len(measured(s)) < 2 {
		return
	}
	c.printf("\ntime/GFLOP is relative to the first row: 1 throughout would be cost that grows as the work.\n")
	if power, ok := growth(measured(s)); ok {
		c.printf("Time grows as the work to the power of %.2f.\n", power)
	}
}

// growth is the slope of the straight line that is nearest, by least squares, to
// the logarithms of time against those of work.
func growth(points []trainer.Point) (power float64, ok bool) {
	var n, x, y, xx, xy float64
	for _, p := range points {
		i := p.Iteration()
		work, time := math.Log(i.FLOPs), math.Log(i.Time.Wall)
		n, x, y, xx, xy = n+1, x+work, y+time, xx+work*work, xy+work*time
	}
	spread := n*xx - x*x
	const least = 1e-6 // below it all work is the same
	return (n*xy - x*y) / spread, spread > least
}
