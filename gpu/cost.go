package gpu

import "math"

// bytesWeight is how many FLOPs take as long as moving one byte: roughly the same on software and
// hardware adapters.
const bytesWeight = 4

func cost(d *Dispatch) float64 { return d.FLOPs + bytesWeight*d.Bytes }

// split cuts a program into runs of dispatches that cost about the same, and not much more than
// budget each; it returns the end of each run.
func split(dispatches []Dispatch, budget float64) []int {
	var total float64
	for i := range dispatches {
		total += cost(&dispatches[i])
	}
	share := total / math.Max(1, math.Ceil(total/budget))
	var ends []int
	var sum float64
	for i := range dispatches {
		c := cost(&dispatches[i])
		if sum > 0 && sum+c/2 > share {
			ends, sum = append(ends, i), 0
		}
		sum += c
	}
	if len(dispatches) > 0 {
		ends = append(ends, len(dispatches))
	}
	return ends
}
