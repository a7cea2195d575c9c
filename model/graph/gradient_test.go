package graph_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// onGraph adds the operations of a test network to a graph.
type onGraph struct {
	*graph.Graph
	variables map[string]*graph.Variable
	labels    *[][]uint32 // the host's, by number of the input
}

func (g onGraph) input(name string, s graph.Shape) *graph.Tensor { return g.Input(name, s) }
func (g onGraph) variable(name string) *graph.Tensor             { return g.Variable(g.variables[name]) }
func (g onGraph) conv(x, w, bias *graph.Tensor, stride int, act kernels.Act) *graph.Tensor {
	return g.Conv("conv", x, w, bias, stride, act)
}
func (g onGraph) linear(x, w, bias *graph.Tensor, act kernels.Act) *graph.Tensor {
	return g.Linear("linear", x, w, bias, act)
}
func (g onGraph) batchNorm(x, beta, residual *graph.Tensor, act kernels.Act) *graph.Tensor {
	return g.BatchNorm("norm", x, beta, nil, nil, residual, graph.Norm{Epsilon: epsilon, Training: true, Act: act})
}
func (g onGraph) activation(x *graph.Tensor, act kernels.Act) *graph.Tensor {
	return g.Activation("activation", x, act)
}
func (g onGraph) add(a, b *graph.Tensor) *graph.Tensor    { return g.Add(a, b) }
func (g onGraph) concat(a, b *graph.Tensor) *graph.Tensor { return g.Concat("concat", a, b) }
func (g onGraph) tile(x *graph.Tensor, channels int) *graph.Tensor {
	return g.TileChannels("tile", x, channels)
}
func (g onGraph) maxPool(x *graph.Tensor, size, stride int) *graph.Tensor {
	return g.MaxPool("pool", x, size, stride)
}
func (g onGraph) reshape(x *graph.Tensor, s graph.Shape) *graph.Tensor { return g.Reshape(x, s) }
func (g onGraph) sigmoid(logits *graph.Tensor, target float64) *graph.Tensor {
	return g.SigmoidCrossEntropy("sigmoid", logits, target)
}
func (g onGraph) softmax(logits *graph.Tensor, labels []uint32) *graph.Tensor {
	*g.labels = append(*g.labels, labels)
	loss, _ := g.SoftmaxCrossEntropy("softmax", logits,
		g.Input(fmt.Sprint("labels", len(*g.labels)), graph.Features(len(labels), 1)))
	return loss
}
func (g onGraph) pairwise(a, b *graph.Tensor, scale float64) *graph.Tensor {
	return g.PairwiseMSE("pairwise", a, b, scale)
}
func (g onGraph) maskedPairwise(a, b *graph.Tensor, scale float64) *graph.Tensor {
	return g.MaskedPairwiseMSE("masked", a, b, scale)
}
func (g onGraph) meanError(a, b *graph.Tensor, e kernels.MeanError) *graph.Tensor {
	return g.MeanError("error", a, b, e)
}
func (g onGraph) normalize(x *graph.Tensor) *graph.Tensor { return g.Normalize("normalize", x) }
func (g onGraph) quaternion(p, q *graph.Tensor) *graph.Tensor {
	return g.QuaternionLoss("quaternion", p, q)
}
func (g onGraph) halfSquares(x *graph.Tensor) *graph.Tensor { return g.HalfSquares("squares", x) }

// A test network: its inputs, its variables (those whose names begin with ~ are
// not trained), the weights of its losses, and how it computes them, for both
// kinds of tensor.
type network struct {
	inputs    map[string]graph.Shape
	variables map[string][]int
	weights   []float64
	target    *plan.Target // whose plans it takes; the kernels' own tests try all
	graph     func(o ops[*graph.Tensor]) []*graph.Tensor
	reference func(o ops[*array]) []*array
}

// both is the same network for both kinds of tensor.
func (n network) both(f func(o ops[*graph.Tensor]) []*graph.Tensor, r func(o ops[*array]) []*array) network {
	n.graph, n.reference = f, r
	return n
}

// classifier is the shape of a task tower: stride, padding and pooling on odd
// sizes, every activation.
func classifier[T any](o ops[T]) []T {
	x := o.conv(o.input("x", graph.Shape{N: 3, C: 2, H: 7, W: 9}), o.variable("w1"), o.variable("b1"), 1, kernels.ReLU)
	x = o.maxPool(x, 2, 2)
	x = o.conv(x, o.variable("w2"), o.variable("b2"), 2, leaky)
	x = o.reshape(x, graph.Features(3, 5*2*2))
	x = o.linear(x, o.variable("w3"), o.variable("b3"), kernels.Tanh)
	return []T{o.softmax(o.linear(x, o.variable("w4"), o.variable("b4"), kernels.NoAct), []uint32{2, 0, 3})}
}

