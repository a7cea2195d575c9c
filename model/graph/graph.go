// Package graph builds a training step or an inference pass out of tensor
// operations, differentiates it, plans its memory and lowers it to a
// gpu.Program. Shapes are static: an operation checks them as it is added, and
// every kernel is specialised for them.
//
// Programmer errors, such as operands whose shapes do not fit, panic with an
// Error that names the operation and the shapes; Build turns them into errors.
package graph

import (
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// origin marks the errors of this package.
const origin fault.Origin = "model/graph"

// Shape is that of a tensor: N images of C channels of H × W float32 in NCHW
// order. Features are images of one pixel, a scalar is 1×1×1×1.
type Shape struct{ N, C, H, W int }

// Features is the shape of n vectors of c features.
func Features(n, c int) Shape { return Shape{n, c, 1, 1} }

// Len is the number of elements.
func (s Shape) Len() int { return s.N * s.C * s.H * s.W }

func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d×%d", s.N, s.C, s.H, s.W) }

func (s Shape) kernelMap() kernels.Map { return kernels.Map{N: s.N, C: s.C, H: s.H, W: s.W} }

var scalar = Shape{1, 1, 1, 1}

// Tensor is a value of the graph. Its elements are four bytes: float32, or
// uint32 for labels and packed bytes.
type Tensor struct {
	Shape
	label  string
	buffer string  // of device memory that outlives the program; "" for scratch
	offset int     // in elements
	base   *Tensor // the tensor whose memory this one views in another shape
	node   *node   // that computes it; nil for inputs and variables
}

// memory returns the tensor that owns t's memory.
func (t *Tensor) memory() *Tensor {
	for t.base != nil {
		t = t.base
	}
	return t
}

// node is an operation in the graph: one plan's worth of kernels.
type node struct {
	label    string
	only     *plan.Plan         // the one way to compute it, or else
	ways     ways               // the ways; neither for a view, which computes nothing
	operands map[string]*Tensor // by the plans' operand names
	inputs   []*Tensor
	outputs  []*Tensor
	effect   bool // writes memory that outlives the program besides its outputs
	exact    bool // leaves what pads its output to a vec4 as it is, or zero
	op       any  // what fusion knows it by, or nil

	// backward adds the gradients of the inputs, given those of the outputs. It
	// leaves nil what needs is false for.
	backward func(grads []*Tensor, needs []bool) []*Tensor

	// lossGrad, of a loss, the first output, adds the gradient of weight times it
	// and returns it with the tensor that it belongs to. Constants are what the
	// loss depends on besides.
	lossGrad  func(weight float64) (input, grad *Tensor)
	constants []*Tensor
}

// view reports whether n only shows a tensor in another shape.
func (n *node) view() bool { return n.only == nil && n.ways == nil }

// maxLen is how many elements of a tensor the kernels can count.
const maxLen = 1 << 30

// Graph is an ordered list of operations.
type Graph struct {
	nodes    []*node
	scope    string
	reserved []gpu.Buffer
	half     kernels.Half // of convolutions
}

// New returns an empty graph.
func New() *Graph { return &Graph{} }

// Error is a mistake in a graph: operands that do not fit together.
type Error struct{ msg string }

func (e *Error) Error() string { return e.msg }

func fail(format string, args ...any) { panic(&Error{fmt.Sprintf(format, args...)}) }

// Build runs f, which adds operations to a new graph, and returns the graph or
// the error that an operation reported.
func Build(f func(*Graph)) (g *Graph, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			g, err = nil, r
		default:
			panic(r)
		}
	}()
	g = New()
	f(g)
	return g, nil
}

// Scope prefixes the labels of the operations that f adds.
func (g *Graph) Scope(name string, f func()) {
	outer := g.scope
	g.scope += name + "."
	defer func() { g.scope = outer }()
	f()
}

// Halves lets the convolutions that are added from now on store what passes between
// their kernels as 16-bit floats, gradients times 2^exponent (kernels.Half).
func (g *Graph) Halves(exponent int) { g.half = kernels.Half{On: true, DY: exponent} }

