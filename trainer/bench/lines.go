package bench

import (
	"cmp"
	"slices"
	"strings"
)

// Line relates a kernel, or several together, to what the device can do.
type Line struct {
	Kernel
	Share    float64 `json:"share"`     // of the time of all kernels
	FLOPRate float64 `json:"flop_rate"` // a second
	OfPeak   float64 `json:"of_peak"`   // that rate relative to the device's peak
	ByteRate float64 `json:"byte_rate"`
	OfCopy   float64 `json:"of_copy"`
	Bound    Bound   `json:"bound"`
}

// Bound says which of the device's peaks limits a kernel.
type Bound string

// The bounds. Work that counts neither operations nor bytes has none.
const (
	NoBound         Bound = ""
	ArithmeticBound Bound = "arithmetic"
	MemoryBound     Bound = "memory"
)

// Bound places a kernel under the roofline: its operations per byte against those of the device at
// both peaks. In other words, the limit is whichever would take longer at its peak.
func (p Peak) Bound(k Kernel) Bound {
	switch arithmetic, memory := k.FLOPs/p.Arithmetic.Wall, k.Bytes/p.Copy.Wall; {
	case k.FLOPs <= 0 && k.Bytes <= 0:
		return NoBound
	case arithmetic >= memory:
		return ArithmeticBound
	default:
		return MemoryBound
	}
}

// Lines relates kernels, or sums of them, to the device and to the iteration.
func (b *Result) Lines(kernels []Kernel) []Line {
	total := 0.0
	for _, k := range b.Kernels {
		total += k.Seconds
	}
	lines := make([]Line, len(kernels))
	for i, k := range kernels {
		l := Line{Kernel: k, Bound: b.Peak.Bound(k)}
		if k.Seconds > 0 { // a clock may tick too slowly for a small kernel
			l.Share = k.Seconds / total
			l.FLOPRate, l.ByteRate = k.FLOPs/k.Seconds, k.Bytes/k.Seconds
			l.OfPeak, l.OfCopy = l.FLOPRate/b.Peak.Arithmetic.Wall, l.ByteRate/b.Peak.Copy.Wall
		}
		lines[i] = l
	}
	return lines
}

// Slowest is the few kernels that take the most time.
func (b *Result) Slowest() []Kernel {
	const few = 12
	return b.Kernels[:min(few, len(b.Kernels))]
}

// Kinds adds up the kernels whose names differ only in the sizes, the slowest first.
func (b *Result) Kinds() []Kernel {
	index := map[string]int{}
	var sums []Kernel
	for _, k := range b.Kernels {
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
			sums = append(sums, Kernel{Name: name})
		}
		sums[at].add(k)
	}
	slices.SortStableFunc(sums, func(a, b Kernel) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return sums
}

// MainKinds is Kinds with a single line for those that take less than a hundredth each, and with
// the sum of all.
func (b *Result) MainKinds() []Kernel {
	kinds := b.Kinds()
	sum := Kernel{Name: "all"}
	for _, k := range kinds {
		sum.add(k)
	}
	var shown []Kernel
	rest := Kernel{Name: "others"}
	for _, k := range kinds {
		if k.Seconds >= sum.Seconds/100 {
			shown = append(shown, k)
		} else {
			rest.add(k)
		}
	}
	if rest.Dispatches > 0 {
		shown = append(shown, rest)
	}
	return append(shown, sum)
}

// add adds the cost of another kernel.
func (k *Kernel) add(other Kernel) {
	k.Dispatches += other.Dispatches
	k.Seconds += other.Seconds
	k.FLOPs += other.FLOPs
	k.Bytes += other.Bytes
}
