package graph_test

import (
	"math"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

func (g onGraph) paddedConv(x, w, bias *graph.Tensor, stride, pad int, act kernels.Act) *graph.Tensor {
	return g.PaddedConv("padded", x, w, bias, stride, pad, act)
}
func (g onGraph) transposedConv(x, w, bias *graph.Tensor, stride, pad int, act kernels.Act) *graph.Tensor {
	return g.TransposedConv("transposed", x, w, bias, stride, pad, act)
}
func (g onGraph) prelu(x, slope *graph.Tensor) *graph.Tensor { return g.PReLU("prelu", x, slope) }
func (g onGraph) resizeNearest(x *graph.Tensor, h, w int) *graph.Tensor {
	return g.ResizeNearest("resize", x, h, w)
}
func (g onGraph) scale(x *graph.Tensor, factor float64) *graph.Tensor {
	return g.Scale("scale", x, factor)
}
func (g onGraph) rows(a, b *graph.Tensor) *graph.Tensor { return g.Rows("rows", a, b) }
func (g onGraph) centred(x *graph.Tensor) *graph.Tensor { return g.CenterColumns("centred", x) }
func (g onGraph) correlation(a, b *graph.Tensor) *graph.Tensor {
	return g.Correlation("correlation", a, b)
}
func (g onGraph) meanSquare(x *graph.Tensor) *graph.Tensor { return g.MeanSquare("square", x) }
func (g onGraph) mmd(a, b *graph.Tensor) *graph.Tensor     { return g.MMD("mmd", a, b) }
func (g onGraph) softmaxOf(logits *graph.Tensor, class int) *graph.Tensor {
	loss, _ := g.SoftmaxCrossEntropyOf("softmax", logits, class)
	return loss
}

func (r reference) paddedConv(x, w, bias *array, stride, pad int, act kernels.Act) *array {
	return r.convolve(x, w, bias, (x.H+2*pad-w.H)/stride+1, (x.W+2*pad-w.W)/stride+1, stride, pad, pad, act)
}

// Each input pixel adds its weighted kernel to the output.
func (r reference) transposedConv(x, w, bias *array, stride, pad int, act kernels.Act) *array {
	y := zeros(graph.Shape{N: x.N, C: w.C, H: (x.H-1)*stride - 2*pad + w.H, W: (x.W-1)*stride - 2*pad + w.W})
	for n := range y.N {
		for o := range y.C {
			for i := range x.C {
				for iy := range x.H {
					for ix := range x.W {
						for ky := range w.H {
							for kx := range w.W {
								oy, ox := iy*stride+ky-pad, ix*stride+kx-pad
								if oy >= 0 && oy < y.H && ox >= 0 && ox < y.W {
									*y.at(n, o, oy, ox) += *x.at(n, i, iy, ix) * *w.at(i, o, ky, kx)
								}
							}
						}
					}
				}
			}
			for p := range y.H * y.W {
				if bias != nil {
					*y.at(n, o, p/y.W, p%y.W) += bias.v[o]
				}
			}
		}
	}
	return r.activation(y, act)
}

func (reference) prelu(x, slope *array) *array {
	y := zeros(x.Shape)
	for i, v := range x.v {
		y.v[i] = max(v, 0) + slope.v[0]*min(v, 0)
	}
	return y
}

func (reference) resizeNearest(x *array, h, w int) *array {
	y := zeros(graph.Shape{N: x.N, C: x.C, H: h, W: w})
	for n := range y.N {
		for c := range y.C {
			for oy := range h {
				for ox := range w {
					*y.at(n, c, oy, ox) = *x.at(n, c, oy*x.H/h, ox*x.W/w)
				}
			}
		}
	}
	return y
}

func (reference) scale(x *array, factor float64) *array {
	y := zeros(x.Shape)
	for i, v := range x.v {
		y.v[i] = factor * v
	}
	return y
}

func (reference) rows(a, b *array) *array {
	return &array{graph.Features(a.N+b.N, a.C), append(append([]float64(nil), a.v...), b.v...)}
}

func (reference) centred(x *array) *array {
	y := zeros(x.Shape)
	for c := range x.C {
		mean := 0.0
		for n := range x.N {
			mean += *x.at(n, c, 0, 0) / float64(x.N)
		}
		for n := range x.N {
			*y.at(n, c, 0, 0) = *x.at(n, c, 0, 0) - mean
		}
	}
	return y
}

func (reference) correlation(a, b *array) *array {
	y := zeros(graph.Features(a.C, b.C))
	for n := range a.N {
		for i := range a.C {
			for j := range b.C {
				*y.at(i, j, 0, 0) += *a.at(n, i, 0, 0) * *b.at(n, j, 0, 0)
			}
		}
	}
	return y
}

func (reference) meanSquare(x *array) *array {
	sum := 0.0
	for _, v := range x.v {
		sum += v * v / float64(len(x.v))
	}
	return number(sum)
}

func (reference) mmd(a, b *array) *array {
	mean := func(a, b *array) (sum float64) {
		for i := range a.N {
			for j := range b.N {
				d := 0.0
				for c := range a.C {
					d += (*a.at(i, c, 0, 0) - *b.at(j, c, 0, 0)) * (*a.at(i, c, 0, 0) - *b.at(j, c, 0, 0))
				}
				for _, sigma := range []float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 5, 10, 15, 20, 25, 30, 35, 100,
					1e3, 1e4, 1e5, 1e6} {
					sum += math.Exp(-d/(2*sigma)) / float64(a.N*b.N)
				}
			}
		}
		return sum
	}
	return number(max(1e-4, mean(a, a)+mean(b, b)-2*mean(a, b)))
}

