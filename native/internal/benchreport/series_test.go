package benchreport

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/recipe"
)

// sampleSeries is a series with round numbers, of which one point was too large.
func sampleSeries() *bench.Series {
	point := func(batch int, dTime, gTime float64) bench.Point {
		work := float64(batch) * 1e9
		return bench.Point{Value: float64(batch), Batch: batch, BytesHeld: uint64(batch) << 20,
			Programs: []bench.Program{
				{Name: "d_step", Time: bench.Time{Wall: dTime, CPU: 2 * dTime}, Dispatches: 6, FLOPs: 4 * work},
				{Name: "g_step", Time: bench.Time{Wall: gTime, CPU: 2 * gTime}, Dispatches: 3, FLOPs: 6 * work},
			}}
	}
	return &bench.Series{
		Adapter: gpu.AdapterInfo{Name: "a GPU", Type: gpu.Discrete}, Setting: "batch", Samples: 5,
		Config: recipe.Model{Size: 32, SourceChannels: 1, TargetChannels: 3, GBlocks: 1, GFilters: 64, Batch: 1},
		Peak:   bench.Peak{Arithmetic: bench.Rate{Wall: 200e9, CPU: 100e9}},
		Points: []bench.Point{
			point(1, 0.08, 0.12), point(4, 0.2, 0.2), {Value: 256, Batch: 256,
				Error: "program d_step: buffer \"x\" has 9 bytes"}, point(16, 0.64, 0.96),
		},
	}
}

func TestSeriesReport(t *testing.T) {
	for _, test := range []struct {
		kind gpu.AdapterType
		want string
	}{
		{gpu.Discrete, `32×32, 1 to 3 channels, 1 block of 64, batch 1, on a GPU; now for values of batch
The adapter's peak: 200.0 GFLOP/s of multiply-adds.

 batch     GFLOP   D step   G step  iteration  GFLOP/s  of peak  an image       held  dispatches  time/GFLOP
     1        10  80.0 ms   120 ms     200 ms     50.0   25.0 %    200 ms      1 MiB           9      1.00 ×
     4        40   200 ms   200 ms     400 ms    100.0   50.0 %    100 ms      4 MiB           9      0.50 ×
   256  not measured: program d_step: buffer "x" has 9 bytes
    16       160   640 ms   960 ms     1.60 s    100.0   50.0 %    100 ms     16 MiB           9      0.50 ×

time/GFLOP is relative to the first row: 1 throughout would be cost that grows as the work.
Time grows as the work to the power of 0.75.
`},
		{gpu.CPU, `32×32, 1 to 3 channels, 1 block of 64, batch 1, on a GPU; now for values of batch
The adapter's peak: 200.0 GFLOP/s of multiply-adds (100.0 a core).

` +
			" batch     GFLOP   D step   G step  iteration  GFLOP/s  of peak  an image       held  di" +
			"spatches  time/GFLOP  CPU time  of peak\n" +
			"     1        10  80.0 ms   120 ms     200 ms     50.0   25.0 %    200 ms      1 MiB    " +
			"       9      1.00 ×    400 ms   25.0 %\n"},
	} {
		var out bytes.Buffer
		c := console.New(&out, &out)
		whole := sampleSeries()
		whole.Adapter.Type = test.kind
		for i := range whole.Points { // as they come
			s := *whole
			s.Points = whole.Points[:i+1]
			PrintPoint(c, &s)
		}
		PrintGrowth(c, whole)
		if !strings.HasPrefix(out.String(), test.want) || test.kind == gpu.Discrete && out.String() != test.want {
			t.Errorf("the report is\n%s\nwant\n%s", out.String(), test.want)
		}
	}
}

func TestGrowth(t *testing.T) {
	s := sampleSeries()
	if _, ok := growth(s.Points[:1]); ok {
		t.Error("one point grows")
	}
	if _, ok := growth([]bench.Point{s.Points[0], s.Points[0], s.Points[0]}); ok {
		t.Error("a point grows")
	}
	// From the first to the last, 16 times the work takes 8 times the time.
	if power, ok := growth([]bench.Point{s.Points[0], s.Points[3]}); !ok || power < 0.7499 || power > 0.7501 {
		t.Errorf("the power is %g", power)
	}
}

func TestPlot(t *testing.T) {
	dir := t.TempDir()
	s := sampleSeries()
	s.Points = append(s.Points, bench.Point{Value: 0, Batch: 1,
		Programs: s.Points[0].Programs}) // has no place on the axis
	svg, picture := filepath.Join(dir, "a.svg"), filepath.Join(dir, "a.PNG")
	for _, path := range []string{svg, picture} {
		if err := Plot(path, s); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(svg)
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	for err == nil {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("the SVG is no XML: %v", err)
	}
	for _, want := range []string{">An iteration on a GPU<", ">batch<", ">seconds<", ">as the work<", ">16<", ">0.5<",
		"Arial"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the SVG lacks %s", want)
		}
	}
	for _, no := range []string{">256<", ">0<", "NaN", "Inf"} {
		if bytes.Contains(text, []byte(no)) {
			t.Errorf("the SVG has %s", no)
		}
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, err := png.DecodeConfig(f); err != nil || c.Width < 400 || c.Height < 250 {
		t.Errorf("the picture is %+v, %v", c, err)
	}

	s.Points = s.Points[2:3]
	if err := Plot(svg, s); err == nil || !strings.Contains(err.Error(), "nothing to plot") {
		t.Errorf("a plot of nothing: %v", err)
	}
	if again, err := os.ReadFile(svg); err != nil || !bytes.Equal(again, text) {
		t.Errorf("the plot before is lost: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("there are %v, %v", left, err)
	}
}
