package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// fusable is a network in which every rule finds something to join: convolutions with
// moments, dropout behind normalisation and behind an activation, a residual block.
func fusable(x graph.Shape, s, stats *graph.Store) func(g *graph.Graph) {
	w1, b1 := s.Add("w1", 8, x.C, 3, 3), s.Add("b1", 8)
	w2, beta2 := s.Add("w2", 8, 8, 3, 3), s.Add("beta2", 8)
	w3, beta3 := s.Add("w3", 8, 8, 3, 3), s.Add("beta3", 8)
	fc := s.Add("fc", 1, 8*x.H*x.W)
	mean, variance := stats.Add("mean", 8), stats.Add("variance", 8)
	return func(g *graph.Graph) {
		leaky := kernels.LeakyReLU(0.2)
		norm := func(x *graph.Tensor, beta *graph.Variable, residual *graph.Tensor, act kernels.Act) *graph.Tensor {
			return g.BatchNorm("norm", x, g.Variable(beta), g.Variable(mean), g.Variable(variance), residual,
				graph.Norm{Epsilon: 1e-3, Decay: 0.9, Training: true, Update: true, Act: act})
		}
		y := g.Conv("conv1", g.Input("x", x), g.Variable(w1), g.Variable(b1), 1, leaky)
		y = g.DropoutNoise("noise1", y, 0.8, 0.1, 1)
		z := norm(g.Conv("conv2", y, g.Variable(w2), nil, 1, kernels.NoAct), beta2, nil, leaky)
		z = g.DropoutNoise("noise2", z, 0.7, 0.1, 2)
		y = norm(g.Conv("conv3", z, g.Variable(w3), nil, 1, kernels.NoAct), beta3, y, kernels.NoAct)
		g.Output("y", y)
		logits := g.Linear("fc", g.Reshape(y, graph.Features(x.N, 8*x.H*x.W)), g.Variable(fc), nil, kernels.NoAct)
		loss := g.SigmoidCrossEntropy("loss", logits, 1)
		g.Output("loss", loss)
		g.Backward([]graph.Term{{Loss: loss, Weight: 1}}, s)
	}
}

func normals(seed uint64, n int, std float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 7))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(std * r.NormFloat64())
	}
	return v
}

// joinedAndApart runs a network that reads x and leaves y, of so many elements, and loss,
// with its operations joined and apart: all results must agree. It returns the kernels of
// both, joined or not.
func joinedAndApart(t *testing.T, shape graph.Shape, y int, choose graph.Chooser,
	network func(x graph.Shape, s, stats *graph.Store) func(*graph.Graph)) map[bool][]string {
	t.Helper()
	s, stats := graph.NewStore("net"), graph.NewStore("stats")
	g, err := graph.Build(network(shape, s, stats))
	if err != nil {
		t.Fatal(err)
	}
	kernels := map[bool][]string{}
	results := map[bool]map[string][]float32{}
	for fused, lower := range map[bool]func(string, graph.Chooser) (*gpu.Program, error){true: g.Program,
		false: g.Unfused} {
		p, err := lower("test", choose)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Validate(gpu.Portable); err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Dispatches {
			kernels[fused] = append(kernels[fused], p.Modules[d.Module].Label)
		}
		session, err := gputest.Device(t).Load(p)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		write(t, session, "x", 0, normals(1, shape.Len(), 1))
		for i, v := range s.Variables() {
			write(t, session, s.Values(), v.Offset, normals(uint64(2+i), v.Len(), 0.3))
		}
		if err := session.Write(graph.StepBuffer, 0, gpu.Bytes([]uint32{3, 4, 5, 0, 0, 0, 0, 0})); err != nil {
			t.Fatal(err)
		}
		if err := session.Run("test"); err != nil {
			t.Fatal(err)
		}
		results[fused] = map[string][]float32{"loss": read(t, session, "loss", 0, 1), "y": read(t, session, "y", 0, y)}
		for _, v := range s.Variables() {
			results[fused]["gradient of "+v.Name] = read(t, session, s.Grads(), v.Offset, v.Len())
		}
		for _, v := range stats.Variables() {
			results[fused][v.Name] = read(t, session, stats.Values(), v.Offset, v.Len())
		}
	}
	for what, apart := range results[false] {
		want := make([]float64, len(apart))
		for i, v := range apart {
			want[i] = float64(v)
		}
		near(t, fmt.Sprint(shape, ": ", what), results[true][what], want)
	}
	return kernels
}

