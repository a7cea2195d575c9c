package graph

import (
	"fmt"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// Program lowers the graph: it drops operations whose results nobody uses, joins
// others, chooses a plan for each, places scratch memory and lists the dispatches.
func (g *Graph) Program(name string, choose Chooser) (*gpu.Program, error) {
	return g.lower(name, fuse(g.live(), choose.Target()), choose)
}

// lower makes a program of operations.
func (g *Graph) lower(name string, nodes []*node, choose Chooser) (*gpu.Program, error) {
	l := &lowering{
		program: &gpu.Program{Name: name},
		modules: map[string]int{}, buffers: map[string]int{}, spans: map[any]*span{},
	}
	for _, b := range g.reserved {
		l.buffer(b.Name, b.Size)
	}
	var err error
	if l.subgroups, err = choose.Subgroups(); err != nil {
		return nil, origin.Errorf("program %s: %w", name, err)
	}
	for _, n := range nodes {
		if err := l.node(n, choose); err != nil {
			return nil, origin.Errorf("program %s: %s: %w", name, n.label, err)
		}
	}
	l.place()
	return l.program, nil
}

// live lists the operations that have an effect or that such ones need.
func (g *Graph) live() []*node {
	needed := map[*node]bool{}
	for _, n := range slices.Backward(g.nodes) {
		if !n.effect && !needed[n] {
			continue
		}
		needed[n] = true
		for _, in := range n.inputs {
			if in.node != nil {
				needed[in.node] = true
			}
		}
	}
	var live []*node
	for _, n := range g.nodes {
		if needed[n] && !n.view() {
			live = append(live, n)
		}
	}
	return live
}

// lowering is the state of Program.
type lowering struct {
	program *gpu.Program
	modules map[string]int // by code
	buffers map[string]int // that outlive the program, by name
	spans   map[any]*span  // of scratch: by tensor, or by scratchKey
	order   []*span
	uses    []use // of scratch, to be patched when memory is placed

	subgroups bool // reductions are by subgroup operations
}

type use struct {
	dispatch, binding int
	span              *span
}

// scratchKey is a plan's own scratch memory.
type scratchKey struct {
	node *node
	name string
}

func (l *lowering) node(n *node, choose Chooser) error {
	p, err := n.plan(choose)
	if err != nil {
		return err
	}
	for _, c := range p.Calls {
		kernel := c.Kernel
		if l.subgroups {
			kernel = kernel.Subgroups()
		}
		d := gpu.Dispatch{
			Label: n.label, Module: l.module(kernel), Workgroups: kernel.Workgroups,
			FLOPs: kernel.FLOPs, Bytes: kernel.Bytes,
		}
		for _, b := range kernel.Bindings() {
			o := c.Operand(b)
			binding := gpu.Binding{Index: b.Index, Offset: 4 * uint64(o.Offset), Size: 4 * uint64(o.Size),
				Access: gpu.Access(b.Access)}
			t := n.operands[o.Name]
			switch words, scratch := p.Scratch[o.Name]; {
			case t != nil && t.memory().buffer != "":
				m := t.memory()
				if binding.Size == 0 {
					binding.Size = padded(m.Len())
				}
				binding.Offset += 4 * uint64(m.offset)
				binding.Buffer = l.buffer(m.buffer, binding.Offset+binding.Size)
			case t != nil:
				m := t.memory()
				l.scratch(m, padded(m.Len()), len(d.Bindings), &binding)
			case scratch:
				l.scratch(scratchKey{n, o.Name}, padded(words), len(d.Bindings), &binding)
			default:
				return fmt.Errorf("kernel %s: nothing to bind to %s", kernel.Name, o.Name)
			}
			d.Bindings = append(d.Bindings, binding)
		}
		l.program.Dispatches = append(l.program.Dispatches, d)
	}
	return nil
}

// plan is the only way to compute n, or the one chosen.
func (n *node) plan(choose Chooser) (plan.Plan, error) {
	if n.only != nil {
		return *n.only, nil
	}
	o := Operation{n.ways, map[string]Shape{}}
	for name, t := range n.operands {
		o.Operands[name] = t.Shape
	}
	return choose.Choose(o)
}

// padded is the memory of so many floats: vec4 access may overhang them.
func padded(words int) uint64 { return uint64(words+3) / 4 * 16 }

// module returns the index of a kernel's shader; equal ones are shared.
func (l *lowering) module(k kernels.Kernel) int {
	i, ok := l.modules[k.Code()]
	if !ok {
		i = len(l.program.Modules)
		l.modules[k.Code()] = i
		l.program.Modules = append(l.program.Modules, gpu.Module{Label: k.Name, Code: k.Code()})
	}
	return i
}

// buffer returns the index of a named buffer, grown to size.
func (l *lowering) buffer(name string, size uint64) int {
	i, ok := l.buffers[name]
	if !ok {
		i = len(l.program.Buffers)
		l.buffers[name] = i
		l.program.Buffers = append(l.program.Buffers, gpu.Buffer{Name: name})
	}
	b := &l.program.Buffers[i]
	b.Size = max(b.Size, size)
	return i
}

// scratch notes that the dispatch being built uses scratch memory.
func (l *lowering) scratch(key any, size uint64, binding int, b *gpu.Binding) {
	at := len(l.program.Dispatches)
	s := l.spans[key]
	if s == nil {
		s = &span{size: size, first: at}
		l.spans[key] = s
		l.order = append(l.order, s)
	}
	s.last = at
	if b.Size == 0 {
		b.Size = size
	}
	l.uses = append(l.uses, use{at, binding, s})
}

// place gives scratch memory its buffers.
func (l *lowering) place() {
	base := len(l.program.Buffers)
	l.program.Buffers = append(l.program.Buffers, scratchBuffers(planMemory(l.order))...)
	for _, u := range l.uses {
		l.program.Dispatches[u.dispatch].Bindings[u.binding].Buffer = base + u.span.buffer
	}
}
