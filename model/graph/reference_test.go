package graph_test

import (
	"math"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// ops are the operations that a test network is made of, so that it is written
// once and computed twice: by a graph on the device and by reference in float64.
type ops[T any] interface {
	input(name string, s graph.Shape) T
	variable(name string) T
	conv(x, w, bias T, stride int, act kernels.Act) T // bias nil for none
	linear(x, w, bias T, act kernels.Act) T
	batchNorm(x, beta, residual T, act kernels.Act) T // residual nil for none
	activation(x T, act kernels.Act) T
	add(a, b T) T
	concat(a, b T) T
	tile(x T, channels int) T
	maxPool(x T, size, stride int) T
	reshape(x T, s graph.Shape) T
	sigmoid(logits T, target float64) T
	softmax(logits T, labels []uint32) T
	pairwise(a, b T, scale float64) T
	maskedPairwise(a, b T, scale float64) T
	meanError(a, b T, e kernels.MeanError) T
	normalize(x T) T
	quaternion(p, q T) T
	halfSquares(x T) T

	// Those of the baselines.
	paddedConv(x, w, bias T, stride, pad int, act kernels.Act) T
	transposedConv(x, w, bias T, stride, pad int, act kernels.Act) T
	prelu(x, slope T) T
	resizeNearest(x T, h, w int) T
	scale(x T, factor float64) T
	rows(a, b T) T
	centred(x T) T
	correlation(a, b T) T
	meanSquare(x T) T
	mmd(a, b T) T
	softmaxOf(logits T, class int) T
}

// array is a tensor of the reference.
type array struct {
	graph.Shape
	v []float64
}

func (a *array) at(n, c, y, x int) *float64 { return &a.v[((n*a.C+c)*a.H+y)*a.W+x] }

func zeros(s graph.Shape) *array { return &array{s, make([]float64, s.Len())} }

// reference computes each operation by its definition.
type reference struct {
	inputs, variables map[string]*array
}

func (r reference) input(name string, _ graph.Shape) *array { return r.inputs[name] }
func (r reference) variable(name string) *array             { return r.variables[name] }

func activate(v float64, act kernels.Act) float64 {
	switch act {
	case kernels.ReLU:
		return max(v, 0)
	case kernels.Tanh:
		return math.Tanh(v)
	case kernels.Sigmoid:
		return 1 / (1 + math.Exp(-v))
	case leaky:
		return max(v, 0.3*v)
	}
	return v
}

var leaky = kernels.LeakyReLU(0.3)

func (reference) activation(x *array, act kernels.Act) *array {
	y := zeros(x.Shape)
	for i, v := range x.v {
		y.v[i] = activate(v, act)
	}
	return y
}

func (r reference) conv(x, w, bias *array, stride int, act kernels.Act) *array {
	outH, outW := (x.H+stride-1)/stride, (x.W+stride-1)/stride
	padY, padX := max(0, (outH-1)*stride+w.H-x.H)/2, max(0, (outW-1)*stride+w.W-x.W)/2
	return r.convolve(x, w, bias, outH, outW, stride, padY, padX, act)
}

func (r reference) convolve(x, w, bias *array, outH, outW, stride, padY, padX int, act kernels.Act) *array {
	y := zeros(graph.Shape{N: x.N, C: w.N, H: outH, W: outW})
	for n := range x.N {
		for o := range w.N {
			for oy := range outH {
				for ox := range outW {
					sum := 0.0
					if bias != nil {
						sum = bias.v[o]
					}
					for i := range x.C {
						for ky := range w.H {
							for kx := range w.W {
								if iy, ix := oy*stride+ky-padY, ox*stride+kx-padX; iy >= 0 && iy < x.H && ix >= 0 &&
									ix < x.W {
									sum += *x.at(n, i, iy, ix) * *w.at(o, i, ky, kx)
								}
							}
						}
					}
					*y.at(n, o, oy, ox) = sum
				}
			}
		}
	}
	return r.activation(y, act)
}

// A linear layer is a convolution of images of one pixel.
func (r reference) linear(x, w, bias *array, act kernels.Act) *array {
	return r.conv(x, w, bias, 1, act)
}

const epsilon = 1e-3

func (r reference) batchNorm(x, beta, residual *array, act kernels.Act) *array {
	y := zeros(x.Shape)
	count := float64(x.N * x.H * x.W)
	plane := x.H * x.W
	for c := range x.C {
		var mean, variance float64
		for pass := range 3 {
			for n := range x.N {
				for i := (n*x.C + c) * plane; i < (n*x.C+c+1)*plane; i++ {
					switch pass {
					case 0:
						mean += x.v[i] / count
					case 1:
						variance += (x.v[i] - mean) * (x.v[i] - mean) / count
					default:
						y.v[i] = (x.v[i] - mean) / math.Sqrt(variance+epsilon)
						if beta != nil {
							y.v[i] += beta.v[c]
						}
						if residual != nil {
							y.v[i] += residual.v[i]
						}
					}
				}
			}
		}
	}
	return r.activation(y, act)
}

func (reference) add(a, b *array) *array {
	y := zeros(a.Shape)
	for i := range y.v {
		y.v[i] = a.v[i] + b.v[i]
	}
	return y
}

func (reference) concat(a, b *array) *array {
	y := &array{Shape: graph.Shape{N: a.N, C: a.C + b.C, H: a.H, W: a.W}}
	for n := range a.N {
		y.v = append(y.v, a.v[n*len(a.v)/a.N:(n+1)*len(a.v)/a.N]...)
		y.v = append(y.v, b.v[n*len(b.v)/a.N:(n+1)*len(b.v)/a.N]...)
	}
	return y
}

func (reference) tile(x *array, channels int) *array {
	y := &array{Shape: graph.Shape{N: x.N, C: channels, H: x.H, W: x.W}}
	for n := range x.N {
		for range channels {
			y.v = append(y.v, x.v[n*x.H*x.W:(n+1)*x.H*x.W]...)
		}
	}
	return y
}

func (reference) maxPool(x *array, size, stride int) *array {
	y := zeros(graph.Shape{N: x.N, C: x.C, H: (x.H-size)/stride + 1, W: (x.W-size)/stride + 1})
	for n := range y.N {
		for c := range y.C {
			for oy := range y.H {
				for ox := range y.W {
					best := math.Inf(-1)
					for ky := range size {
						for kx := range size {
							best = max(best, *x.at(n, c, oy*stride+ky, ox*stride+kx))
						}
					}
					*y.at(n, c, oy, ox) = best
				}
			}
		}
	}
	return y
}

func (reference) reshape(x *array, s graph.Shape) *array { return &array{s, x.v} }

func number(v float64) *array { return &array{graph.Shape{N: 1, C: 1, H: 1, W: 1}, []float64{v}} }

func (reference) sigmoid(logits *array, target float64) *array {
	sum := 0.0
	for _, x := range logits.v {
		sum += max(x, 0) - x*target + math.Log1p(math.Exp(-math.Abs(x)))
	}
	return number(sum / float64(len(logits.v)))
}

func (reference) softmax(logits *array, labels []uint32) *array {
	loss := 0.0
	for n, label := range labels {
		sum := 0.0
		for c := range logits.C {
			sum += math.Exp(logits.v[n*logits.C+c])
		}
		loss += math.Log(sum) - logits.v[n*logits.C+int(label)]
	}
	return number(loss / float64(len(labels)))
}

func (reference) pairwise(a, b *array, scale float64) *array {
	return pairwise(a, b, scale, func(int) bool { return true })
}

func (reference) maskedPairwise(a, b *array, scale float64) *array {
	plane := b.H * b.W
	return pairwise(a, b, scale, func(i int) bool {
		image := i / (4 * plane)
		return b.v[(4*image+3)*plane+i%plane] < 0.99
	})
}

// pairwise compares the elements that are seen; the others count as equal.
func pairwise(a, b *array, scale float64, seen func(i int) bool) *array {
	loss := 0.0
	k := len(a.v) / a.N
	for n := range a.N {
		var sum, squares float64
		for i := n * k; i < (n+1)*k; i++ {
			if seen(i) {
				d := a.v[i] - b.v[i]
				sum += d
				squares += d * d
			}
		}
		loss += scale * (squares/float64(k) - sum*sum/float64(k*k))
	}
	return number(loss)
}

func (reference) meanError(a, b *array, e kernels.MeanError) *array {
	loss := 0.0
	for i := range a.v {
		d := a.v[i] - b.v[i]
		if e.Absolute {
			d = math.Abs(d)
		} else {
			d *= d
		}
		loss += max(0, d-e.Margin) / float64(len(a.v))
	}
	return number(loss)
}

func (reference) normalize(x *array) *array {
	y := zeros(x.Shape)
	for n := range x.N {
		length := math.Sqrt(inner(x, x, n))
		for i := range x.C {
			y.v[x.C*n+i] = x.v[x.C*n+i] / length
		}
	}
	return y
}

func (reference) quaternion(p, q *array) *array {
	loss := 0.0
	for n := range p.N {
		loss += math.Log(1e-4+1-math.Abs(inner(p, q, n))) / float64(p.N)
	}
	return number(loss)
}

// inner is the product of rows n of four.
func inner(p, q *array, n int) (sum float64) {
	for i := p.C * n; i < p.C*n+p.C; i++ {
		sum += p.v[i] * q.v[i]
	}
	return sum
}

func (reference) halfSquares(x *array) *array {
	sum := 0.0
	for _, v := range x.v {
		sum += v * v / 2
	}
	return number(sum)
}