func (r reference) softmaxOf(logits *array, class int) *array {
	labels := make([]uint32, logits.N)
	for i := range labels {
		labels[i] = uint32(class)
	}
	return r.softmax(logits, labels)
}

// alignment is the shape of MMD's and DSN's losses: two domains through shared
// weights, compared by kernels, and features kept apart by their correlation.
func alignment[T any](o ops[T]) []T {
	var none T
	features := func(x T) T { return o.linear(x, o.variable("w"), o.variable("b"), kernels.Tanh) }
	source, target := features(o.input("source", graph.Features(3, 4))),
		features(o.input("target", graph.Features(3, 4)))
	private := o.linear(o.input("source", graph.Features(3, 4)), o.variable("p"), none, kernels.NoAct)
	difference := o.correlation(o.normalize(o.centred(private)), o.normalize(o.centred(source)))
	return []T{o.mmd(source, target), o.meanSquare(difference), o.softmaxOf(o.rows(target, source), 1)}
}

// drawing is the shape of CoGAN and of DSN's decoder: noise through transposed
// convolutions of every stride and padding in use, normalised without an offset,
// enlarged, judged by convolutions without padding.
func drawing[T any](o ops[T]) []T {
	var none T
	x := o.reshape(o.input("z", graph.Features(3, 4)), graph.Shape{N: 3, C: 4, H: 1, W: 1})
	x = o.prelu(o.batchNorm(o.transposedConv(x, o.variable("t0"), none, 1, 0, kernels.NoAct), none, none,
		kernels.NoAct), o.variable("s0"))
	x = o.prelu(o.batchNorm(o.transposedConv(x, o.variable("t1"), none, 2, 1, kernels.NoAct), none, none,
		kernels.NoAct), o.variable("s1"))
	head := func(w, b string) T {
		return o.transposedConv(x, o.variable(w), o.variable(b), 1, 1, kernels.Sigmoid)
	}
	judge := func(image T) T {
		y := o.maxPool(o.paddedConv(image, o.variable("d0"), o.variable("d0.bias"), 1, 0, kernels.NoAct), 2, 2)
		return o.linear(o.reshape(y, graph.Features(3, 3*2*2)), o.variable("d1"), o.variable("d1.bias"), kernels.NoAct)
	}
	a, b := judge(head("h0", "h0.bias")), judge(head("h1", "h1.bias"))
	large := o.resizeNearest(head("h0", "h0.bias"), 11, 5)
	return []T{
		o.softmaxOf(a, 1), o.softmaxOf(b, 0), o.meanSquare(o.add(a, o.scale(b, -1))),
		o.meanSquare(o.paddedConv(large, o.variable("e"), none, 2, 1, leaky)),
	}
}

func baselines() map[string]network {
	return map[string]network{
		"alignment": network{
			inputs:    map[string]graph.Shape{"source": graph.Features(3, 4), "target": graph.Features(3, 4)},
			variables: map[string][]int{"w": {5, 4}, "b": {5}, "p": {3, 4}},
			weights:   []float64{0.25, 2, 0.5},
		}.both(alignment[*graph.Tensor], alignment[*array]),
		"drawing": network{
			inputs: map[string]graph.Shape{"z": graph.Features(3, 4)},
			variables: map[string][]int{
				"t0": {4, 6, 2, 2}, "s0": {1}, "t1": {6, 3, 3, 3}, "s1": {1}, "h0": {3, 1, 6, 6}, "h0.bias": {1},
				"h1": {3, 1, 6, 6}, "h1.bias": {1},
				"d0": {3, 1, 3, 3}, "d0.bias": {3}, "d1": {2, 12}, "d1.bias": {2}, "e": {2, 1, 3, 3},
			},
			weights: []float64{1, 0.5, 3, 10},
			target:  &plan.SwiftShader,
		}.both(drawing[*graph.Tensor], drawing[*array]),
	}
}

