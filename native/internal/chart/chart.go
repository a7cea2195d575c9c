// Package chart gives this program's plots a common look, and writes them to files.
package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pixelda-wgpu/trainer/rundir"
)

// Format is the format that a file's name asks for, svg or png, or "".
func Format(path string) string {
	switch e := strings.ToLower(filepath.Ext(path)); e {
	case ".svg", ".png":
		return e[1:]
	}
	return ""
}

// LogAxis makes an axis logarithmic, with some margin around the values.
func LogAxis(a *plot.Axis, values []float64, room float64) {
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

// Write draws a plot on white and writes it in the format that the file's name asks for. An
// existing file is replaced, or left alone if there is an error.
func Write(path string, p *plot.Plot) error {
	const width, height, margin = 6 * vg.Inch, 3.75 * vg.Inch, 8
	p.Title.Padding, p.Legend.YOffs, p.Legend.XOffs, p.Legend.Padding = margin, -margin, margin, 3
	for _, s := range []*draw.TextStyle{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle,
		&p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle,
	} {
		s.Font.Variant = "Sans"
	}
	canvas, err := draw.NewFormattedCanvas(width, height, Format(path))
	if err != nil {
		return fmt.Errorf("drawing a plot: %w", err)
	}
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	p.Draw(draw.Crop(whole, margin, -margin, margin, -margin))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return fmt.Errorf("drawing a plot: %w", err)
	}
	// An SVG embeds no fonts: name others for viewers that lack the first.
	text := bytes.ReplaceAll(b.Bytes(),
		[]byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return rundir.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
