package svm

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// ProxyADistance says how far apart two domains' features [n,d] and [m,d] are: 2(1 − 2ε), where ε
// is the error of a linear machine that distinguishes the domains (Ben-David et al., NIPS 2006). It
// is about 0 if that is impossible, below 0 by chance, and 2 if the machine makes no error. Half of
// each domain's rows, drawn by seed, train the machine, a quarter chooses its C, and the last
// quarter gives ε. Both domains count equally, whatever their sizes.
func ProxyADistance(a, b *mat.Dense, seed uint64) (float64, error) {
	n, d := a.Dims()
	m, other := b.Dims()
	if d != other {
		return 0, origin.Errorf("domains with features of %d and %d dimensions", d, other)
	}
	rows := min(n, m)
	const least = 8
	if rows < least {
		return 0, origin.Errorf("%d rows of a domain; want at least %d to tell domains apart", rows, least)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	orders := [2][]int{r.Perm(n)[:rows], r.Perm(m)[:rows]}
	part := func(from, to int) Set {
		s := Set{mat.NewDense(2*(to-from), d, nil), make([]uint32, 2*(to-from)), 2}
		for domain, x := range []*mat.Dense{a, b} {
			for k, i := range orders[domain][from:to] {
				at := domain*(to-from) + k
				copy(s.X.RawRowView(at), x.RawRowView(i))
				s.Labels[at] = uint32(domain)
			}
		}
		return s
	}
	machine, _, _, err := Choose(part(0, rows/2), part(rows/2, rows*3/4), Grid)
	if err != nil {
		return 0, err
	}
	mistakes := 1 - machine.Accuracy(part(rows*3/4, rows))
	return 2 * (1 - 2*mistakes), nil
}