// A reversed or gated gradient is what it was, times −1, the step's strength or its
// negative; the value passes unchanged.
func TestReversal(t *testing.T) {
	const strength = 0.375
	for name, c := range map[string]struct {
		op     func(g *graph.Graph, x *graph.Tensor) *graph.Tensor
		factor float64
	}{
		"reversed": {func(g *graph.Graph, x *graph.Tensor) *graph.Tensor {
			return g.ReverseGradient("r", x, false)
		}, -1},
		"reversed by λ": {func(g *graph.Graph, x *graph.Tensor) *graph.Tensor {
			return g.ReverseGradient("r", x, true)
		}, -strength},
		"gated": {func(g *graph.Graph, x *graph.Tensor) *graph.Tensor { return g.Gate("r", x) }, strength},
		"a view of a view": {func(g *graph.Graph, x *graph.Tensor) *graph.Tensor {
			return g.Gate("r", g.ReverseGradient("r", x, false))
		}, -strength},
		"nothing to change": {func(g *graph.Graph, x *graph.Tensor) *graph.Tensor { return x }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			before, behind := graph.NewStore("before"), graph.NewStore("behind")
			w, v := before.Add("w", 3, 2), behind.Add("v", 1, 3)
			g, err := graph.Build(func(g *graph.Graph) {
				y := g.Linear("y", g.Input("x", graph.Features(2, 2)), g.Variable(w), nil, kernels.Tanh)
				loss := g.SigmoidCrossEntropy("loss", g.Linear("z", c.op(g, y), g.Variable(v), nil, kernels.NoAct), 1)
				g.Output("value", loss)
				g.Backward([]graph.Term{{Loss: loss, Weight: 1}}, before, behind)
			})
			if err != nil {
				t.Fatal(err)
			}
			s := load(t, g, graph.Rule{})
			x, ws, vs := []float32{1, -2, 0.5, 3}, []float32{0.5, -0.25, 1, 0.75, -1, 0.125}, []float32{1.5, -0.5, 0.25}
			write(t, s, "x", 0, x)
			write(t, s, before.Values(), w.Offset, ws)
			write(t, s, behind.Values(), v.Offset, vs)
			if s.Write(graph.StepBuffer, 0, gpu.Bytes([]uint32{0, 0, 0, 0, 0, math.Float32bits(strength), 0,
				0})) != nil && name != "reversed" && name != "nothing to change" {
				t.Fatal("no step buffer")
			}
			if err := s.Run("test"); err != nil {
				t.Fatal(err)
			}
			value, dw, dv := 0.0, make([]float64, 6), make([]float64, 3)
			for n := range 2 {
				var y [3]float64
				z := 0.0
				for j := range y {
					y[j] = math.Tanh(float64(x[2*n]*ws[2*j] + x[2*n+1]*ws[2*j+1]))
					z += y[j] * float64(vs[j])
				}
				dz := (1/(1+math.Exp(-z)) - 1) / 2
				value += math.Log1p(math.Exp(-z)) / 2
				for j := range y {
					dv[j] += dz * y[j]
					dy := c.factor * dz * float64(vs[j]) * (1 - y[j]*y[j])
					dw[2*j] += dy * float64(x[2*n])
					dw[2*j+1] += dy * float64(x[2*n+1])
				}
			}
			near(t, "value", read(t, s, "value", 0, 1), []float64{value})
			near(t, "gradient before", read(t, s, before.Grads(), w.Offset, 6), dw)
			near(t, "gradient behind", read(t, s, behind.Grads(), v.Offset, 3), dv)
		})
	}
}

// What does not fit is named.
func TestBaselineOperands(t *testing.T) {
	for want, f := range map[string]func(g *graph.Graph, x, y *graph.Tensor){
		"c: convolution of 2×3×5×7 with weights 4×3×6×6, stride 1 and 0 of padding": func(g *graph.Graph, x,
			y *graph.Tensor) {
			g.PaddedConv("c", x, g.Input("w", graph.Shape{N: 4, C: 3, H: 6, W: 6}), nil, 1, 0, kernels.NoAct)
		},
		"c: transposed convolution of 2×3×5×7 with weights 4×3×6×6, stride 1 and 0 of padding": func(g *graph.Graph, x,
			y *graph.Tensor) {
			g.TransposedConv("c", x, g.Input("w", graph.Shape{N: 4, C: 3, H: 6, W: 6}), nil, 1, 0, kernels.NoAct)
		},
		"m: discrepancy of 2×3×5×7 and 2×3×5×7": func(g *graph.Graph, x, y *graph.Tensor) { g.MMD("m", x, x) },
		"r: rows of 2×6×1×1 and 2×3×5×7":        func(g *graph.Graph, x, y *graph.Tensor) { g.Rows("r", y, x) },
		"n: 2×3×5×7 are no features": func(g *graph.Graph, x, y *graph.Tensor) {
			g.CenterColumns("n", x)
		},
		"k: 2×3×5×7 are no features": func(g *graph.Graph, x, y *graph.Tensor) {
			g.Correlation("k", y, x)
		},
		"p: slopes 2×6×1×1; want one": func(g *graph.Graph, x, y *graph.Tensor) { g.PReLU("p", x, y) },
		"s: cross-entropy of 2×6×1×1 against class 6": func(g *graph.Graph, x, y *graph.Tensor) {
			g.SoftmaxCrossEntropyOf("s", y, 6)
		},
	} {
		_, err := graph.Build(func(g *graph.Graph) {
			f(g, g.Input("x", someImages), g.Input("y", graph.Features(2, 6)))
		})
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
