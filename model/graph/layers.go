package graph

import (
	"fmt"
	"iter"
	"slices"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// Conv is a convolution with TensorFlow's SAME padding, followed by bias
// (unless nil) and activation: x [N,I,H,W], w [O,I,K,K], bias [1,O,1,1] →
// [N,O,⌈H/stride⌉,⌈W/stride⌉].
func (g *Graph) Conv(label string, x, w, bias *Tensor, stride int, act kernels.Act) *Tensor {
	if w.C != x.C || w.H != w.W || stride < 1 || bias != nil && bias.Len() != w.N {
		fail("%s%s: convolution of %v with weights %v%s and stride %d", g.scope, label, x.Shape, w.Shape, andBias(bias),
			stride)
	}
	return g.convolve(label, x, w, bias, kernels.SameConv(x.N, x.C, x.H, x.W, w.N, w.H, stride), act)
}

// convolve adds the convolution c, which fits the operands.
func (g *Graph) convolve(label string, x, w, bias *Tensor, c kernels.Conv, act kernels.Act) *Tensor {
	operands := map[string]*Tensor{"x": x, "w": w}
	inputs := []*Tensor{x, w}
	if bias != nil {
		operands["bias"], inputs = bias, append(inputs, bias)
	}
	c.Half = g.half
	forward := convolution{c, kernels.Epilogue{Bias: bias != nil, Act: act}}
	y := g.add(g.tensor(label, Shape{c.N, c.OutC, c.OutH, c.OutW}), "y", forward.ways, operands, inputs...)
	y.node.op = forward
	y.node.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		dz := g.activationGrad(grads[0], y, act)
		in := make([]*Tensor, len(inputs))
		if needs[1] {
			in[1] = g.add(g.tensor("weight", w.Shape), "dw", weightGrad(c).ways, map[string]*Tensor{"x": x, "dy": dz},
				x, dz)
			in[1].node.op = weightGrad(c)
		}
		if bias != nil && needs[2] {
			in[2] = g.channelSum("bias", dz)
		}
		if needs[0] {
			data := convolution{Conv: c.DataGrad()}
			in[0] = g.add(g.tensor("data", x.Shape), "y", data.ways, map[string]*Tensor{"x": dz, "w": w}, dz, w)
			in[0].node.op = data
		}
		return in
	}
	return y
}

// product is a matrix product and what is done with its sums.
type product struct {
	kernels.MatMul
	epilogue kernels.Epilogue
}

func (p product) ways(t *plan.Target) iter.Seq[plan.Plan] {
	return plan.MatMul(p.MatMul, p.epilogue, t)
}

// Linear is a fully connected layer: x [N,I,1,1], w [O,I] → [N,O,1,1].
func (g *Graph) Linear(label string, x, w, bias *Tensor, act kernels.Act) *Tensor {
	if w.C != x.C || x.H*x.W*w.H*w.W != 1 || bias != nil && bias.Len() != w.N {
		fail("%s%s: linear layer of %v with weights %v%s", g.scope, label, x.Shape, w.Shape, andBias(bias))
	}
	n, in, out := x.N, x.C, w.N
	operands := map[string]*Tensor{"a": x, "b": w}
	inputs := []*Tensor{x, w}
	if bias != nil {
		operands["bias"], inputs = bias, append(inputs, bias)
	}
	forward := kernels.MatMul{M: n, N: out, K: in, TransB: true}
	y := g.add(g.tensor(label, Features(n, out)), "c",
		product{forward, kernels.Epilogue{Bias: bias != nil, Act: act}}.ways, operands, inputs...)
	y.node.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		dz := g.activationGrad(grads[0], y, act)
		d := make([]*Tensor, len(inputs))
		if needs[1] {
			s := kernels.MatMul{M: out, N: in, K: n, TransA: true}
			d[1] = g.add(g.tensor("weight", w.Shape), "c", product{MatMul: s}.ways, map[string]*Tensor{"a": dz, "b": x},
				dz, x)
		}
		if bias != nil && needs[2] {
			d[2] = g.sumRows("bias", dz, bias.Shape)
		}
		if needs[0] {
			s := kernels.MatMul{M: n, N: in, K: out}
			d[0] = g.add(g.tensor("data", x.Shape), "c", product{MatMul: s}.ways, map[string]*Tensor{"a": dz, "b": w},
				dz, w)
		}
		return d
	}
	return y
}

// channelSum is Σ over N, H and W of t for each channel, as [1,C,1,1].
func (g *Graph) channelSum(label string, t *Tensor) *Tensor {
	m := t.kernelMap()
	partials := g.tensor(label+" partials", Features(m.Parts(), m.C))
	g.kernel(label+" partials", kernels.ChannelSum(m), t, partials).op = channelSum(m)
	return g.sumRows(label, partials, Features(1, m.C))
}

// sumRows adds up rows, each of shape s.
func (g *Graph) sumRows(label string, rows *Tensor, s Shape) *Tensor {
	count := rows.Len() / s.Len()
	if count > kernels.MaxPartials {
		fail("%s%s: a sum of %d rows, more than %d", g.scope, label, count, kernels.MaxPartials)
	}
	sum := g.tensor(label, s)
	g.kernel(label, kernels.SumPartials(count, s.Len(), false), rows, sum).exact = true
	return sum
}

