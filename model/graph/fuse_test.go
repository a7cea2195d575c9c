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
	"pixelda-wgpu/wgsl"
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
		leaky := wgsl.LeakyReLU(0.2)
		norm := func(x *graph.Tensor, beta *graph.Variable, residual *graph.Tensor, act wgsl.Act) *graph.Tensor {
			return g.BatchNorm("norm", x, g.Variable(beta), g.Variable(mean), g.Variable(variance), residual,
				graph.Norm{Epsilon: 1e-3, Decay: 0.9, Training: true, Update: true, Act: act})
		}
		y := g.Conv("conv1", g.Input("x", x), g.Variable(w1), g.Variable(b1), 1, leaky)
		y = g.DropoutNoise("noise1", y, 0.8, 0.1, 1)
		z := norm(g.Conv("conv2", y, g.Variable(w2), nil, 1, wgsl.NoAct), beta2, nil, leaky)
		z = g.DropoutNoise("noise2", z, 0.7, 0.1, 2)
		y = norm(g.Conv("conv3", z, g.Variable(w3), nil, 1, wgsl.NoAct), beta3, y, wgsl.NoAct)
		g.Output("y", y)
		logits := g.Linear("fc", g.Reshape(y, graph.Features(x.N, 8*x.H*x.W)), g.Variable(fc), nil, wgsl.NoAct)
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

// joined compares what a network like fusable computes with what its operations compute
// apart, and lists the kernels of both programs: of true the joined ones.
func joined(t *testing.T, g *graph.Graph, choose graph.Chooser, x graph.Shape, s, stats *graph.Store) map[bool][]string {
	t.Helper()
	kernels := map[bool][]string{}
	results := map[bool]map[string][]float32{}
	for fused, lower := range map[bool]func(string, graph.Chooser) (*gpu.Program, error){true: g.Program, false: g.Unfused} {
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
		write(t, session, "x", 0, normals(1, x.Len(), 1))
		if _, draws := sizes(p)[graph.StepBuffer]; draws {
			if err := session.Write(graph.StepBuffer, 0, gpu.Bytes([]uint32{3, 4, 5, 0, 0, 0, 0, 0})); err != nil {
				t.Fatal(err)
			}
		}
		for i, v := range s.Variables() {
			write(t, session, s.Values(), v.Offset, normals(uint64(2+i), v.Len(), 0.3))
		}
		if err := session.Run("test"); err != nil {
			t.Fatal(err)
		}
		results[fused] = map[string][]float32{
			"loss": read(t, session, "loss", 0, 1), "y": read(t, session, "y", 0, int(sizes(p)["y"]/4)),
		}
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
		near(t, fmt.Sprint(x, ": ", what), results[true][what], want)
	}
	return kernels
}

// count is how many of the kernels are of a kind.
func count(kernels []string, kind string) (n int) {
	for _, k := range kernels {
		if strings.Contains(k, kind) {
			n++
		}
	}
	return n
}

// TestFusion: joined operations do what they did apart, and draw the same numbers.
func TestFusion(t *testing.T) {
	for _, shape := range []graph.Shape{{N: 2, C: 3, H: 6, W: 8}, {N: 3, C: 2, H: 5, W: 7}} { // planes of whole quads, or not
		s, stats := graph.NewStore("net"), graph.NewStore("stats")
		g, err := graph.Build(fusable(shape, s, stats))
		if err != nil {
			t.Fatal(err)
		}
		kernels := joined(t, g, graph.FirstPlan{CPU: true}, shape, s, stats)
		bias := 1 // a pass of its own
		if shape.H*shape.W%4 == 0 {
			bias = 0
		}
		for kind, want := range map[string][2]int{ // apart, joined
			"dropout noise": {2, 1}, "dropout grad": {2, 0}, "apply dropout": {0, 1}, "channel sum": {1, bias}, "add": {1, 0},
		} {
			if got := [2]int{count(kernels[false], kind), count(kernels[true], kind)}; got != want {
				t.Errorf("%v: %v of %q apart and joined, want %v: %q", shape, got, kind, want, slices.Sorted(slices.Values(kernels[true])))
			}
		}
	}
}

// TestNormIntoConvs: a normalisation is not stored where all that read it are convolutions
// and gradients of weights whose chosen plans normalise what they load.
func TestNormIntoConvs(t *testing.T) {
	const f = 32 // filters enough for Winograd's algorithm on any adapter
	shape := graph.Shape{N: 2, C: f, H: 6, W: 9}
	for name, c := range map[string]struct {
		choose  graph.Chooser
		noise   bool                                                   // behind the first normalisation
		read    func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor // z besides, which y, the sums of its convolution, may take up
		applied int                                                    // normalisations stored, of two
		normed  int                                                    // transforms that normalise
	}{
		"read by convolutions": {choose: graph.Winograd{}, applied: 1, normed: 2},
		"direct sums":          {choose: graph.FirstPlan{}, applied: 2},
		"direct gradients":     {choose: graph.Winograd{Direct: true}, applied: 2},
		"noise behind":         {choose: graph.Winograd{}, noise: true, applied: 2},
		"read besides": {choose: graph.Winograd{}, applied: 2, read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor {
			return g.Add(y, g.Activation("besides", z, wgsl.Tanh))
		}},
		"added to the sums": {choose: graph.Winograd{}, applied: 2, read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor {
			return g.Add(y, z)
		}},
		"an output": {choose: graph.Winograd{}, applied: 2, read: func(g *graph.Graph, z, y *graph.Tensor) *graph.Tensor {
			g.Output("z", z)
			return y
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, stats := graph.NewStore("net"), graph.NewStore("stats")
			w1, beta1 := s.Add("w1", f, f, 3, 3), s.Add("beta1", f)
			w2, beta2 := s.Add("w2", f, f, 3, 3), s.Add("beta2", f)
			mean, variance := stats.Add("mean", f), stats.Add("variance", f)
			g, err := graph.Build(func(g *graph.Graph) {
				norm := func(x *graph.Tensor, beta *graph.Variable, residual *graph.Tensor, act wgsl.Act) *graph.Tensor {
					return g.BatchNorm("norm", x, g.Variable(beta), g.Variable(mean), g.Variable(variance), residual,
						graph.Norm{Epsilon: 1e-3, Decay: 0.9, Training: true, Update: true, Act: act})
				}
				x := g.Input("x", shape)
				z := norm(g.Conv("conv1", x, g.Variable(w1), nil, 1, wgsl.NoAct), beta1, nil, wgsl.ReLU)
				if c.noise {
					z = g.DropoutNoise("noise", z, 0.7, 0.1, 2)
				}
				y := g.Conv("conv2", z, g.Variable(w2), nil, 1, wgsl.NoAct)
				if c.read != nil {
					y = c.read(g, z, y)
				}
				y = norm(y, beta2, x, wgsl.NoAct)
				g.Output("y", y)
				loss := g.MeanError("loss", y, g.Input("zero", shape), wgsl.MeanError{})
				g.Output("loss", loss)
				g.Backward([]graph.Term{{Loss: loss, Weight: 1}}, s)
			})
			if err != nil {
				t.Fatal(err)
			}
			kernels := joined(t, g, c.choose, shape, s, stats)
			got := [3]int{count(kernels[false], "norm apply"), count(kernels[true], "norm apply"), count(kernels[true], "norm relu")}
			if want := [3]int{2, c.applied, c.normed}; got != want {
				t.Errorf("%d normalisations stored apart, %d joined, and %d transforms that normalise; want %d: %q", got[0], got[1], got[2], want, kernels[true])
			}
		})
	}
}
