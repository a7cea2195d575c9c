package datasets

// random is a small generator (SplitMix64) whose numbers are fixed by this
// code alone: generated sets stay the same under every Go release.
type random struct{ state uint64 }

// newRandom is the generator of one item of one stream of a seed.
func newRandom(seed, stream, item uint64) random {
	return random{mix64(mix64(mix64(seed)+stream) + item)}
}

func (r *random) uint64() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix64(r.state)
}

// intn is uniform in 0 … n-1, biased by less than n/2^53.
func (r *random) intn(n int) int { return int(r.float() * float64(n)) }

// float is uniform in [0, 1).
func (r *random) float() float64 { return float64(r.uint64()>>11) / (1 << 53) }

// between is uniform in [a, b).
func (r *random) between(a, b float64) float64 { return a + (b-a)*r.float() }

// chance is true with probability p.
func (r *random) chance(p float64) bool { return r.float() < p }

// normal has mean 0 and variance 1: the sum of four uniform numbers, bell-shaped
// but within ±3.47, so no draw is ever an outlier.
func (r *random) normal() float64 {
	const sqrt3 = 1.7320508075688772
	return (r.float() + r.float() + r.float() + r.float() - 2) * sqrt3
}

// mix64 scrambles a counter into 64 well-mixed bits: SplitMix64's finaliser
// (Steele, Lea, Flood 2014) after its additive step.
func mix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
