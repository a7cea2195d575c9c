package gpu

import (
	"fmt"
	"slices"
	"strings"
)

// Validate checks that a device with limits l can run the program. It finds what would otherwise
// fail late, or only on some drivers; errors name the program, the dispatch and the buffer.
func (p *Program) Validate(l Limits) error {
	if p.Name == "" {
		return origin.Errorf("a program has no name")
	}
	names := map[string]bool{}
	for i, b := range p.Buffers {
		switch {
		case b.Name == "":
			return origin.Errorf("program %s: buffer %d has no name", p.Name, i)
		case names[b.Name]:
			return origin.Errorf("program %s: two buffers are named %q", p.Name, b.Name)
		case b.Size == 0 || b.Size%4 != 0:
			return origin.Errorf("program %s: buffer %q has %d bytes; a size must be a positive multiple of 4",
				p.Name, b.Name, b.Size)
		case b.Size > l.MaxBufferSize:
			return origin.Errorf("program %s: buffer %q has %d bytes and the device allows %d; a smaller batch "+
				"needs less", p.Name, b.Name, b.Size, l.MaxBufferSize)
		}
		names[b.Name] = true
	}
	for i, m := range p.Modules {
		if err := m.validate(l); err != nil {
			return origin.Errorf("program %s: module %d (%s) %w", p.Name, i, m.Label, err)
		}
	}
	layouts := make([]string, len(p.Modules))
	for i := range p.Dispatches {
		d := &p.Dispatches[i]
		if err := p.validateDispatch(d, l); err != nil {
			return p.dispatchError(i, err)
		}
		layout := layoutKey(d.Bindings)
		if layouts[d.Module] == "" {
			layouts[d.Module] = layout
		} else if layouts[d.Module] != layout {
			return p.dispatchError(i, fmt.Errorf("module %s was bound as %s before and is bound as %s here",
				p.Modules[d.Module].Label, layouts[d.Module], layout))
		}
	}
	return nil
}

// validate checks the size and the memory of the module's workgroups.
func (m *Module) validate(l Limits) error {
	if n := workgroupBytes(m.Code); n > uint64(l.MaxComputeWorkgroupStorageSize) {
		return fmt.Errorf("declares %d bytes of workgroup memory; the device allows %d", n,
			l.MaxComputeWorkgroupStorageSize)
	}
	if n := workgroupInvocations(m.Code); n > uint64(l.MaxComputeInvocationsPerWorkgroup) {
		return fmt.Errorf("has %d invocations a workgroup; the device allows %d", n,
			l.MaxComputeInvocationsPerWorkgroup)
	}
	return nil
}

// dispatchError says in which dispatch an error is.
func (p *Program) dispatchError(i int, err error) error {
	return origin.Errorf("program %s: dispatch %d (%s): %w", p.Name, i, p.Dispatches[i].Label, err)
}

// validateDispatch checks what one dispatch refers to.
func (p *Program) validateDispatch(d *Dispatch, l Limits) error {
	if d.Module < 0 || d.Module >= len(p.Modules) {
		return fmt.Errorf("module %d does not exist; there are %d", d.Module, len(p.Modules))
	}
	for axis, n := range d.Workgroups {
		if n == 0 || n > l.MaxComputeWorkgroupsPerDimension {
			return fmt.Errorf("%d workgroups along %c; allowed are 1 to %d", n, 'x'+rune(axis),
				l.MaxComputeWorkgroupsPerDimension)
		}
	}
	var storage, uniform uint32
	for i, b := range d.Bindings {
		if b.Buffer < 0 || b.Buffer >= len(p.Buffers) {
			return fmt.Errorf("binding %d: buffer %d does not exist; there are %d", b.Index, b.Buffer, len(p.Buffers))
		}
		if err := validateBinding(b, p.Buffers[b.Buffer], l); err != nil {
			return fmt.Errorf("binding %d: buffer %q: %w", b.Index, p.Buffers[b.Buffer].Name, err)
		}
		if b.Access == Uniform {
			uniform++
		} else {
			storage++
		}
		for _, o := range d.Bindings[:i] {
			if o.Index == b.Index {
				return fmt.Errorf("binding %d is given twice", b.Index)
			}
			if err := validateAlias(o, b); err != nil {
				return fmt.Errorf("bindings %d and %d: buffer %q: %w", o.Index, b.Index, p.Buffers[b.Buffer].Name, err)
			}
		}
	}
	if storage > l.MaxStorageBuffersPerShaderStage {
		return fmt.Errorf("%d storage bindings; the device allows %d", storage, l.MaxStorageBuffersPerShaderStage)
	}
	if uniform > l.MaxUniformBuffersPerShaderStage {
		return fmt.Errorf("%d uniform bindings; the device allows %d", uniform, l.MaxUniformBuffersPerShaderStage)
	}
	return nil
}

func validateBinding(b Binding, buffer Buffer, l Limits) error {
	limit := l.MaxStorageBufferBindingSize
	switch b.Access {
	case Read, ReadWrite:
	case Uniform:
		limit = l.MaxUniformBufferBindingSize
	default:
		return fmt.Errorf("access %q; use %q, %q or %q", b.Access, Read, ReadWrite, Uniform)
	}
	switch {
	case b.Offset%256 != 0:
		return fmt.Errorf("offset %d; it must be a multiple of 256", b.Offset)
	case b.Size == 0 || b.Size%4 != 0:
		return fmt.Errorf("%d bytes bound; the size must be a positive multiple of 4", b.Size)
	case b.Offset > buffer.Size || b.Size > buffer.Size-b.Offset:
		return fmt.Errorf("bytes %d+%d bound of %d", b.Offset, b.Size, buffer.Size)
	case b.Size > limit:
		return fmt.Errorf("%d bytes bound as %s; the device allows %d", b.Size, b.Access, limit)
	}
	return nil
}

// validateRange checks bytes [offset, offset+size) of a buffer of held bytes
// that are to be written or read.
func validateRange(name string, held, offset, size uint64) error {
	if offset%4 != 0 || size%4 != 0 {
		return origin.Errorf("buffer %q: bytes %d+%d; offset and size must be multiples of 4", name, offset, size)
	}
	if offset > held || size > held-offset {
		return origin.Errorf("buffer %q: bytes %d+%d of %d", name, offset, size, held)
	}
	return nil
}

// validateAlias checks two bindings of one dispatch. WebGPU allows a dispatch to write a buffer
// only if all its bindings there are read_write and none of them overlap.
func validateAlias(a, b Binding) error {
	if a.Buffer != b.Buffer || a.Access != ReadWrite && b.Access != ReadWrite {
		return nil
	}
	if a.Access != b.Access {
		return fmt.Errorf("bound as %s and as %s in one dispatch", a.Access, b.Access)
	}
	if a.Offset < b.Offset+b.Size && b.Offset < a.Offset+a.Size {
		return fmt.Errorf("the ranges written overlap")
	}
	return nil
}

// layoutKey says which bindings a shader has, and of which kind.
func layoutKey(bindings []Binding) string {
	parts := make([]string, len(bindings))
	for i, b := range slices.SortedFunc(slices.Values(bindings), func(a, b Binding) int {
		return int(a.Index) - int(b.Index)
	}) {
		parts[i] = fmt.Sprintf("%d:%s", b.Index, b.Access)
	}
	return "[" + strings.Join(parts, " ") + "]"
}
