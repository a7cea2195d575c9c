package kernels_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// variables of awkward lengths, aligned to 64 floats as a network's are.
var variables = func() (v []kernels.Variable) {
	at := 0
	for _, n := range []int{3, 64, 5000, 1, 100001} {
		v = append(v, kernels.Variable{Offset: at, Length: n})
		at += (n + 63) / 64 * 64
	}
	return v
}()

// flat fills the variables' places, and only those, with normal numbers.
func flat(seed uint64, scale float32) []float32 {
	last := variables[len(variables)-1]
	out := make([]float32, last.Offset+(last.Length+63)/64*64)
	for i, v := range variables {
		for j, x := range kerneltest.Normals(seed+uint64(i), v.Length) {
			out[v.Offset+j] = scale * x
		}
	}
	return out
}

func optimizerState(grads []float32) (data kerneltest.Tensors, params, m, v []float32, health []uint32) {
	params, m, v, health = flat(10, 1), make([]float32, len(grads)), make([]float32, len(grads)), make([]uint32, 1)
	table := kernels.OptimizerParts(variables)
	return kerneltest.Tensors{"parts": table, "grads": grads, "partials": make([]float32, len(table)/4),
		"health": health,
		"step":   kerneltest.Step(0), "params": params, "m": m, "v": v}, params, m, v, health
}

func TestAdam(t *testing.T) {
	for _, clip := range []float64{5, 0} {
		t.Run(fmt.Sprint("clip ", clip), func(t *testing.T) {
			adam := kernels.Adam{Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, Clip: clip}
			data, params, m, v, health := optimizerState(flat(0, 0))
			wantP, wantM, wantV := kerneltest.Wide(params), kerneltest.Wide(m), kerneltest.Wide(v)
			for step := 1; step <= 3; step++ {
				// The long variables' norms pass 5, the short ones' do not.
				grads := flat(uint64(100*step), 0.2)
				rate := 1e-3 * math.Sqrt(1-math.Pow(0.999, float64(step))) / (1 - math.Pow(0.5, float64(step)))
				data["grads"], data["step"] = grads, kerneltest.Step(rate)
				kernels := []kernels.Kernel{kernels.GradNorm(variables), adam.Update(variables)}
				kerneltest.Run(t, data, kernels...)
				for _, x := range variables {
					g := kerneltest.Wide(grads[x.Offset : x.Offset+x.Length])
					scale := 1.0
					if norm := math.Sqrt(kerneltest.Dot(g, g)); clip > 0 && norm > clip {
						scale = clip / norm
					}
					for i := range g {
						at := x.Offset + i
						wantM[at] = 0.5*wantM[at] + 0.5*scale*g[i]
						wantV[at] = 0.999*wantV[at] + 0.001*scale*g[i]*scale*g[i]
						wantP[at] -= rate * wantM[at] / (math.Sqrt(wantV[at]) + 1e-8)
					}
				}
			}
			if health[0] != 0 {
				t.Error("health is set")
			}
			// A dozen roundings; a moment that almost cancels keeps those of its
			// terms, below 1. Steps are at most 1e-3 · 1/√0.001 · √0.001 / 0.5.
			kerneltest.Near(t, "m", m, wantM, 12*kerneltest.HalfULP, 4*kerneltest.HalfULP)
			kerneltest.Near(t, "v", v, wantV, 24*kerneltest.HalfULP, 1e-12)
			kerneltest.Near(t, "params", params, wantP, 2*kerneltest.HalfULP,
				3*(kerneltest.HalfULP*4+2e-3*64*kerneltest.HalfULP))
			gapsStayZero(t, params, m, v)
		})
	}
}

// gapsStayZero checks what lies between the variables in buffers of a network.
func gapsStayZero(t *testing.T, buffers ...[]float32) {
	t.Helper()
	for _, moved := range buffers {
		for i, x := range variables {
			end := len(moved)
			if i+1 < len(variables) {
				end = variables[i+1].Offset
			}
			if slices.ContainsFunc(moved[x.Offset+x.Length:end], func(f float32) bool { return f != 0 }) {
				t.Errorf("the gap behind variable %d is not zero", i)
			}
		}
	}
}

