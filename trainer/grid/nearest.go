package grid

import (
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
)

// Match is an image near a query.
type Match struct {
	Image    int    // its index
	Distance uint64 // squared, in pixel space
}

// Nearest returns for each query the index of the image at the smallest Euclidean distance in pixel
// space, the first one if there are several. Queries and images are stored one after the other,
// size bytes each.
func Nearest(queries, images []byte, size int) []int {
	nearest := make([]int, 0, len(queries)/size)
	for _, matches := range Neighbours(queries, images, size, 1) {
		nearest = append(nearest, matches[0].Image)
	}
	return nearest
}

// Neighbours returns for each query the k images nearest to it, or all if there are fewer, nearest
// first, and the earlier one first if they are equally near.
//
// It compares all pairs, on every core, and abandons an image as soon as its partial distance
// exceeds the worst so far: finding the nearest to 16 tinted MNIST digits among 60,000 (28×28, RGB)
// took 0.9 s on one core of an EPYC; noise, for which that saves nothing, takes half as long again.
func Neighbours(queries, images []byte, size, k int) [][]Match {
	count, total := len(queries)/size, len(images)/size
	workers := min(runtime.GOMAXPROCS(0), max(total, 1))
	found := make([][][]Match, workers)
	var wait sync.WaitGroup
	var failed atomic.Pointer[any]
	for worker := range workers {
		wait.Go(func() {
			// Images may be in a mapped file: the caller has to explain what goes wrong there.
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() {
				if r := recover(); r != nil {
					failed.Store(&r)
				}
			}()
			found[worker] = neighboursWithin(queries, images, size, k, total*worker/workers, total*(worker+1)/workers)
		})
	}
	wait.Wait()
	if r := failed.Load(); r != nil {
		panic(*r)
	}
	all := make([][]Match, count)
	for q := range all {
		for _, part := range found { // in image order
			for _, m := range part[q] {
				all[q] = insert(all[q], m, k)
			}
		}
	}
	return all
}

// neighboursWithin searches images [from, to). Each image is compared with all queries while it is
// in the cache.
func neighboursWithin(queries, images []byte, size, k, from, to int) [][]Match {
	best := make([][]Match, len(queries)/size)
	for i := from; i < to; i++ {
		image := images[i*size : (i+1)*size]
		for q := range best {
			limit := uint64(math.MaxUint64)
			if len(best[q]) == k {
				limit = best[q][k-1].Distance
			}
			if d := distance(queries[q*size:(q+1)*size], image, limit); d < limit {
				best[q] = insert(best[q], Match{i, d}, k)
			}
		}
	}
	return best
}

// insert puts a match after those that are not farther away, and keeps the first k.
func insert(sorted []Match, m Match, k int) []Match {
	at := len(sorted)
	for at > 0 && sorted[at-1].Distance > m.Distance {
		at--
	}
	if at == k {
		return sorted
	}
	return slices.Insert(sorted, at, m)[:min(len(sorted)+1, k)]
}

// distance is the squared distance of two images, or a partial sum that is not below limit.
func distance(a, b []byte, limit uint64) uint64 {
	const stride = 96 // bytes between checks of the limit
	sum := uint64(0)
	for len(a) > 0 && sum < limit {
		n := min(stride, len(a))
		head, other, part := a[:n], b[:n], int32(0)
		for i, v := range head {
			d := int32(v) - int32(other[i])
			part += d * d
		}
		sum += uint64(part)
		a, b = a[n:], b[n:]
	}
	return sum
}

// NearestOthers returns, for each of the images with the given indices, the one nearest to it among
// the others: an image's distance to its set, not counting the image itself.
func NearestOthers(indices []int, images []byte, size int) []Match {
	found := make([]Match, len(indices))
	for k, matches := range Neighbours(Pick(images, size, indices), images, size, 2) {
		for _, m := range matches { // an identical image may come before the image itself
			if m.Image != indices[k] {
				found[k] = m
				break
			}
		}
	}
	return found
}
