package export

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/protobuf"
)

// Opset is the version of ONNX's operators that models use: the first with today's form of
// BatchNormalization. Every runtime of recent years reads it.
const Opset = 15

const irVersion = 8 // of ONNX 1.10, which introduced that opset

// WriteONNX writes the generator in inference mode as an ONNX model: image [N,Cs,S,S] in [−1, 1]
// and, if it takes noise, z [N,Z] → adapted [N,Ct,S,S]. N is free. Batch normalisations stay
// separate nodes, since runtimes fold them into the convolutions when they load a model; so the
// weights keep the names and values that they have in checkpoints.
func (b *Bundle) WriteONNX(w io.Writer) error {
	g := &onnxGraph{shapes: map[string][]int{}}
	b.onnxGenerator(g)
	if g.err != nil {
		return origin.Errorf("%w", g.err)
	}
	m := protobuf.Message{}.
		Varint(modelIRVersion, irVersion).
		Text(modelProducer, "pixelda-wgpu").
		Text(modelDoc,
			fmt.Sprintf("Redraws images of %s in the style of %s: image in [-1, 1] and noise z from [-1, 1] to "+
				"adapted in [-1, 1].", b.Trained.Source, b.Trained.Target)).
		Embed(modelGraph, g.message("pixelda-generator")).
		Embed(modelOpset, protobuf.Message{}.Text(opsetDomain, "").Varint(opsetVersion, Opset))
	for _, p := range [][2]string{
		{"source", b.Trained.Source}, {"target", b.Trained.Target},
		{"step", strconv.Itoa(b.Trained.Step)}, {"seed", strconv.FormatUint(b.Trained.Seed, 10)},
	} {
		m = m.Embed(modelMetadata, protobuf.Message{}.Text(entryKey, p[0]).Text(entryValue, p[1]))
	}
	_, err := w.Write(m)
	return err
}

// onnxGenerator adds the nodes of model.generator.
func (b *Bundle) onnxGenerator(g *onnxGraph) {
	a := b.Generator
	weight := func(name string, dims ...int) string { return g.floats(name, b.weights[name], dims...) }
	norm := func(name, x string, channels int) string {
		ones := fmt.Sprintf("ones.%d", channels) // the model's normalisations have no scale
		if !g.has(ones) {
			g.floats(ones, slices.Repeat([]float32{1}, channels), channels)
		}
		return g.node("BatchNormalization", name, g.shapes[x], []attribute{float("epsilon", a.BNEpsilon)},
			x, ones, weight(name+".bias", channels), weight(name+".running_mean", channels),
			weight(name+".running_var", channels))
	}
	relu := func(x string) string { return g.node("Relu", x+".relu", g.shapes[x], nil, x) }
	conv := func(name, x string, in, out, kernel int, bias bool) string {
		inputs := []string{x, weight(name+".weight", out, in, kernel, kernel)}
		if bias {
			inputs = append(inputs, weight(name+".bias", out))
		}
		p := kernel / 2
		return g.node("Conv", name, image(out, a.Size),
			[]attribute{ints("kernel_shape", kernel, kernel), ints("pads", p, p, p, p)}, inputs...)
	}

	x, channels := g.input("image", image(a.SourceChannels, a.Size)), a.SourceChannels
	if a.NoiseDim > 0 {
		pixels := a.Size * a.Size
		z := g.input("z", []int{free, a.NoiseDim})
		z = g.node("Gemm", "generator.noise.fc", []int{free, pixels}, []attribute{integer("transB", 1)}, z,
			weight("generator.noise.fc.weight", pixels, a.NoiseDim))
		z = relu(norm("generator.noise.bn", z, pixels))
		shape := g.int64s("generator.noise.shape", -1, 1, int64(a.Size), int64(a.Size))
		z = g.node("Reshape", "generator.noise.map", image(1, a.Size), nil, z, shape)
		channels++
		x = g.node("Concat", "generator.input", image(channels, a.Size), []attribute{integer("axis", 1)}, x, z)
	}
	x = relu(conv("generator.stem", x, channels, a.GFilters, 3, true))
	for i := range a.GBlocks {
		block := fmt.Sprintf("generator.blocks.%d", i)
		layer := func(j int, x string) string {
			return norm(fmt.Sprintf("%s.bn%d", block, j), conv(fmt.Sprintf("%s.conv%d", block, j), x, a.GFilters,
				a.GFilters, 3, false), a.GFilters)
		}
		y := layer(2, relu(layer(1, x)))
		if a.GResiduals {
			y = g.node("Add", block, g.shapes[y], nil, y, x)
		}
		x = y
	}
	x = conv("generator.head", x, a.GFilters, a.TargetChannels, a.GHead, true)
	g.node("Tanh", "adapted", g.shapes[x], nil, x)
	g.output()
}

