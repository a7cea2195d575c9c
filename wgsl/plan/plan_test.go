package plan_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
	"pixelda-wgpu/wgsl/plan"
)

// program compiles a plan whose operands have the given sizes, in floats.
func program(p plan.Plan, sizes map[string]int) *gpu.Program {
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
		d := gpu.Dispatch{Label: c.Kernel.Name, Module: i, Workgroups: c.Kernel.Workgroups, FLOPs: c.Kernel.FLOPs,
			Bytes: c.Kernel.Bytes}
		for _, b := range c.Kernel.Bindings() {
			o := c.Operand(b)
			at := buffer(o.Name)
			size := prog.Buffers[at].Size
			if o.Size > 0 {
				size = uint64(o.Size) * 4
			}
			d.Bindings = append(d.Bindings, gpu.Binding{Index: b.Index, Buffer: at, Offset: uint64(o.Offset) * 4,
				Size: size, Access: gpu.Access(b.Access)})
		}
		prog.Modules = append(prog.Modules, gpu.Module{Label: c.Kernel.Name, Code: c.Kernel.Code()})
		prog.Dispatches = append(prog.Dispatches, d)
	}
	return prog
}

// runPlan runs a plan on operands and returns the result, of so many floats.
// Before, all memory but the operands holds NaN: what a kernel leaves unwritten
// shows, and what it reads beside the operands. Behind the result nothing but
// zeros may be written, since an optimiser reads whole vec4.
func runPlan(t testing.TB, p plan.Plan, operands map[string][]float32, result string, floats int) []float32 {
	t.Helper()
	sizes := map[string]int{result: floats}
	for name, v := range operands {
		sizes[name] = len(v)
	}
	prog := program(p, sizes)
	s := gputest.Load(t, prog)
	defer s.Close()
	for _, b := range prog.Buffers {
		v := make([]float32, b.Size/4)
		for i := copy(v, operands[b.Name]); i < len(v); i++ {
			v[i] = float32(math.NaN())
		}
		if err := s.Write(b.Name, 0, gpu.Bytes(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Run("test"); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, (floats+3)/4*4)
	if err := s.Read(result, 0, gpu.Bytes(out)); err != nil {
		t.Fatal(err)
	}
	for i, v := range out[floats:] {
		if v == v && v != 0 {
			t.Errorf("%s: float %d behind %s is %g", p.Name, i, result, v)
		}
	}
	return out[:floats]
}

// closeToSums checks sums of terms normal products against float64. Rounding
// errors of such a sum walk at random, √terms steps of half a unit in the last
// place of a sum that grows as √terms; 8 standard deviations leave no flakes and
// catch any wrong term, which is off by about 1.
func closeToSums(t *testing.T, what string, got []float32, want []float64, terms int) {
	t.Helper()
	tolerance := 8 * kerneltest.HalfULP * float64(max(terms, 64))
	worst, at := 0.0, 0
	for i := range want {
		if e := math.Abs(float64(got[i]) - want[i]); !(e <= worst) {
			worst, at = e, i
		}
	}
	t.Logf("%s: off by %.2g of %.2g", what, worst, tolerance)
	if !(worst <= tolerance) {
		t.Errorf("%s: [%d] = %g, want %g: off by %.2g, more than %.2g", what, at, got[at], want[at], worst, tolerance)
	}
}

// epilogues are those that are tested.
var epilogues = []kernels.Epilogue{
	{Bias: true}, {Residual: true}, {Bias: true, Act: kernels.ReLU}, {Bias: true, Act: kernels.Tanh},
	{Bias: true, Residual: true, Act: kernels.LeakyReLU(0.2)},
}

// names checks that an operation's plans have names of their own.
func names(t *testing.T, plans []plan.Plan) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range plans {
		if seen[p.Name] || p.Name == "" || p.Op == "" || p.Op != plans[0].Op {
			t.Errorf("a plan of %q beside those of %q is named %q; so far %v", p.Op, plans[0].Op, p.Name, seen)
		}
		seen[p.Name] = true
	}
}

func name(p plan.Plan, shape fmt.Stringer) string { return fmt.Sprintf("%s/%s", shape, p.Name) }
