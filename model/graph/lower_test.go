package graph_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

var someImages = graph.Shape{N: 2, C: 3, H: 5, W: 7}

// sizes lists the buffers of a program, in bytes.
func sizes(p *gpu.Program) map[string]uint64 {
	m := map[string]uint64{}
	for _, b := range p.Buffers {
		m[b.Name] = b.Size
	}
	return m
}

func program(t *testing.T, f func(g *graph.Graph)) *gpu.Program {
	t.Helper()
	g, err := graph.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Program("test", graph.Rule{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(gpu.Portable); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBuffers(t *testing.T) {
	s := graph.NewStore("net")
	s.Add("first", 65) // the next begins at 128 floats
	w := s.Add("w", 4, 3)
	p := program(t, func(g *graph.Graph) {
		x := g.Input("x", graph.Features(2, 3)) // 6 floats, padded to 8
		y := g.Linear("y", x, g.Variable(w), nil, kernels.ReLU)
		z := g.Activation("z", y, kernels.Tanh)
		g.Output("out", g.Reshape(z, graph.Features(1, 8)))
		g.Reserve(s.Values(), s.Len())
		g.Reserve("nothing", 0)
		g.Reserve("x", 4)
	})
	want := map[string]uint64{"x": 32, "net.values": 4 * 192, "out": 32, "scratch.0": 32}
	if got := sizes(p); !maps.Equal(got, want) {
		t.Errorf("buffers %v, want %v", got, want)
	}
	if len(p.Dispatches) != 2 {
		t.Fatalf("%d dispatches, want 2", len(p.Dispatches))
	}
	for _, b := range p.Dispatches[0].Bindings {
		if name := p.Buffers[b.Buffer].Name; name == "net.values" && (b.Offset != 4*128 || b.Size != 4*12) {
			t.Errorf("w is bound at %d, %d bytes", b.Offset, b.Size)
		}
	}
}

func TestStore(t *testing.T) {
	s := graph.NewStore("net")
	a, b := s.Add("a", 3, 5), s.Add("b", 8, 8)
	c := s.Add("c", 2, 3, 4, 5)
	if a.Offset != 0 || b.Offset != 64 || c.Offset != 128 || s.Len() != 256 || s.Count() != 15+64+120 {
		t.Errorf("offsets %d, %d, %d; %d floats, %d parameters", a.Offset, b.Offset, c.Offset, s.Len(), s.Count())
	}
	if !slices.Equal(s.Variables(), []*graph.Variable{a, b, c}) || s.Name() != "net" {
		t.Errorf("%s has variables %v", s.Name(), s.Variables())
	}
}

// Operations whose results nobody uses are left out, with their memory; equal
// kernels are one module.
func TestUnused(t *testing.T) {
	p := program(t, func(g *graph.Graph) {
		x := g.Input("x", someImages)
		y := g.Activation("y", x, kernels.ReLU)
		unused := g.Activation("unused", g.Activation("unused too", x, kernels.Tanh), kernels.ReLU)
		g.Add(unused, g.Input("lost", someImages))
		g.Output("out", g.Activation("z", y, kernels.ReLU))
	})
	var labels []string
	for _, d := range p.Dispatches {
		labels = append(labels, d.Label)
	}
	if !slices.Equal(labels, []string{"y", "z"}) || len(p.Modules) != 1 {
		t.Errorf("dispatches %v of %d modules", labels, len(p.Modules))
	}
	if got := sizes(p); len(got) != 3 || got["lost"] != 0 {
		t.Errorf("buffers %v", got)
	}
}

// A chain of operations takes two pieces of scratch memory in turn.
func TestScratchIsReused(t *testing.T) {
	p := program(t, func(g *graph.Graph) {
		x := g.Input("x", someImages)
		for range 10 {
			x = g.Activation("y", x, kernels.ReLU)
		}
		g.Output("out", x)
	})
	if got := sizes(p); len(got) != 4 || got["scratch.0"] != 4*212 || got["scratch.1"] != 4*212 {
		t.Errorf("buffers %v", got)
	}
}

// Dropout passes gradients where it passed values.
func TestDropoutGradient(t *testing.T) {
	const n, keep = 1000, 0.7
	s := graph.NewStore("net")
	v := s.Add("v", n)
	g, err := graph.Build(func(g *graph.Graph) {
		y := g.DropoutNoise("drop", g.Variable(v), keep, 0, 3)
		g.Output("y", y)
		g.Backward([]graph.Term{{Loss: g.MeanError("loss", y, g.Input("zero", graph.Features(1, n)),
			kernels.MeanError{}), Weight: n / 2.0}}, s)
	})
	if err != nil {
		t.Fatal(err)
	}
	session := load(t, g, graph.Rule{For: &plan.SwiftShader})
	ones := slices.Repeat([]float32{1}, n)
	write(t, session, s.Values(), v.Offset, ones)
	if err := session.Run("test"); err != nil {
		t.Fatal(err)
	}
	y, d := read(t, session, "y", 0, n), read(t, session, s.Grads(), v.Offset, n)
	kept := 0
	for i := range y {
		if y[i] != 0 {
			kept++
		}
		if want := y[i] / keep; d[i] < 0.9999*want || d[i] > 1.0001*want { // d½y²/dv = y · mask / keep
			t.Fatalf("[%d]: value %g has gradient %g, want %g", i, y[i], d[i], want)
		}
	}
	if kept < 600 || kept > 800 { // 7 standard deviations
		t.Errorf("%d of %d kept, want about %g", kept, n, keep*n)
	}
}

// The moments that follow the batch's do so in the order of the calls, and
// inference uses them.
func TestRunningMoments(t *testing.T) {
	s := graph.NewStore("stats")
	beta, mean, variance := s.Add("beta", 1), s.Add("mean", 1), s.Add("variance", 1)
	g, err := graph.Build(func(g *graph.Graph) {
		norm := func(x *graph.Tensor, o graph.Norm) *graph.Tensor {
			o.Epsilon, o.Decay = 1e-3, 0.5
			return g.BatchNorm("norm", x, g.Variable(beta), g.Variable(mean), g.Variable(variance), nil, o)
		}
		a, b := g.Input("a", graph.Shape{N: 1, C: 1, H: 2, W: 2}), g.Input("b", graph.Shape{N: 1, C: 1, H: 2, W: 2})
		norm(a, graph.Norm{Training: true, Update: true})
		norm(b, graph.Norm{Training: true, Update: true})
		norm(b, graph.Norm{Training: true}) // unused, and without effect
		g.Output("y", norm(a, graph.Norm{}))
	})
	if err != nil {
		t.Fatal(err)
	}
	session := load(t, g, graph.Rule{For: &plan.SwiftShader})
	write(t, session, "a", 0, []float32{1, 1, 3, 3})     // mean 2, variance 1
	write(t, session, "b", 0, []float32{10, 10, 14, 14}) // mean 12, variance 4
	write(t, session, s.Values(), beta.Offset, []float32{0.5})
	if err := session.Run("test"); err != nil {
		t.Fatal(err)
	}
	near(t, "mean", read(t, session, s.Values(), mean.Offset, 1), []float64{0.5*0.5*2 + 0.5*12})
	near(t, "variance", read(t, session, s.Values(), variance.Offset, 1), []float64{0.5*0.5*1 + 0.5*4})
	near(t, "y", read(t, session, "y", 0, 1), []float64{(1-6.5)/math.Sqrt(2.25+1e-3) + 0.5})
}

// A row takes more scalars than one kernel, each in the column of its place.
func TestCollect(t *testing.T) {
	g, err := graph.Build(func(g *graph.Graph) {
		var scalars []*graph.Tensor
		for i := range 12 {
			if i == 2 || i == 9 {
				scalars = append(scalars, nil)
				continue
			}
			scalars = append(scalars, g.Input(fmt.Sprint("s", i), graph.Features(1, 1)))
		}
		g.Collect("ring", 2, scalars...)
	})
	if err != nil {
		t.Fatal(err)
	}
	s := load(t, g, graph.Rule{})
	untouched := make([]float32, 2*kernels.MetricColumns)
	want := make([]float64, len(untouched))
	for i := range untouched {
		untouched[i], want[i] = 100, 100
	}
	write(t, s, "ring", 0, untouched)
	for i := range 12 {
		if i != 2 && i != 9 {
			write(t, s, fmt.Sprint("s", i), 0, []float32{float32(i)})
			want[kernels.MetricColumns+i] = float64(i)
		}
	}
	// of two rows the second
	if err := s.Write(graph.StepBuffer, 0, gpu.Bytes([]uint32{0, 0, 3, 0, 0, 0, 0, 0})); err != nil {
		t.Fatal(err)
	}
	if err := s.Run("test"); err != nil {
		t.Fatal(err)
	}
	near(t, "ring", read(t, s, "ring", 0, len(untouched)), want)
}

func TestErrors(t *testing.T) {
	s, other := graph.NewStore("net"), graph.NewStore("other")
	w, b := s.Add("w", 4, 3, 3, 3), s.Add("b", 4)
	oblong, cube := s.Add("oblong", 4, 3, 3, 1), s.Add("cube", 1, 2, 3)
	thin := s.Add("thin", 4, 2, 3, 3)
	dense, vast := s.Add("dense", 4, 3), s.Add("vast", 1<<16, 1<<15)
	image, turns := other.Add("image", 2, 3, 5, 7), other.Add("turns", 3, 4)
	loss := func(g *graph.Graph) *graph.Tensor {
		return g.SigmoidCrossEntropy("loss", g.Linear("y", g.Input("x", graph.Features(2, 3)), g.Variable(dense), nil,
			kernels.NoAct), 1)
	}
	for name, c := range map[string]struct {
		f    func(g *graph.Graph, x *graph.Tensor) // x is some images
		want string
	}{
		"conv": {func(g *graph.Graph, x *graph.Tensor) {
			g.Conv("c", x, g.Variable(oblong), nil, 1, kernels.NoAct)
		}, "c: convolution of 2×3×5×7 with weights 4×3×3×1 and stride 1"},
		"conv scope": {func(g *graph.Graph, x *graph.Tensor) {
			g.Scope("net", func() { g.Conv("c", x, g.Variable(thin), nil, 1, kernels.NoAct) })
		}, "net.c: convolution of 2×3×5×7 with weights 4×2×3×3"},
		"conv bias": {func(g *graph.Graph, x *graph.Tensor) {
			g.Conv("c", x, g.Variable(w), g.Variable(dense), 1, kernels.NoAct)
		}, "weights 4×3×3×3, bias 4×3×1×1"},
		"conv stride": {func(g *graph.Graph, x *graph.Tensor) {
			g.Conv("c", x, g.Variable(w), nil, 0, kernels.NoAct)
		}, "stride 0"},
		"linear": {func(g *graph.Graph, x *graph.Tensor) {
			g.Linear("l", x, g.Variable(dense), nil, kernels.NoAct)
		}, "l: linear layer of 2×3×5×7 with weights 4×3×1×1"},
		"linear bias": {func(g *graph.Graph, x *graph.Tensor) {
			g.Linear("l", g.Input("f", graph.Features(2, 3)), g.Variable(dense), g.Variable(dense), kernels.NoAct)
		}, "l: linear layer of 2×3×1×1 with weights 4×3×1×1, bias 4×3×1×1"},
		"batch norm": {func(g *graph.Graph, x *graph.Tensor) {
			g.BatchNorm("n", x, g.Variable(b), g.Variable(b), g.Variable(b), nil, graph.Norm{})
		}, "n: batch normalisation of 2×3×5×7 with other channels than its variables"},
		"residual": {func(g *graph.Graph, x *graph.Tensor) {
			three := g.Input("three", graph.Features(1, 3))
			g.BatchNorm("n", x, three, three, three, x, graph.Norm{Act: kernels.ReLU})
		}, "n: a batch normalisation with residual takes no activation"},
		"add": {func(g *graph.Graph, x *graph.Tensor) {
			g.Add(x, g.Input("z", graph.Features(2, 105)))
		}, "add: 2×3×5×7 and 2×105×1×1"},
		"concat": {func(g *graph.Graph, x *graph.Tensor) {
			g.Concat("c", x, g.Input("z", graph.Features(2, 3)))
		}, "c: concatenation of 2×3×5×7 and 2×3×1×1"},
		"tile": {func(g *graph.Graph, x *graph.Tensor) {
			g.TileChannels("t", x, 3)
		}, "t: 2×3×5×7 has not one channel"},
		"pool": {func(g *graph.Graph, x *graph.Tensor) {
			g.MaxPool("p", x, 6, 2)
		}, "p: 2×3×5×7 is smaller than the window 6"},
		"reshape": {func(g *graph.Graph, x *graph.Tensor) {
			g.Reshape(x, graph.Features(2, 100))
		}, "reshape x: 2×100×1×1 has not as many elements as 2×3×5×7"},
		"dropout": {func(g *graph.Graph, x *graph.Tensor) {
			g.DropoutNoise("d", x, 0, 1, 1)
		}, "d: dropout with keep probability 0"},
		"softmax": {func(g *graph.Graph, x *graph.Tensor) {
			g.SoftmaxCrossEntropy("s", x, x)
		}, "s: cross-entropy of 2×3×5×7 against 210 labels"},
		"many logits": {func(g *graph.Graph, x *graph.Tensor) {
			g.SoftmaxCrossEntropy("s", g.Input("l", graph.Features(4096, 4096)), g.Input("n", graph.Features(4096, 1)))
		}, "at most 1048576 logits"},
		"pairwise": {func(g *graph.Graph, x *graph.Tensor) {
			g.PairwiseMSE("m", x, g.Input("z", graph.Features(2, 105)), 1)
		}, "m: 2×3×5×7 and 2×105×1×1"},
		"squared": {func(g *graph.Graph, x *graph.Tensor) {
			g.MeanError("m", x, g.Input("z", graph.Features(2, 105)), kernels.MeanError{})
		}, "m: 2×3×5×7 and 2×105×1×1"},
		"load": {func(g *graph.Graph, x *graph.Tensor) {
			g.LoadImages("i", graph.Shape{N: 2, C: 2, H: 5, W: 7}, someImages, -1)
		}, "i: images of 2×2×5×7 cannot become 2×3×5×7"},
		"masked": {func(g *graph.Graph, x *graph.Tensor) {
			g.MaskedPairwiseMSE("m", x, x, 1)
		}, "m: 2×3×5×7 has no depth"},
		"quaternion": {func(g *graph.Graph, x *graph.Tensor) {
			g.QuaternionLoss("q", g.Input("p", graph.Features(3, 4)), g.Input("t", graph.Features(2, 4)))
		}, "q: quaternions 3×4×1×1 and 2×4×1×1"},
		"normalize": {func(g *graph.Graph, x *graph.Tensor) { g.Normalize("n", x) }, "n: 2×3×5×7 are no features"},
		"collect": {func(g *graph.Graph, x *graph.Tensor) {
			g.Collect("row", 4, make([]*graph.Tensor, 17)...)
		}, "row: 17 scalars; a row takes 16"},
		"output": {func(g *graph.Graph, x *graph.Tensor) {
			g.Output("o", x)
		}, "output o: x is not a computed tensor"},
		"output twice": {func(g *graph.Graph, x *graph.Tensor) {
			y := g.Add(x, x)
			g.Output("o", y)
			g.Output("p", y)
		}, "output p: add is not a computed tensor of its own"},
		"dimensions": {func(g *graph.Graph, x *graph.Tensor) {
			g.Variable(cube)
		}, "variable cube: 3 dimensions; want 1, 2 or 4"},
		"empty": {func(g *graph.Graph, x *graph.Tensor) {
			g.Input("none", graph.Shape{N: 1, C: 0, H: 2, W: 2})
		}, "none: a tensor of 1×0×2×2 has 0 elements"},
		"vast": {func(g *graph.Graph, x *graph.Tensor) {
			g.Variable(vast)
		}, "vast: a tensor of 65536×32768×1×1 has 2147483648 elements; want 1 to 1073741824"},
		"workgroups": {func(g *graph.Graph, x *graph.Tensor) {
			g.Conv("c", g.Input("many", graph.Shape{N: 4096, C: 1, H: 512, W: 512}), g.Input("w", graph.Features(1, 1)),
				nil, 1, kernels.NoAct)
		}, "c: 4096×1×512×512 takes more workgroups than a GPU must run at once; make the batch or the images smaller"},
		"kernel workgroups": {func(g *graph.Graph, x *graph.Tensor) {
			big := g.Input("many", graph.Shape{N: 70000, C: 1, H: 2, W: 2})
			g.PairwiseMSE("m", big, big, 1)
		}, "m parts: kernel pairwise mse 70000×1×2×2 takes [70000 1 1] workgroups"},
		"rows": {func(g *graph.Graph, x *graph.Tensor) {
			y := g.Linear("y", g.Input("f", graph.Features(5000, 3)), g.Variable(dense), g.Variable(b), kernels.NoAct)
			g.Backward([]graph.Term{{Loss: g.SigmoidCrossEntropy("loss", y, 1), Weight: 1}}, s)
		}, "y.grad.bias: a sum of 5000 rows, more than 4096"},
		"no loss": {func(g *graph.Graph, x *graph.Tensor) {
			g.Backward([]graph.Term{{Loss: g.Linear("y", g.Input("f", graph.Features(2, 3)), g.Variable(dense), nil,
				kernels.NoAct), Weight: 1}}, s)
		}, "backward: y is not a loss"},
		"correct is no loss": {func(g *graph.Graph, x *graph.Tensor) {
			y := g.Linear("y", g.Input("f", graph.Features(2, 3)), g.Variable(dense), nil, kernels.NoAct)
			_, correct := g.SoftmaxCrossEntropy("s", y, g.Input("n", graph.Features(2, 1)))
			g.Backward([]graph.Term{{Loss: correct, Weight: 1}}, s)
		}, "backward: s correct is not a loss"},
		"constant side": {func(g *graph.Graph, x *graph.Tensor) {
			g.Backward([]graph.Term{{Loss: g.PairwiseMSE("m", x, g.Variable(image), 1), Weight: 1}}, other)
		}, "backward: m has no gradient for image"},
		"constant pose": {func(g *graph.Graph, x *graph.Tensor) {
			p := g.Normalize("p", g.Variable(turns))
			g.Backward([]graph.Term{{Loss: g.QuaternionLoss("q", p, p), Weight: 1}}, other)
		}, "backward: q has no gradient for p"},
		"inference": {func(g *graph.Graph, x *graph.Tensor) {
			v := g.Reshape(g.Variable(image), graph.Shape{N: 2, C: 3, H: 5, W: 7})
			three := g.Input("three", graph.Features(1, 3))
			y := g.BatchNorm("n", v, three, three, three, nil, graph.Norm{})
			g.Backward([]graph.Term{{Loss: g.MeanError("m", y, x, kernels.MeanError{}), Weight: 1}}, other)
		}, "backward: n has no gradient"},
	} {
		g, err := graph.Build(func(g *graph.Graph) { c.f(g, g.Input("x", someImages)) })
		var mistake *graph.Error
		if g != nil || !errors.As(err, &mistake) ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	// Losses without weight, and such that depend on nothing, do no harm.
	if _, err := graph.Build(func(g *graph.Graph) {
		g.Backward([]graph.Term{{Loss: loss(g), Weight: 0}, {Loss: loss(g), Weight: 1}}, other)
	}); err != nil {
		t.Error(err)
	}
}

// Build passes on what is not a graph's mistake.
func TestPanics(t *testing.T) {
	defer func() {
		if r := recover(); fmt.Sprint(r) != "a bug" {
			t.Errorf("recovered %v", r)
		}
	}()
	_, _ = graph.Build(func(*graph.Graph) { panic("a bug") })
}