// counted is how many kernels are of a kind, apart and joined.
func counted(kernels map[bool][]string, kind string) (n [2]int) {
	for i, joined := range []bool{false, true} {
		for _, k := range kernels[joined] {
			if strings.Contains(k, kind) {
				n[i]++
			}
		}
	}
	return n
}

// TestFusion: joined operations do what they did apart, and draw the same numbers.
func TestFusion(t *testing.T) {
	t.Parallel()
	// planes of whole quads, or not
	for _, shape := range []graph.Shape{{N: 2, C: 3, H: 6, W: 8}, {N: 3, C: 2, H: 5, W: 7}} {
		kernels := joinedAndApart(t, shape, shape.N*8*shape.H*shape.W, graph.Rule{For: &plan.SwiftShader}, fusable)
		bias := 1 // a pass of its own
		if shape.H*shape.W%4 == 0 {
			bias = 0
		}
		for kind, want := range map[string][2]int{ // apart, joined
			"dropout noise": {2, 1}, "dropout grad": {2, 0}, "apply dropout": {0, 1}, "channel sum": {1, bias},
			"add": {1, 0},
		} {
			if got := counted(kernels, kind); got != want {
				t.Errorf("%v: %v of %q apart and joined, want %v: %q", shape, got, kind, want,
					slices.Sorted(slices.Values(kernels[true])))
			}
		}
	}
}

// blocks is a network of two residual blocks, 32 filters wide, as a generator's.
func blocks(x graph.Shape, s, stats *graph.Store) func(g *graph.Graph) {
	const f = 32
	stem, head := s.Add("stem", f, x.C, 3, 3), s.Add("head", 1, f*x.H*x.W)
	var weights, betas [4]*graph.Variable
	for i := range weights {
		weights[i], betas[i] = s.Add(fmt.Sprint("w", i), f, f, 3, 3), s.Add(fmt.Sprint("beta", i), f)
	}
	mean, variance := stats.Add("mean", f), stats.Add("variance", f)
	return func(g *graph.Graph) {
		y := g.DropoutNoise("noise", g.Conv("stem", g.Input("x", x), g.Variable(stem), nil, 1, kernels.Tanh), 1, 0.1, 1)
		layer := func(i int, x, residual *graph.Tensor, act kernels.Act) *graph.Tensor {
			x = g.Conv("conv", x, g.Variable(weights[i]), nil, 1, kernels.NoAct)
			return g.BatchNorm("norm", x, g.Variable(betas[i]), g.Variable(mean), g.Variable(variance), residual,
				graph.Norm{Epsilon: 1e-3, Decay: 0.9, Training: true, Update: true, Act: act})
		}
		y = layer(1, layer(0, y, nil, kernels.LeakyReLU(0.2)), y, kernels.NoAct)
		y = layer(3, layer(2, y, nil, kernels.LeakyReLU(0.2)), y, kernels.NoAct)
		g.Output("y", y)
		loss := g.SigmoidCrossEntropy("loss", g.Linear("head", g.Reshape(y, graph.Features(x.N, f*x.H*x.W)),
			g.Variable(head), nil, kernels.NoAct), 1)
		g.Output("loss", loss)
		g.Backward([]graph.Term{{Loss: loss, Weight: 1}}, s)
	}
}

