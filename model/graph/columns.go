package graph

import (
	"pixelda-wgpu/wgsl/kernels"
)

// Rows puts the features of b [M,C] behind those of a [N,C]: [N+M,C].
func (g *Graph) Rows(label string, a, b *Tensor) *Tensor {
	if a.C != b.C || a.H*a.W*b.H*b.W != 1 {
		fail("%s%s: rows of %v and %v", g.scope, label, a.Shape, b.Shape)
	}
	one := g.Concat(label, g.Reshape(a, Features(1, a.Len())), g.Reshape(b, Features(1, b.Len())))
	return g.Reshape(one, Features(a.N+b.N, a.C))
}

// CenterColumns takes from each feature of x [N,C] its mean over the batch.
func (g *Graph) CenterColumns(label string, x *Tensor) *Tensor {
	g.wantFeatures(label, x)
	y := g.tensor(label, x.Shape)
	n := g.kernel(label, kernels.CenterColumns(x.N, x.C), x, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d := g.tensor("data", x.Shape)
		g.kernel("data", kernels.CenterColumns(x.N, x.C), grads[0], d)
		return []*Tensor{d}
	}
	return y
}

// Normalize scales each row of x [N,C] to length 1: quaternions, features.
func (g *Graph) Normalize(label string, x *Tensor) *Tensor {
	g.wantFeatures(label, x)
	y := g.tensor(label, x.Shape)
	n := g.kernel(label, kernels.Normalize(x.N, x.C), x, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d := g.tensor("data", x.Shape)
		g.kernel("data", kernels.NormalizeGrad(x.N, x.C), grads[0], x, d)
		return []*Tensor{d}
	}
	return y
}

// Correlation is aᵀ·b of features a [N,C] and b [N,D], as [C,D].
func (g *Graph) Correlation(label string, a, b *Tensor) *Tensor {
	g.wantFeatures(label, a)
	g.wantFeatures(label, b)
	if a.N != b.N {
		fail("%s%s: correlation of %v and %v", g.scope, label, a.Shape, b.Shape)
	}
	multiply := func(label string, s kernels.MatMul, a, b *Tensor) *Tensor {
		return g.add(g.tensor(label, Features(s.M, s.N)), "c", product{MatMul: s}.ways,
			map[string]*Tensor{"a": a, "b": b}, a, b)
	}
	y := multiply(label, kernels.MatMul{M: a.C, N: b.C, K: a.N, TransA: true}, a, b)
	y.node.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		d := make([]*Tensor, 2)
		if needs[0] {
			d[0] = multiply("first", kernels.MatMul{M: a.N, N: a.C, K: b.C, TransB: true}, b, grads[0])
		}
		if needs[1] {
			d[1] = multiply("second", kernels.MatMul{M: a.N, N: b.C, K: a.C}, a, grads[0])
		}
		return d
	}
	return y
}

func (g *Graph) wantFeatures(label string, x *Tensor) {
	if x.H*x.W != 1 {
		fail("%s%s: %v are no features", g.scope, label, x.Shape)
	}
}
