// Package random draws the numbers of generated sets, which are the same under every Go release.
package random

// Source is a small generator (SplitMix64) whose numbers depend on this code alone.
type Source struct{ state uint64 }

// New is the generator for one item of one stream of a seed.
func New(seed, stream, item uint64) Source {
	return Source{Mix(Mix(Mix(seed)+stream) + item)}
}

// Uint64 is the next number.
func (r *Source) Uint64() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return Mix(r.state)
}

// Intn is uniform in 0 … n-1, biased by less than n/2^53.
func (r *Source) Intn(n int) int { return int(r.Float() * float64(n)) }

// Float is uniform in [0, 1).
func (r *Source) Float() float64 { return float64(r.Uint64()>>11) / (1 << 53) }

// Between is uniform in [a, b).
func (r *Source) Between(a, b float64) float64 { return a + (b-a)*r.Float() }

// Chance is true with probability p.
func (r *Source) Chance(p float64) bool { return r.Float() < p }

// Normal has mean 0 and variance 1: the sum of four uniform numbers, bell-shaped
// but within ±3.47, so no draw is ever an outlier.
func (r *Source) Normal() float64 {
	const sqrt3 = 1.7320508075688772
	return (r.Float() + r.Float() + r.Float() + r.Float() - 2) * sqrt3
}

// Mix scrambles a counter into 64 well-mixed bits: SplitMix64's finaliser
// (Steele, Lea, Flood 2014) after its additive step.
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