// TestNormIntoConv: in a residual block the first normalisation is left to those that
// read it, which do it on a pass of theirs or before.
func TestNormIntoConv(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		shape graph.Shape
		rule  graph.Rule
		want  [2]int // kernels that apply a normalisation, apart and joined
	}{
		{"Winograd", graph.Shape{N: 3, C: 3, H: 22, W: 26}, graph.Rule{For: &plan.SwiftShader}, [2]int{4, 2}},
		{"matrix products", graph.Shape{N: 3, C: 3, H: 22, W: 26}, graph.Rule{}, [2]int{4, 6}},
		{"too small", graph.Shape{N: 2, C: 3, H: 9, W: 12}, graph.Rule{For: &plan.SwiftShader}, [2]int{4, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			kernels := joinedAndApart(t, c.shape, c.shape.N*32*c.shape.H*c.shape.W, c.rule, blocks)
			if got := counted(kernels, "batch norm apply"); got != c.want {
				t.Errorf("%v apply a normalisation, apart and joined, want %v: %q", got, c.want, kernels[true])
			}
		})
	}
}

// TestNormStored: a normalisation stays where others need its result than convolutions as
// what they sum and gradients of weights, or where noise is behind it.
func TestNormStored(t *testing.T) {
	t.Parallel()
	shape := graph.Shape{N: 3, C: 32, H: 22, W: 26}
	for name, c := range map[string]struct {
		noise bool
		// of the normalised z besides, together with its convolution y
		read func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor
		// kernels that apply a normalisation, apart and joined
		want [2]int
	}{
		"convolutions alone": {want: [2]int{2, 1}, read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor {
			return y
		}},
		"noise behind": {noise: true, want: [2]int{2, 2},
			read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor { return y }},
		"an activation": {want: [2]int{2, 2}, read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor {
			return g.Add(y, g.Activation("tanh", z, kernels.Tanh))
		}},
		"added to the sums": {want: [2]int{2, 2}, read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor {
			return g.Add(y, z)
		}},
		"an output": {want: [2]int{2, 2}, read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor {
			g.Output("z", z)
			return y
		}},
	} {
		t.Run(name, func(t *testing.T) {
			kernels := joinedAndApart(t, shape, shape.Len(), graph.Rule{For: &plan.SwiftShader},
				func(x graph.Shape, s, stats *graph.Store) func(*graph.Graph) {
					w, beta := s.Add("w", x.C, x.C, 3, 3), s.Add("beta", x.C)
					mean, variance := stats.Add("mean", x.C), stats.Add("variance", x.C)
					return func(g *graph.Graph) {
						norm := func(x *graph.Tensor, act kernels.Act) *graph.Tensor {
							return g.BatchNorm("norm", x, g.Variable(beta), g.Variable(mean), g.Variable(variance), nil,
								graph.Norm{Epsilon: 1e-3, Decay: 0.9, Training: true, Update: true, Act: act})
						}
						noise := 0.0
						if c.noise {
							noise = 0.1
						}
						x := g.DropoutNoise("noise", g.Input("x", x), 1, 0.1, 1)
						z := norm(g.Conv("conv1", x, g.Variable(w), nil, 1, kernels.NoAct), kernels.ReLU)
						z = g.DropoutNoise("noise", z, 1, noise, 2)
						y := norm(c.read(g, z, g.Conv("conv2", z, g.Variable(w), nil, 1, kernels.NoAct)), kernels.Tanh)
						g.Output("y", y)
						loss := g.MeanError("loss", y, g.Input("zero", shape), kernels.MeanError{})
						g.Output("loss", loss)
						g.Backward([]graph.Term{{Loss: loss, Weight: 1}}, s)
					}
				})
			if got := counted(kernels, "batch norm apply"); got != c.want {
				t.Errorf("%v apply a normalisation, apart and joined, want %v: %q", got, c.want, kernels[true])
			}
		})
	}
}
