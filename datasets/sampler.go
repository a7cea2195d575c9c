package datasets

import (
	"math/bits"

	"pixelda-wgpu/datasets/random"
)

// Sampler draws from an endless stream that shows each of n images once per epoch, in a new order
// every epoch. It keeps no position: a batch depends on (n, seed, step) alone, so a resumed run
// needs nothing but the step number. It is safe for concurrent use.
type Sampler struct{ n, seed uint64 }

// NewSampler draws from images 0 … n-1. Two streams of one run, such as source
// and target, need different seeds to be independent.
func NewSampler(n int, seed uint64) (Sampler, error) {
	if n < 1 {
		return Sampler{}, origin.Errorf("cannot sample from an empty set")
	}
	return Sampler{n: uint64(n), seed: seed}, nil
}

// At is element i of the stream.
func (s Sampler) At(i uint64) int {
	epoch := permutation{n: s.n, key: random.Mix(s.seed) + i/s.n}
	return int(epoch.at(i % s.n))
}

// Fill draws batch number step into dst: elements step·len(dst) onwards. Batches are always full:
// one that reaches the end of an epoch continues into the next.
func (s Sampler) Fill(dst []int, step uint64) {
	for k := range dst {
		dst[k] = s.At(step*uint64(len(dst)) + uint64(k))
	}
}

// permutation is a bijection of 0 … n-1 chosen by key and computed element by
// element: a Feistel network over the next power of four, walked until it
// lands inside (cycle walking: fewer than four steps on average).
type permutation struct{ n, key uint64 }

// feistelRounds: 4 already pass for random; the rest is margin for tiny n, where the halves have
// few bits.
const feistelRounds = 8

func (p permutation) at(i uint64) uint64 {
	half := max(1, (bits.Len64(p.n-1)+1)/2)
	mask := uint64(1)<<half - 1
	for {
		left, right := i>>half, i&mask
		for round := range uint64(feistelRounds) {
			f := random.Mix(random.Mix(p.key^round<<56) + right)
			left, right = right, left^(f>>32)&mask
		}
		i = left<<half | right
		if i < p.n {
			return i
		}
	}
}
