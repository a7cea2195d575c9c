package native

import (
	"fmt"
	"slices"

	"pixelda-wgpu/trainer"
)

// printBench writes a table of the steps, one of the kinds of kernels and one of
// the slowest kernels.
func printBench(c *console, b *trainer.Bench) {
	c.printf("%s\n\n", benchTitle(b))
	printSteps(c, b)
	c.printf("\nThe adapter's peak: %s GFLOP/s of multiply-adds%s, copies at %s GB/s.\nHeld on the device: %s.\n\n",
		giga(b.Peak.Arithmetic.Wall), perCore(b), giga(b.Peak.Copy.Wall), sizeString(b.BytesHeld))
	printKernels(c, "Kind of kernel", b.Lines(b.MainKinds()))
	c.printf("\n")
	printKernels(c, "Slowest kernels", b.Lines(b.Slowest()))
}

func benchTitle(b *trainer.Bench) string {
	m := b.Config
	return fmt.Sprintf("%d×%d, %d to %d channels, %s of %d, batch %d, on %s", m.Size, m.Size, m.SourceChannels, m.TargetChannels,
		count(m.GBlocks, "block"), m.GFilters, m.Batch, b.Adapter.Name)
}

// byProcessor reports whether the processors' time is the adapter's, and known.
func byProcessor(b *trainer.Bench) bool { return b.Adapter.Software() && b.Peak.Arithmetic.CPU > 0 }

func perCore(b *trainer.Bench) string {
	if !byProcessor(b) {
		return ""
	}
	return fmt.Sprintf(" (%s a core)", giga(b.Peak.Arithmetic.CPU))
}

func printSteps(c *console, b *trainer.Bench) {
	t := table{align: "lrrrrrrrrr"}
	head := []string{"Step", "time", "GFLOP", "GFLOP/s", "of peak", "dispatches", "host time"}
	if byProcessor(b) {
		head = append(head, "CPU time", "GFLOP/s a core", "of peak")
	}
	t.head(c, head...)
	for _, p := range append(slices.Clone(b.Programs), b.Iteration()) {
		r := p.Rates()
		row := []string{p.Name, duration(p.Time.Wall), fmt.Sprintf("%.3g", p.FLOPs/1e9), giga(r.Wall), percent(r.Wall / b.Peak.Arithmetic.Wall),
			fmt.Sprint(p.Dispatches), duration(p.Host)}
		if byProcessor(b) {
			row = append(row, duration(p.Time.CPU), giga(r.CPU), percent(r.CPU/b.Peak.Arithmetic.CPU))
		}
		t.add(row...)
	}
	t.print(c, "")
}

func printKernels(c *console, title string, kernels []trainer.KernelLine) {
	t := table{align: "lrrrrrrrl"}
	t.head(c, title, "dispatches", "time", "share", "GFLOP/s", "of peak", "GB/s", "of copy", "bound by")
	for _, k := range kernels {
		t.add(k.Name, fmt.Sprint(k.Dispatches), duration(k.Seconds), percent(k.Share),
			giga(k.FLOPRate), percent(k.OfPeak), giga(k.ByteRate), percent(k.OfCopy), string(k.Bound))
	}
	t.print(c, "")
}

// giga writes a number in units of a billion.
func giga(x float64) string {
	if x >= 1e12 {
		return fmt.Sprintf("%.0f", x/1e9)
	}
	return fmt.Sprintf("%.1f", x/1e9)
}

// percent writes a share.
func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// duration writes seconds with three digits or so, in a unit that fits.
func duration(s float64) string {
	unit := "s"
	switch {
	case s < 1e-3:
		s, unit = s*1e6, "µs"
	case s < 1:
		s, unit = s*1e3, "ms"
	}
	digits := 2
	switch { // with what rounds up to 100 or 10
	case s >= 99.95:
		digits = 0
	case s >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, s, unit)
}