// Input is a tensor that the host writes to the buffer of that name.
func (g *Graph) Input(buffer string, s Shape) *Tensor {
	return (&Tensor{Shape: s, label: buffer, buffer: buffer}).checked()
}

// checked returns t if its elements can be counted.
func (t *Tensor) checked() *Tensor {
	if min(t.N, t.C, t.H, t.W) < 1 || t.Len() > maxLen {
		fail("%s: a tensor of %v has %d elements; want 1 to %d", t.label, t.Shape, t.Len(), maxLen)
	}
	return t
}

// Reserve makes sure that the program's buffer of that name holds so many
// elements, also where the operations touch only a part of them. Zero elements
// need no buffer.
func (g *Graph) Reserve(buffer string, words int) {
	if words > 0 {
		g.reserved = append(g.reserved, gpu.Buffer{Name: buffer, Size: 4 * uint64(words)})
	}
}

// Output makes a computed tensor readable by the host in the buffer of that name.
func (g *Graph) Output(buffer string, t *Tensor) {
	m := t.memory()
	if m.node == nil || m.buffer != "" {
		fail("output %s: %s is not a computed tensor of its own", buffer, t.label)
	}
	m.buffer = buffer
	m.node.effect = true
}

// Reshape views t in another shape of as many elements.
func (g *Graph) Reshape(t *Tensor, s Shape) *Tensor {
	if s.Len() != t.Len() {
		fail("reshape %s: %v has not as many elements as %v", t.label, s, t.Shape)
	}
	v := &Tensor{Shape: s, label: t.label, base: t}
	v.node = &node{label: g.scope + "reshape", inputs: []*Tensor{t}, outputs: []*Tensor{v}}
	v.node.backward = func(grads []*Tensor, needs []bool) []*Tensor {
		return []*Tensor{g.Reshape(grads[0], t.Shape)}
	}
	g.nodes = append(g.nodes, v.node)
	return v
}

// add appends an operation whose output is a new tensor, called y in the plans.
func (g *Graph) add(out *Tensor, y string, w ways, operands map[string]*Tensor, inputs ...*Tensor) *Tensor {
	if !(Operation{ways: w}).possible() {
		fail("%s: %v takes more workgroups than a GPU must run at once; make the batch or the images smaller",
			out.label, out.Shape)
	}
	operands[y] = out
	out.node = &node{label: out.label, ways: w, operands: operands, inputs: inputs, outputs: []*Tensor{out},
		exact: true}
	g.nodes = append(g.nodes, out.node)
	return out
}

// kernel appends an operation that is one kernel. The tensors are in the order
// of the kernel's bindings; those that it writes and that nothing has computed
// yet become its outputs, other written ones are changed in place.
func (g *Graph) kernel(label string, k kernels.Kernel, tensors ...*Tensor) *node {
	if len(tensors) != len(k.Bindings()) {
		fail("%s%s: kernel %s has %d bindings, not %d", g.scope, label, k.Name, len(k.Bindings()), len(tensors))
	}
	if !k.Fits() {
		fail("%s%s: kernel %s takes %v workgroups, more than a GPU must run at once; make the batch or the images "+
			"smaller", g.scope, label, k.Name, k.Workgroups)
	}
	only := plan.Single(k)
	n := &node{
		label: g.scope + label, operands: map[string]*Tensor{},
		only: &only,
	}
	for i, b := range k.Bindings() {
		t := tensors[i]
		n.operands[b.Name] = t
		switch {
		case b.Access != "read_write":
			n.inputs = append(n.inputs, t)
		case t.node == nil && t.memory().buffer == "":
			t.node = n
			n.outputs = append(n.outputs, t)
		default:
			n.inputs = append(n.inputs, t)
			n.effect = true
		}
	}
	g.nodes = append(g.nodes, n)
	return n
}

// tensor is a new scratch tensor for a kernel to write.
func (g *Graph) tensor(label string, s Shape) *Tensor {
	return (&Tensor{Shape: s, label: g.scope + label}).checked()
}
