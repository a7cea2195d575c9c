// Package benchreport prints what the command bench finds: tables of a measurement and of a series
// of them, two measurements side by side, and a plot.
package benchreport

import (
	"fmt"
	"slices"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
)

// Print writes three tables: the steps, the kinds of kernels, and the slowest kernels.
func Print(c *console.Console, b *bench.Result) {
	c.Printf("%s\n\n", benchTitle(b))
	printSteps(c, b)
	c.Printf("\nThe adapter's peak: %s GFLOP/s of multiply-adds%s, copies at %s GB/s.\nHeld on the device: %s.\n\n",
		giga(b.Peak.Arithmetic.Wall), perCore(b), giga(b.Peak.Copy.Wall), console.Bytes(b.BytesHeld))
	printKernels(c, "Kind of kernel", b.Lines(b.MainKinds()))
	c.Printf("\n")
	printKernels(c, "Slowest kernels", b.Lines(b.Slowest()))
}

func benchTitle(b *bench.Result) string {
	m := b.Config
	return fmt.Sprintf("%d×%d, %d to %d channels, %s of %d, batch %d, on %s", m.Size, m.Size, m.SourceChannels,
		m.TargetChannels,
		console.Count(m.GBlocks, "block"), m.GFilters, m.Batch, b.Adapter.Name)
}

// byProcessor reports whether the adapter computes on the processors, and their time is known.
func byProcessor(b *bench.Result) bool { return b.Adapter.Software() && b.Peak.Arithmetic.CPU > 0 }

func perCore(b *bench.Result) string {
	if !byProcessor(b) {
		return ""
	}
	return fmt.Sprintf(" (%s a core)", giga(b.Peak.Arithmetic.CPU))
}

func printSteps(c *console.Console, b *bench.Result) {
	t := console.Table{Align: "lrrrrrrrrr"}
	head := []string{"Step", "time", "GFLOP", "GFLOP/s", "of peak", "dispatches", "host time"}
	if byProcessor(b) {
		head = append(head, "CPU time", "GFLOP/s a core", "of peak")
	}
	t.Head(c, head...)
	for _, p := range append(slices.Clone(b.Programs), b.Iteration()) {
		r := p.Rates()
		row := []string{p.Name, console.Duration(p.Time.Wall), fmt.Sprintf("%.3g", p.FLOPs/1e9), giga(r.Wall),
			console.Percent(r.Wall / b.Peak.Arithmetic.Wall),
			fmt.Sprint(p.Dispatches), console.Duration(p.Host)}
		if byProcessor(b) {
			row = append(row, console.Duration(p.Time.CPU), giga(r.CPU), console.Percent(r.CPU/b.Peak.Arithmetic.CPU))
		}
		t.Add(row...)
	}
	t.Print(c, "")
}

func printKernels(c *console.Console, title string, kernels []bench.Line) {
	t := console.Table{Align: "lrrrrrrrl"}
	t.Head(c, title, "dispatches", "time", "share", "GFLOP/s", "of peak", "GB/s", "of copy", "bound by")
	for _, k := range kernels {
		t.Add(k.Name, fmt.Sprint(k.Dispatches), console.Duration(k.Seconds), console.Percent(k.Share),
			giga(k.FLOPRate), console.Percent(k.OfPeak), giga(k.ByteRate), console.Percent(k.OfCopy), string(k.Bound))
	}
	t.Print(c, "")
}

// giga writes a number in billions.
func giga(x float64) string {
	if x >= 1e12 {
		return fmt.Sprintf("%.0f", x/1e9)
	}
	return fmt.Sprintf("%.1f", x/1e9)
}