// adversarial is the shape of a generator's step: noise as a channel, a residual
// block, a discriminator that stays as it is, used on two batches, and losses of
// several kinds.
func adversarial[T any](o ops[T]) []T {
	var none T
	source := o.input("source", graph.Shape{N: 2, C: 1, H: 4, W: 4})
	noise := o.batchNorm(o.linear(o.input("z", graph.Features(2, 3)), o.variable("noise"), none, kernels.NoAct),
		o.variable("noise.beta"), none, kernels.ReLU)
	x := o.concat(source, o.reshape(noise, graph.Shape{N: 2, C: 1, H: 4, W: 4}))
	x = o.conv(x, o.variable("stem"), o.variable("stem.bias"), 1, kernels.ReLU)
	y := o.batchNorm(o.conv(x, o.variable("block1"), none, 1, kernels.NoAct), o.variable("beta1"), none, kernels.ReLU)
	x = o.batchNorm(o.conv(y, o.variable("block2"), none, 1, kernels.NoAct), o.variable("beta2"), x, kernels.NoAct)
	fake := o.conv(x, o.variable("head"), o.variable("head.bias"), 1, kernels.Tanh)
	judge := func(images T) T {
		d := o.conv(images, o.variable("~d1"), o.variable("~d1.bias"), 1, leaky)
		d = o.batchNorm(o.conv(d, o.variable("~d2"), none, 2, kernels.NoAct), o.variable("~d.beta"), none, leaky)
		return o.linear(o.reshape(d, graph.Features(2, 4*2*2)), o.variable("~fc"), o.variable("~fc.bias"),
			kernels.NoAct)
	}
	return []T{
		o.sigmoid(judge(fake), 1), o.sigmoid(judge(o.input("target", graph.Shape{N: 2, C: 3, H: 4, W: 4})), 0),
		o.pairwise(fake, o.tile(source, 3), 2), o.meanError(fake, o.tile(source, 3), kernels.MeanError{}),
	}
}

// sharing uses its variables several times and in unusual places: as images, as
// both operands of a sum, through views, in two losses; none of their lengths
// is a multiple of 4.
func sharing[T any](o ops[T]) []T {
	var none T
	one := graph.Shape{N: 1, C: 1, H: 3, W: 5}
	v, u := o.reshape(o.variable("v"), one), o.reshape(o.variable("u"), one)
	// one gradient for two variables
	both := o.add(v, u)
	// and twice that of a tensor
	twice := o.add(both, both)
	wide := o.concat(o.tile(v, 2), o.concat(u, o.concat(o.reshape(o.variable("k"), one), twice))) // gradients by slices
	// a stride that divides no tile
	y := o.conv(wide, o.variable("w"), none, 3, kernels.NoAct)
	z := o.conv(o.activation(twice, kernels.Tanh), o.variable("p"), none, 1, leaky)
	z = o.conv(z, o.variable("p"), none, 1, kernels.NoAct) // the same weights again
	return []T{
		o.meanError(o.maxPool(z, 3, 1), o.input("t", graph.Shape{N: 1, C: 1, H: 1, W: 3}), kernels.MeanError{}),
		o.sigmoid(o.reshape(y, graph.Features(4, 1)), 1),
		o.pairwise(o.reshape(y, graph.Shape{N: 2, C: 2, H: 1, W: 1}), o.input("s", graph.Features(2, 2)), 0.5),
	}
}

// posed is the shape of a step on RGB-D images: orientations as a second head,
// content compared where the source is near, decayed weights, one of which no
// other loss reads.
func posed[T any](o ops[T]) []T {
	images := graph.Shape{N: 3, C: 4, H: 5, W: 3}
	source := o.input("source", images)
	fake := o.conv(source, o.variable("g"), o.variable("g.bias"), 1, kernels.Tanh)
	x := o.linear(o.reshape(fake, graph.Features(3, 60)), o.variable("fc"), o.variable("fc.bias"), kernels.ReLU)
	q := o.normalize(o.linear(x, o.variable("quaternion"), o.variable("quaternion.bias"), kernels.Tanh))
	return []T{
		o.softmax(o.linear(x, o.variable("class"), o.variable("class.bias"), kernels.NoAct), []uint32{1, 0, 2}),
		o.quaternion(q, o.normalize(o.input("poses", graph.Features(3, 4)))),
		o.maskedPairwise(fake, source, 2),
		o.meanError(fake, source, kernels.MeanError{Margin: 0.4}),
		o.meanError(fake, source, kernels.MeanError{Absolute: true, Margin: 0.4}),
		o.halfSquares(o.variable("fc")), o.halfSquares(o.variable("unread")),
	}
}

