// Package kerneltest runs kernels in tests and compares what they compute with plain
// float64 loops.
package kerneltest

import (
	"math"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/wgsl/kernels"
)

// Tensors are the operands of kernels by the names of their bindings:
// []float32 or []uint32.
type Tensors map[string]any

// Run runs kernels one after the other and reads back into data what
// they may have written. The bytes that pad a buffer to a vec4 hold NaN: what
// leaks out of them shows.
func Run(t testing.TB, data Tensors, kernels ...kernels.Kernel) {
	t.Helper()
	s, written := Load(t, data, kernels...)
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

// Load puts kernels on the test's device with their operands; written are the names of those that
// they may write.
func Load(t testing.TB, data Tensors, kernels ...kernels.Kernel) (s *gpu.Session, written map[string]bool) {
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
			d.Bindings = append(d.Bindings, gpu.Binding{Index: b.Index, Buffer: index[b.Name], Size: size,
				Access: gpu.Access(b.Access)})
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
	s = gputest.Load(t, prog)
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
