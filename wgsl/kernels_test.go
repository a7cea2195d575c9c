package wgsl_test

import (
	"math"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/wgsl"
)

// halfULP is the relative rounding error of one float32 operation.
const halfULP = 1.0 / (1 << 24)

// tensors are the operands of kernels by the names of their bindings:
// []float32 or []uint32.
type tensors map[string]any

// runKernels runs kernels one after the other and reads back into data what
// they may have written. The bytes that pad a buffer to a vec4 hold NaN: what
// leaks out of them shows.
func runKernels(t testing.TB, data tensors, kernels ...wgsl.Kernel) {
	t.Helper()
	s, written := loadKernels(t, data, kernels...)
	defer s.Close()
	if err := s.Run("test"); err != nil {
		t.Fatal(err)
	}
	for name := range written {
		if err := s.Read(name, 0, bytesOf(t, name, data[name])); err != nil {
			t.Fatal(err)
		}
	}
}

func loadKernels(t testing.TB, data tensors, kernels ...wgsl.Kernel) (s *gpu.Session, written map[string]bool) {
	t.Helper()
	prog := &gpu.Program{Name: "test"}
	index, written := map[string]int{}, map[string]bool{}
	for i, k := range kernels {
		d := gpu.Dispatch{Label: k.Name, Module: i, Workgroups: k.Workgroups, FLOPs: k.FLOPs, Bytes: k.Bytes}
		for _, b := range k.Bindings() {
			size := uint64(len(bytesOf(t, b.Name, data[b.Name]))+15) / 16 * 16
			if _, ok := index[b.Name]; !ok {
				index[b.Name] = len(prog.Buffers)
				prog.Buffers = append(prog.Buffers, gpu.Buffer{Name: b.Name, Size: size})
			}
			d.Bindings = append(d.Bindings, gpu.Binding{Index: b.Index, Buffer: index[b.Name], Size: size, Access: gpu.Access(b.Access)})
			if b.Access == "read_write" {
				written[b.Name] = true
			}
		}
		prog.Modules = append(prog.Modules, gpu.Module{Label: k.Name, Code: k.Code()})
		prog.Dispatches = append(prog.Dispatches, d)
	}
	for name := range data {
		if _, ok := index[name]; !ok {
			t.Fatalf("no kernel binds %s", name)
		}
	}
	s, err := gputest.Device(t).Load(prog)
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	for name, v := range data {
		b := bytesOf(t, name, v)
		padded := append([]byte(nil), b...)
		for len(padded)%16 != 0 {
			padded = append(padded, gpu.Bytes([]float32{nan})...)
		}
		if err := s.Write(name, 0, padded); err != nil {
			t.Fatal(err)
		}
	}
	return s, written
}

func bytesOf(t testing.TB, name string, v any) []byte {
	t.Helper()
	switch v := v.(type) {
	case []float32:
		return gpu.Bytes(v)
	case []uint32:
		return gpu.Bytes(v)
	}
	t.Fatalf("operand %s is %T", name, v)
	return nil
}

// near checks got against a float64 reference: each element may be off by rel
// times its size plus abs.
func near(t *testing.T, what string, got []float32, want []float64, rel, abs float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	worst, at := 0.0, -1
	for i := range want {
		e := math.Abs(float64(got[i]) - want[i])
		if e == 0 {
			continue
		}
		if e /= rel*math.Abs(want[i]) + abs; !(e <= worst) {
			worst, at = e, i
		}
	}
	if !(worst <= 1) {
		t.Errorf("%s: [%d] = %g, want %g: %.2g times the tolerance", what, at, got[at], want[at], worst)
	}
}

// gradientHolds checks a reference's gradient with central differences of its
// value, in float64: truncation and rounding leave about 1e-8 of its size.
func gradientHolds(t *testing.T, what string, x, grad []float64, value func(x []float64) float64) {
	t.Helper()
	const h = 1e-5
	size := 1e-3
	for _, g := range grad {
		size = max(size, math.Abs(g))
	}
	for i := range x {
		at := x[i]
		x[i] = at + h
		up := value(x)
		x[i] = at - h
		down := value(x)
		x[i] = at
		if d := (up - down) / (2 * h); math.Abs(d-grad[i]) > 1e-6*size {
			t.Fatalf("%s: d/dx[%d] = %g by differences, %g by formula", what, i, d, grad[i])
		}
	}
}

func wide(v []float32) []float64 {
	w := make([]float64, len(v))
	for i := range v {
		w[i] = float64(v[i])
	}
	return w
}

func dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}