// image is the shape of a batch of square images.
func image(channels, size int) []int { return []int{free, channels, size, size} }

// free is a dimension that a model leaves open: the batch.
const free = -1

// onnxGraph builds a GraphProto whose names are unique, whose nodes come after those that they
// read, and whose values all have a shape. The first mistake is kept in err.
type onnxGraph struct {
	nodes, initializers, inputs, outputs, values []protobuf.Message
	shapes                                       map[string][]int // of every value so far
	err                                          error
}

func (g *onnxGraph) has(name string) bool { _, ok := g.shapes[name]; return ok }

func (g *onnxGraph) define(name string, shape []int) {
	if g.has(name) && g.err == nil {
		g.err = fmt.Errorf("ONNX: two values are named %q", name)
	}
	g.shapes[name] = shape
}

func (g *onnxGraph) input(name string, shape []int) string {
	g.define(name, shape)
	g.inputs = append(g.inputs, valueInfo(name, shape))
	return name
}

// floats adds a constant.
func (g *onnxGraph) floats(name string, x []float32, dims ...int) string {
	n := 1
	for _, d := range dims {
		n *= d
	}
	if n != len(x) && g.err == nil {
		g.err = fmt.Errorf("ONNX: %q has %d values for %v", name, len(x), dims)
	}
	return g.constant(name, tensorFloat, gpu.Bytes(x), dims)
}

// int64s adds a constant vector.
func (g *onnxGraph) int64s(name string, x ...int64) string {
	var raw []byte
	for _, v := range x {
		raw = appendInt64(raw, v)
	}
	return g.constant(name, tensorInt64, raw, []int{len(x)})
}

func (g *onnxGraph) constant(name string, kind uint64, raw []byte, dims []int) string {
	g.define(name, dims)
	var m protobuf.Message
	for _, d := range dims {
		m = m.Varint(tensorDims, uint64(d))
	}
	g.initializers = append(g.initializers, m.Varint(tensorType, kind).Text(tensorName, name).Bytes(tensorRaw, raw))
	return name
}

// node adds an operation with one output, which gets the operation's name.
func (g *onnxGraph) node(op, name string, shape []int, attributes []attribute, inputs ...string) string {
	var m protobuf.Message
	for _, in := range inputs {
		if !g.has(in) && g.err == nil {
			g.err = fmt.Errorf("ONNX: %s %q reads %q, which is not computed before it", op, name, in)
		}
		m = m.Text(nodeInput, in)
	}
	g.define(name, shape)
	m = m.Text(nodeOutput, name).Text(nodeName, name).Text(nodeOp, op)
	for _, a := range attributes {
		m = m.Embed(nodeAttribute, protobuf.Message(a))
	}
	g.nodes = append(g.nodes, m)
	g.values = append(g.values, valueInfo(name, shape))
	return name
}

// output makes the last node's value the output of the model.
func (g *onnxGraph) output() {
	last := len(g.values) - 1
	g.outputs = append(g.outputs, g.values[last])
	g.values = g.values[:last]
}

func (g *onnxGraph) message(name string) protobuf.Message {
	m := protobuf.Message{}.Text(graphName, name)
	for _, part := range []struct {
		field    int
		messages []protobuf.Message
	}{{graphNode, g.nodes}, {graphInitializer, g.initializers}, {graphInput, g.inputs}, {graphOutput, g.outputs},
		{graphValue, g.values}} {
		for _, p := range part.messages {
			m = m.Embed(part.field, p)
		}
	}
	return m
}
