package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pixelda-wgpu/trainer"
)

// printBench writes a table of the steps, one of the kinds of kernels and one of
// the slowest kernels.
func printBench(c *console, b *trainer.Bench) {
	c.printf("%s\n\n", benchTitle(b))
	printSteps(c, b)
	c.printf("\nThe adapter's peak: %s GFLOP/s of multiply-adds%s, copies at %s GB/s.\nHeld on the device: %s.\n\n",
		giga(b.Peak.Arithmetic.Wall), perCore(b), giga(b.Peak.Copy.Wall), sizeString(b.BytesHeld))
	printKernels(c, b, "Kind of kernel", gather(kinds(b.Kernels)))
	const slowest = 12
	c.printf("\n")
	printKernels(c, b, "Slowest kernels", b.Kernels[:min(slowest, len(b.Kernels))])
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

// kinds adds up the kernels of a name but for the sizes in it, the slowest first.
func kinds(kernels []trainer.KernelBench) []trainer.KernelBench {
	index := map[string]int{}
	var sums []trainer.KernelBench
	for _, k := range kernels {
		var words []string
		for word := range strings.FieldsSeq(k.Name) {
			if strings.ContainsAny(word, "0123456789") {
				break
			}
			words = append(words, word)
		}
		name := strings.Join(words, " ")
		at, ok := index[name]
		if !ok {
			at = len(sums)
			index[name] = at
			sums = append(sums, trainer.KernelBench{Name: name})
		}
		addKernel(&sums[at], k)
	}
	slices.SortStableFunc(sums, func(a, b trainer.KernelBench) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return sums
}

func addKernel(sum *trainer.KernelBench, k trainer.KernelBench) {
	sum.Dispatches += k.Dispatches
	sum.Seconds += k.Seconds
	sum.FLOPs += k.FLOPs
	sum.Bytes += k.Bytes
}

// gather makes one line of what takes less than a hundredth each, and adds the sum.
func gather(kernels []trainer.KernelBench) []trainer.KernelBench {
	sum := trainer.KernelBench{Name: "all"}
	for _, k := range kernels {
		addKernel(&sum, k)
	}
	var shown []trainer.KernelBench
	rest := trainer.KernelBench{Name: "others"}
	for _, k := range kernels {
		if k.Seconds >= sum.Seconds/100 {
			shown = append(shown, k)
		} else {
			addKernel(&rest, k)
		}
	}
	if rest.Dispatches > 0 {
		shown = append(shown, rest)
	}
	return append(shown, sum)
}

func printKernels(c *console, b *trainer.Bench, title string, kernels []trainer.KernelBench) {
	total := 0.0
	for _, k := range b.Kernels {
		total += k.Seconds
	}
	t := table{align: "lrrrrrrr"}
	t.head(c, title, "dispatches", "time", "share", "GFLOP/s", "of peak", "GB/s", "of copy")
	for _, k := range kernels {
		flops, bytes := k.FLOPs/k.Seconds, k.Bytes/k.Seconds
		t.add(k.Name, fmt.Sprint(k.Dispatches), duration(k.Seconds), percent(k.Seconds/total),
			giga(flops), percent(flops/b.Peak.Arithmetic.Wall), giga(bytes), percent(bytes/b.Peak.Copy.Wall))
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