// tiny has one image, one channel, one pixel.
func tiny[T any](o ops[T]) []T {
	x := o.conv(o.input("x", graph.Shape{N: 1, C: 1, H: 1, W: 1}), o.variable("w"), o.variable("b"), 2, kernels.Tanh)
	return []T{o.sigmoid(o.linear(x, o.variable("f"), o.variable("c"), kernels.NoAct), 1)}
}

func networks() map[string]network {
	all := map[string]network{
		"classifier": network{
			inputs: map[string]graph.Shape{"x": {N: 3, C: 2, H: 7, W: 9}},
			variables: map[string][]int{"w1": {3, 2, 5, 5}, "b1": {3}, "w2": {5, 3, 3, 3}, "b2": {5}, "w3": {6, 20},
				"b3": {6}, "w4": {4, 6}, "b4": {4}},
			weights: []float64{1.5},
		}.both(classifier[*graph.Tensor], classifier[*array]),
		"adversarial": network{
			inputs: map[string]graph.Shape{"source": {N: 2, C: 1, H: 4, W: 4}, "z": graph.Features(2, 3),
				"target": {N: 2, C: 3, H: 4, W: 4}},
			variables: map[string][]int{
				"noise": {16, 3}, "noise.beta": {16}, "stem": {5, 2, 3, 3}, "stem.bias": {5}, "block1": {5, 5, 3, 3},
				"beta1": {5}, "block2": {5, 5, 3, 3}, "beta2": {5}, "head": {3, 5, 1, 1}, "head.bias": {3},
				"~d1": {2, 3, 3, 3}, "~d1.bias": {2}, "~d2": {4, 2, 3, 3}, "~d.beta": {4}, "~fc": {1, 16},
				"~fc.bias": {1},
			},
			weights: []float64{0.7, 1, 0.5, 0.25},
			target:  &plan.SwiftShader,
		}.both(adversarial[*graph.Tensor], adversarial[*array]),
		"sharing": network{
			inputs: map[string]graph.Shape{"t": {N: 1, C: 1, H: 1, W: 3}, "s": graph.Features(2, 2)},
			variables: map[string][]int{"v": {15}, "u": {15}, "k": {15}, "w": {2, 5, 3, 3}, "p": {1, 1, 3, 3},
				"unused": {2}},
			weights: []float64{1, 0.5, 2},
			target:  &plan.SwiftShader,
		}.both(sharing[*graph.Tensor], sharing[*array]),
		"posed": network{
			inputs: map[string]graph.Shape{"source": {N: 3, C: 4, H: 5, W: 3}, "poses": graph.Features(3, 4)},
			variables: map[string][]int{"g": {4, 4, 3, 3}, "g.bias": {4}, "fc": {7, 60}, "fc.bias": {7},
				"class": {3, 7}, "class.bias": {3},
				"quaternion": {4, 7}, "quaternion.bias": {4}, "unread": {3, 3}},
			weights: []float64{1, 0.25, 0.5, 0.7, 0.3, 0.1, 0.2},
		}.both(posed[*graph.Tensor], posed[*array]),
		"tiny": network{
			inputs:    map[string]graph.Shape{"x": {N: 1, C: 1, H: 1, W: 1}},
			variables: map[string][]int{"w": {1, 1, 3, 3}, "b": {1}, "f": {1, 1}, "c": {1}},
			weights:   []float64{1},
		}.both(tiny[*graph.Tensor], tiny[*array]),
	}
	maps.Copy(all, baselines())
	return all
}

func dims(d []int) graph.Shape {
	switch len(d) {
	case 1:
		return graph.Features(1, d[0])
	case 2:
		return graph.Features(d[0], d[1])
	}
	return graph.Shape{N: d[0], C: d[1], H: d[2], W: d[3]}
}

