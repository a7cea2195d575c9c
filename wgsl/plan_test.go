package wgsl_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/wgsl"
)

// program compiles a plan whose operands have the given sizes, in floats.
func program(p wgsl.Plan, sizes map[string]int) *gpu.Program {
	prog := &gpu.Program{Name: "test"}
	index := map[string]int{}
	buffer := func(name string) int {
		i, ok := index[name]
		if !ok {
			floats, given := sizes[name]
			if !given {
				floats = p.Scratch[name]
			}
			i = len(prog.Buffers)
			index[name] = i
			prog.Buffers = append(prog.Buffers, gpu.Buffer{Name: name, Size: uint64(floats+3) / 4 * 16})
		}
		return i
	}
	for i, c := range p.Calls {
		d := gpu.Dispatch{Label: c.Kernel.Name, Module: i, Workgroups: c.Kernel.Workgroups, FLOPs: c.Kernel.FLOPs, Bytes: c.Kernel.Bytes}
		for _, b := range c.Kernel.Bindings {
			o := c.Operand(b)
			at := buffer(o.Name)
			size := prog.Buffers[at].Size
			if o.Size > 0 {
				size = uint64(o.Size) * 4
			}
			d.Bindings = append(d.Bindings, gpu.Binding{Index: b.Index, Buffer: at, Offset: uint64(o.Offset) * 4, Size: size, Access: gpu.Access(b.Access)})
		}
		prog.Modules = append(prog.Modules, gpu.Module{Label: c.Kernel.Name, Code: c.Kernel.Code})
		prog.Dispatches = append(prog.Dispatches, d)
	}
	return prog
}

// runPlan runs a plan on operands and returns the named one.
func runPlan(t testing.TB, p wgsl.Plan, operands map[string][]float32, result string) []float32 {
	t.Helper()
	sizes := map[string]int{}
	for name, v := range operands {
		sizes[name] = len(v)
	}
	s, err := gputest.Device(t).Load(program(p, sizes))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, v := range operands {
		if err := s.Write(name, 0, gpu.Bytes(v)); err != nil && name != "bias" {
			t.Fatal(err)
		}
	}
	if err := s.Run("test"); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(operands[result]))
	if err := s.Read(result, 0, gpu.Bytes(out)); err != nil {
		t.Fatal(err)
	}
	return out
}

func normals(seed uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(seed, 7))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// closeToSums checks sums of terms normal products against float64. Rounding
// errors of such a sum walk at random, so they grow with √terms; 8 standard
// deviations of float32's half unit in the last place leave no flakes and catch
// any wrong term, which is off by about 1.
func closeToSums(t *testing.T, what string, got []float32, want []float64, terms int) {
	t.Helper()
	tolerance := 8 * 6e-8 * math.Sqrt(float64(terms)) * math.Sqrt(float64(terms))
	if terms < 64 {
		tolerance = 8 * 6e-8 * 64
	}
	worst, at := 0.0, 0
	for i := range want {
		if e := math.Abs(float64(got[i]) - want[i]); !(e <= worst) {
			worst, at = e, i
		}
	}
	if !(worst <= tolerance) {
		t.Errorf("%s: [%d] = %g, want %g: off by %.2g, more than %.2g", what, at, got[at], want[at], worst, tolerance)
	}
}

func name(p wgsl.Plan, shape fmt.Stringer) string { return fmt.Sprintf("%s/%s", shape, p.Name) }