func andBias(bias *Tensor) string {
	if bias == nil {
		return ""
	}
	return fmt.Sprintf(", bias %v", bias.Shape)
}

// Activation applies an activation to each element.
func (g *Graph) Activation(label string, x *Tensor, act kernels.Act) *Tensor {
	y := g.tensor(label, x.Shape)
	n := g.kernel(label, kernels.Activation(x.Len(), act), x, y)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		return []*Tensor{g.activationGrad(grads[0], y, act)}
	}
	return y
}

// activationGrad is dy times the activation's derivative, which follows from
// its output y.
func (g *Graph) activationGrad(dy, y *Tensor, act kernels.Act) *Tensor {
	if act == kernels.NoAct {
		return dy
	}
	dx := g.tensor("activation", dy.Shape)
	g.kernel("activation", kernels.ActivationGrad(dy.Len(), act, kernels.Dropout{}), dy, y,
		dx).op = activationGrad{act: act}
	return dx
}

// Norm says how a batch normalisation works (Ioffe and Szegedy 2015).
type Norm struct {
	Epsilon, Decay float64
	Training       bool // normalise by the batch's moments, not the running ones
	Update         bool // in training: move the running moments
	Act            kernels.Act
}

// BatchNorm normalises each channel over N, H and W and adds beta (unless nil) and
// residual (unless nil, whose sum takes no activation). Each call has moments of
// its own: batches that share the layer are normalised apart.
func (g *Graph) BatchNorm(label string, x, beta, runningMean, runningVar, residual *Tensor, o Norm) *Tensor {
	fits := func(t *Tensor, needed bool) bool { return t == nil && !needed || t != nil && t.Len() == x.C }
	running := !o.Training || o.Update
	if !fits(beta, false) || !fits(runningMean, running) || !fits(runningVar, running) || residual != nil &&
		residual.Shape != x.Shape {
		fail("%s%s: batch normalisation of %v with other channels than its variables", g.scope, label, x.Shape)
	}
	if residual != nil && o.Act != kernels.NoAct {
		fail("%s%s: a batch normalisation with residual takes no activation", g.scope, label)
	}
	if beta == nil && o.Act != kernels.NoAct {
		fail("%s%s: a batch normalisation without beta takes no activation", g.scope, label)
	}
	b := kernels.BatchNorm{Map: x.kernelMap(), Epsilon: o.Epsilon, Residual: residual != nil, NoBeta: beta == nil,
		Act: o.Act}
	y := g.tensor(label, x.Shape)
	tensors := func(first ...*Tensor) []*Tensor {
		if beta != nil {
			first = append(first, beta)
		}
		if residual != nil {
			first = append(first, residual)
		}
		return append(first, y)
	}
	if !o.Training {
		k := kernels.BatchNormInference(b)
		var args []*Tensor
		for _, binding := range k.Bindings() { // x, mean, beta, residual, y and, by its number last, variance
			args = append(args, map[string]*Tensor{"x": x, "mean": runningMean, "beta": beta, "residual": residual,
				"y": y, "variance": runningVar}[binding.Name])
		}
		g.kernel(label, k, args...)
		return y
	}
	parts := g.tensor(label+" parts", Shape{x.kernelMap().Parts(), x.C, 2, 1})
	g.kernel(label+" parts", kernels.BatchNormStats(b), x, parts).op = normStats{}
	mean, invStd := g.tensor(label+" mean", Features(1, x.C)), g.tensor(label+" inv_std", Features(1, x.C))
	moments := []*Tensor{parts, mean, invStd}
	if o.Update {
		moments = append(moments, runningMean, runningVar)
	}
	g.kernel(label+" moments", kernels.BatchNormFinalize(b, o.Update, o.Decay), moments...)
	n := g.kernel(label, kernels.BatchNormApply(b), tensors(x, mean, invStd)...)
	n.inputs = []*Tensor{x, mean, invStd}
	if beta != nil {
		n.inputs = append(n.inputs, beta)
	}
	if residual != nil {
		n.inputs = append(n.inputs, residual)
	}
	n.op = normApply(b)
	n.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		dy := grads[0]
		b.Residual = false
		moments := []*Tensor{mean, invStd}
		if o.Act != kernels.NoAct {
			moments = append(moments, beta) // y is computed again
		}
		partials := g.tensor("parts", Shape{x.kernelMap().Parts(), x.C, 2, 1})
		g.kernel("parts", kernels.BatchNormGradReduce(b), slices.Concat([]*Tensor{dy, x}, moments,
			[]*Tensor{partials})...).op = normGrad{b, kernels.BatchNormGradReduce}
		sums, dbeta := g.tensor("sums", Shape{1, x.C, 2, 1}), g.tensor("beta", Features(1, x.C))
		g.kernel("sums", kernels.BatchNormGradFinalize(b, false), partials, sums, dbeta).exact = true
		d := []*Tensor{nil, nil, nil}
		if beta != nil {
			d = append(d, dbeta)
		}
		if needs[0] {
			d[0] = g.tensor("data", x.Shape)
			g.kernel("data", kernels.BatchNormGradApply(b), slices.Concat([]*Tensor{dy, x}, moments,
				[]*Tensor{sums, d[0]})...).op = normGrad{b, kernels.BatchNormGradApply}
		}
		if residual != nil {
			d = append(d, dy)
		}
		return d
	}
	return y
}