// TestGradients compares losses and gradients on the device with a float64
// reference, whose gradients are central differences: with steps of 1e-5 they are
// good to 1e-9 or so, and the kinks of ReLU and pooling are missed, since the
// numbers are drawn from a fixed seed.
func TestGradients(t *testing.T) {
	t.Parallel()
	for name, n := range networks() {
		// The reference.
		r := rand.New(rand.NewPCG(1, 2))
		draw := func(s graph.Shape, std float64) *array { // numbers that float32 holds
			a := zeros(s)
			for i := range a.v {
				a.v[i] = float64(float32(std * r.NormFloat64()))
			}
			return a
		}
		ref := reference{map[string]*array{}, map[string]*array{}}
		for _, name := range slices.Sorted(maps.Keys(n.inputs)) {
			ref.inputs[name] = draw(n.inputs[name], 1)
		}
		for _, name := range slices.Sorted(maps.Keys(n.variables)) {
			ref.variables[name] = draw(dims(n.variables[name]), 0.3)
		}
		total := func() (sum float64) {
			for i, l := range n.reference(ref) {
				sum += n.weights[i] * l.v[0]
			}
			return sum
		}
		gradient := func(a *array) []float64 {
			const h = 1e-5
			d := make([]float64, len(a.v))
			for i, v := range a.v {
				a.v[i] = v + h
				up := total()
				a.v[i] = v - h
				d[i] = (up - total()) / (2 * h)
				a.v[i] = v
			}
			return d
		}
		losses := n.reference(ref)
		gradients := map[string][]float64{}
		for name, a := range ref.variables {
			if name[0] != '~' {
				gradients[name] = gradient(a)
			}
		}

		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trained, constant := graph.NewStore("trained"), graph.NewStore("constant")
			variables := map[string]*graph.Variable{}
			for _, name := range slices.Sorted(maps.Keys(n.variables)) {
				s := trained
				if name[0] == '~' {
					s = constant
				}
				variables[name] = s.Add(name, n.variables[name]...)
			}
			var labels [][]uint32
			g, err := graph.Build(func(g *graph.Graph) {
				var terms []graph.Term
				for i, l := range n.graph(onGraph{g, variables, &labels}) {
					g.Output(fmt.Sprint("loss", i), l)
					terms = append(terms, graph.Term{Loss: l, Weight: n.weights[i]})
				}
				g.Backward(terms, trained)
				g.Reserve(trained.Grads(), trained.Len())
			})
			if err != nil {
				t.Fatal(err)
			}
			s := load(t, g, graph.Rule{For: n.target})
			for name := range n.inputs {
				write(t, s, name, 0, narrow(ref.inputs[name].v))
			}
			for i, l := range labels {
				if err := s.Write(fmt.Sprint("labels", i+1), 0, gpu.Bytes(l)); err != nil {
					t.Fatal(err)
				}
			}
			for name, v := range variables {
				buffer := trained.Values()
				if name[0] == '~' {
					buffer = constant.Values()
				}
				write(t, s, buffer, v.Offset, narrow(ref.variables[name].v))
			}
			if err := s.Run("test"); err != nil {
				t.Fatal(err)
			}
			// Rounding of 2⁻²⁴ in each of some hundred operations, which a batch
			// normalisation of few numbers amplifies tenfold: 1e-5 of the largest.
			for i, l := range losses {
				near(t, fmt.Sprint("loss", i), read(t, s, fmt.Sprint("loss", i), 0, 1), l.v)
			}
			flat := read(t, s, trained.Grads(), 0, trained.Len())
			for name, want := range gradients {
				v := variables[name]
				near(t, "gradient of "+name, flat[v.Offset:v.Offset+v.Len()], want)
				clear(flat[v.Offset : v.Offset+v.Len()])
			}
			for i, x := range flat {
				if x != 0 {
					t.Errorf("float %d between the gradients is %g", i, x)
				}
			}
		})
	}
}

// near allows an error of 1e-5 of the largest number.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	size := 1e-3
	for _, w := range want {
		size = max(size, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= 1e-5*size) {
			t.Errorf("%s: [%d] is %g, want %g (of at most %g)", what, i, got[i], w, size)
			return
		}
	}
}

// load makes a graph ready to run as the program "test", which keeps to the
// limits of any adapter.
func load(t *testing.T, g *graph.Graph, choose graph.Chooser) *gpu.Session {
	t.Helper()
	p, err := g.Program("test", choose)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(gpu.Portable); err != nil {
		t.Fatal(err)
	}
	s, err := gputest.Device(t).Load(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func write(t *testing.T, s *gpu.Session, buffer string, at int, v []float32) {
	t.Helper()
	if err := s.Write(buffer, 4*uint64(at), gpu.Bytes(v)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *gpu.Session, buffer string, at, n int) []float32 {
	t.Helper()
	v := make([]float32, n)
	if err := s.Read(buffer, 4*uint64(at), gpu.Bytes(v)); err != nil {
		t.Fatal(err)
	}
	return v
}

func narrow(v []float64) []float32 {
	n := make([]float32, len(v))
	for i := range v {
		n[i] = float32(v[i])
	}
	return n
}
