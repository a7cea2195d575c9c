package plan_test

import (
	"fmt"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// matmulShapes are awkward: single rows, columns and terms, sizes that fill no
// tile or workgroup and such that pass them by one. A forward pass has B
// transposed, a weight gradient A, a data gradient neither.
var matmulShapes = []kernels.MatMul{
	{M: 1, N: 1, K: 1},
	{M: 1, N: 70, K: 65},
	{M: 33, N: 1, K: 130, TransA: true},
	{M: 5, N: 7, K: 3, TransB: true},
	{M: 32, N: 100, K: 200, TransB: true},
	{M: 17, N: 513, K: 9, TransA: true},
	{M: 18, N: 16, K: 1, TransA: true, TransB: true},
	{M: 64, N: 512, K: 33},
	// Read by vec4: along k, along k and n, along m and n.
	{M: 17, N: 6, K: 12, TransB: true},
	{M: 18, N: 36, K: 20},
	{M: 20, N: 68, K: 5, TransA: true},
	// Rows of A in two and four groups, each in a uniform buffer.
	{M: 32, N: 70, K: 64},
	{M: 64, N: 64, K: 512, TransB: true},
}

func refMatMul(s kernels.MatMul, a, b []float32) []float64 {
	c := make([]float64, s.M*s.N)
	for m := range s.M {
		for n := range s.N {
			for k := range s.K {
				from, to := m*s.K+k, k*s.N+n
				if s.TransA {
					from = k*s.M + m
				}
				if s.TransB {
					to = n*s.K + k
				}
				c[m*s.N+n] += float64(a[from]) * float64(b[to])
			}
		}
	}
	return c
}

func TestMatMul(t *testing.T) {
	for _, s := range matmulShapes {
		a, b := kerneltest.Normals(1, s.M*s.K), kerneltest.Normals(2, s.K*s.N)
		want := refMatMul(s, a, b)
		plans := productPlans(s, kernels.Epilogue{})
		names(t, plans)
		if len(plans) < 4 {
			t.Errorf("%v: %d plans", s, len(plans))
		}
		for _, p := range plans {
			t.Run(name(p, s), func(t *testing.T) {
				got := runPlan(t, p, map[string][]float32{"a": a, "b": b}, "c", len(want))
				closeToSums(t, "c", got, want, s.K)
			})
		}
	}
}

func TestMatMulEpilogue(t *testing.T) {
	for _, s := range []kernels.MatMul{{M: 3, N: 19, K: 5, TransB: true}, {M: 3, N: 9, K: 8, TransB: true},
		{M: 5, N: 8, K: 4}} {
		a, b, bias := kerneltest.Normals(1, s.M*s.K), kerneltest.Normals(2, s.K*s.N), kerneltest.Normals(3, s.N)
		for _, e := range epilogues {
			if e.Residual || !e.Bias {
				continue // of convolutions
			}
			want := refMatMul(s, a, b)
			operands := map[string][]float32{"a": a, "b": b, "bias": bias}
			for i := range want {
				want[i] = kerneltest.Acts[e.Act](want[i] + float64(bias[i%s.N]))
			}
			for _, p := range few(t, productPlans(s, e)) {
				closeToSums(t, fmt.Sprint(s, p.Name, e), runPlan(t, p, operands, "c", len(want)), want, s.K)
			}
		}
	}
}

// Long sums pass the 65,535 turns that lavapipe gives the loops of an
// invocation; wide products pass the workgroups of a dispatch.
func TestMatMulLimits(t *testing.T) {
	s := kernels.MatMul{M: 1, N: 2, K: 70000, TransB: true}
	a, b := kerneltest.Normals(1, s.K), kerneltest.Normals(2, 2*s.K)
	plans := productPlans(s, kernels.Epilogue{})
	if len(plans) == 0 {
		t.Error("no plan for a long sum")
	}
	for _, p := range plans {
		closeToSums(t, p.Name, runPlan(t, p, map[string][]float32{"a": a, "b": b}, "c", s.N), refMatMul(s, a, b), s.K)
	}
	for _, c := range []struct {
		s    kernels.MatMul
		want bool
	}{
		{kernels.MatMul{M: 1, N: 1 << 18, K: 32, TransA: true}, true},
		{kernels.MatMul{M: 1, N: 1 << 22, K: 32, TransA: true}, false},
		{kernels.MatMul{M: 1 << 20, N: 1, K: 4}, true},
		{kernels.MatMul{M: 1, N: 1, K: 5 << 20}, false},
	} {
		plans := productPlans(c.s, kernels.Epilogue{})
		names(t, plans)
		if (len(plans) > 0) != c.want {
			t.Errorf("%v: %d plans", c.s, len(plans))
		}
		for _, p := range plans {
			if !p.Calls[0].Kernel.Fits() {
				t.Errorf("%v: %s takes %v workgroups", c.s, p.Name, p.Calls[0].Kernel.Workgroups)
			}
		}
	}
}