func TestSGD(t *testing.T) {
	for _, o := range []kernels.SGD{{Momentum: 0.9}, {Momentum: 0.9, Clip: 5}, {}} {
		t.Run(fmt.Sprintf("%+v", o), func(t *testing.T) {
			data, params, m, _, health := optimizerState(flat(0, 0))
			delete(data, "v")
			wantP, wantM := kerneltest.Wide(params), kerneltest.Wide(m)
			const rate = 0.01
			for step := range 3 {
				grads := flat(uint64(100*(step+1)), 0.2)
				data["grads"], data["step"] = grads, kerneltest.Step(rate)
				kerneltest.Run(t, data, kernels.GradNorm(variables), o.Update(variables))
				for _, x := range variables {
					g := kerneltest.Wide(grads[x.Offset : x.Offset+x.Length])
					scale := 1.0
					if norm := math.Sqrt(kerneltest.Dot(g, g)); o.Clip > 0 && norm > o.Clip {
						scale = o.Clip / norm
					}
					for i := range g {
						at := x.Offset + i
						wantM[at] = o.Momentum*wantM[at] + scale*g[i]
						wantP[at] -= rate * wantM[at]
					}
				}
			}
			if health[0] != 0 {
				t.Error("health is set")
			}
			// A dozen roundings of terms of size 1.
			kerneltest.Near(t, "m", m, wantM, 12*kerneltest.HalfULP, 24*kerneltest.HalfULP)
			kerneltest.Near(t, "params", params, wantP, 6*kerneltest.HalfULP, rate*48*kerneltest.HalfULP)
			gapsStayZero(t, params, m)
		})
	}
}

// A gradient that is not finite stops plain descent too.
func TestSGDHealth(t *testing.T) {
	grads := flat(1, 0.1)
	grads[variables[2].Offset+4999] = float32(math.NaN())
	data, params, m, _, health := optimizerState(grads)
	delete(data, "v")
	data["step"] = kerneltest.Step(1e-2)
	before := slices.Clone(gpu.Bytes(params))
	kerneltest.Run(t, data, kernels.GradNorm(variables), kernels.SGD{Momentum: 0.9}.Update(variables))
	if health[0] != 1 || !slices.Equal(gpu.Bytes(params), before) || slices.ContainsFunc(m, func(f float32) bool {
		return f != 0
	}) {
		t.Errorf("health is %d, and the step was done", health[0])
	}
}

// TestAdamHealth: a gradient that is not finite stops this step and all after
// it, for every variable.
func TestAdamHealth(t *testing.T) {
	adam := kernels.Adam{Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, Clip: 5}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e25} {
		for _, at := range []int{1, variables[2].Offset + 4999, variables[4].Offset + 100000} {
			grads := flat(1, 0.1)
			grads[at] = float32(bad)
			data, params, m, v, health := optimizerState(grads)
			before := [][]byte{slices.Clone(gpu.Bytes(params)), slices.Clone(gpu.Bytes(m)), slices.Clone(gpu.Bytes(v))}
			data["step"] = kerneltest.Step(1e-3)
			for range 2 {
				kerneltest.Run(t, data, kernels.GradNorm(variables), adam.Update(variables))
				if health[0] != 1 {
					t.Fatalf("%g at %d: health is %d", bad, at, health[0])
				}
				for i, now := range [][]byte{gpu.Bytes(params), gpu.Bytes(m), gpu.Bytes(v)} {
					if !slices.Equal(now, before[i]) {
						t.Fatalf("%g at %d: state %d has changed", bad, at, i)
					}
				}
				grads[at] = 0 // healthy again, but nobody has looked
			}
		}
	}
}

func TestOptimizerParts(t *testing.T) {
	got := kernels.OptimizerParts([]kernels.Variable{{Offset: 0, Length: 5}, {Offset: 64, Length: 9000}})
	want := []uint32{0, 2, 0, 1, 16, 1024, 1, 3, 1040, 1024, 1, 3, 2064, 202, 1, 3}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
