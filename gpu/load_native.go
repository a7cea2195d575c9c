//go:build !js

package gpu

import (
	"fmt"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// Load makes programs ready to run: it validates them, creates the buffers
// they name, filled with zeros, and compiles their shaders, each once however
// often it occurs.
func (d *Device) Load(programs ...*Program) (*Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed
	}
	s := &Session{
		d:         d,
		buffers:   map[string]*buffer{},
		programs:  map[string]*loaded{},
		layouts:   map[string]*layout{},
		pipelines: map[string]*wgpu.ComputePipeline{},
		groups:    map[string]*wgpu.BindGroup{},
	}
	d.sessions[s] = struct{}{}
	if err := s.load(programs); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Session) load(programs []*Program) error {
	for _, p := range programs {
		if err := p.Validate(s.d.info.Limits); err != nil {
			return err
		}
		if s.programs[p.Name] != nil {
			return fmt.Errorf("gpu: two programs are named %q", p.Name)
		}
		s.programs[p.Name] = &loaded{program: p, ends: split(p.Dispatches, s.d.budget)}
	}
	if err := s.createBuffers(programs); err != nil {
		return err
	}
	if err := s.compile(programs); err != nil {
		return err
	}
	for _, p := range programs {
		if err := s.bind(s.programs[p.Name]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) createBuffers(programs []*Program) error {
	sizes := map[string]uint64{}
	uniform := map[string]bool{}
	var order []string
	for _, p := range programs {
		for _, b := range p.Buffers {
			if sizes[b.Name] == 0 {
				order = append(order, b.Name)
			}
			sizes[b.Name] = max(sizes[b.Name], b.Size)
		}
		for _, d := range p.Dispatches {
			for _, b := range d.Bindings {
				if b.Access == Uniform {
					uniform[p.Buffers[b.Buffer].Name] = true
				}
			}
		}
	}
	for _, name := range order {
		usage := wgpu.BufferUsage_Storage | wgpu.BufferUsage_CopySrc | wgpu.BufferUsage_CopyDst
		if uniform[name] {
			usage |= wgpu.BufferUsage_Uniform
		}
		b, err := s.allocate(name, sizes[name], usage)
		if err != nil {
			return err
		}
		s.buffers[name] = &buffer{b, sizes[name]}
	}
	return nil
}

// allocate creates a buffer; label names it in errors.
func (s *Session) allocate(label string, size uint64, usage wgpu.BufferUsage) (*wgpu.Buffer, error) {
	b, err := s.d.device.CreateBuffer(&wgpu.BufferDescriptor{Label: label, Size: size, Usage: usage})
	if err == nil {
		err = s.d.errors.take()
		if err != nil {
			b.Release()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("gpu: no memory for buffer %q of %s, with %s held already; a smaller batch needs less (%w)", label, bytesString(size), bytesString(s.held), err)
	}
	s.held += size
	return b, nil
}

// compile makes the pipelines of all programs, each distinct one once.
func (s *Session) compile(programs []*Program) error {
	type job struct {
		key, layout string
		bindings    []Binding
		module      *Module
		program     string
	}
	var jobs []job
	seen := map[string]bool{}
	for _, p := range programs {
		for i := range p.Dispatches {
			d := &p.Dispatches[i]
			m := &p.Modules[d.Module]
			layout := layoutKey(d.Bindings)
			if key := layout + m.Code; !seen[key] {
				seen[key] = true
				jobs = append(jobs, job{key, layout, d.Bindings, m, p.Name})
			}
		}
	}
	for i, j := range jobs {
		layout, err := s.layout(j.layout, j.bindings)
		if err != nil {
			return fmt.Errorf("gpu: program %s: module %s: %w", j.program, j.module.Label, err)
		}
		p, err := s.d.pipeline(j.module, layout.pipeline)
		if err != nil {
			return fmt.Errorf("gpu: program %s: module %s does not compile: %w", j.program, j.module.Label, err)
		}
		s.pipelines[j.key] = p
		if s.d.OnPipeline != nil {
			s.d.OnPipeline(i+1, len(jobs))
		}
	}
	return nil
}

func (d *Device) pipeline(m *Module, layout *wgpu.PipelineLayout) (*wgpu.ComputePipeline, error) {
	shader, err := d.device.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
		Label:          m.Label,
		WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: m.Code},
	})
	if err != nil {
		return nil, err
	}
	defer shader.Release()
	return d.device.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{
		Label:   m.Label,
		Layout:  layout,
		Compute: wgpu.ProgrammableStageDescriptor{Module: shader, EntryPoint: "main"},
	})
}

var bufferTypes = map[Access]wgpu.BufferBindingType{
	Read:      wgpu.BufferBindingType_ReadOnlyStorage,
	ReadWrite: wgpu.BufferBindingType_Storage,
	Uniform:   wgpu.BufferBindingType_Uniform,
}

// layout returns the layout for bindings of this kind, made at first use.
func (s *Session) layout(key string, bindings []Binding) (*layout, error) {
	if l := s.layouts[key]; l != nil {
		return l, nil
	}
	entries := make([]wgpu.BindGroupLayoutEntry, len(bindings))
	for i, b := range bindings {
		entries[i] = wgpu.BindGroupLayoutEntry{
			Binding:    b.Index,
			Visibility: wgpu.ShaderStage_Compute,
			Buffer:     wgpu.BufferBindingLayout{Type: bufferTypes[b.Access]},
		}
	}
	group, err := s.d.device.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Entries: entries})
	if err != nil {
		return nil, err
	}
	pipeline, err := s.d.device.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{BindGroupLayouts: []*wgpu.BindGroupLayout{group}})
	if err != nil {
		group.Release()
		return nil, err
	}
	l := &layout{group, pipeline}
	s.layouts[key] = l
	return l, nil
}

// bind makes the steps of a program from pipelines and bind groups; dispatches
// that bind the same ranges share a group.
func (s *Session) bind(l *loaded) error {
	p := l.program
	for i := range p.Dispatches {
		d := &p.Dispatches[i]
		key := layoutKey(d.Bindings)
		group, err := s.group(p, d.Bindings, key)
		if err != nil {
			return fmt.Errorf("gpu: program %s: dispatch %d (%s): %w", p.Name, i, d.Label, err)
		}
		l.steps = append(l.steps, step{
			pipeline: s.pipelines[key+p.Modules[d.Module].Code],
			group:    group,
			x:        d.Workgroups[0], y: d.Workgroups[1], z: d.Workgroups[2],
		})
	}
	return nil
}

func (s *Session) group(p *Program, bindings []Binding, layoutKey string) (*wgpu.BindGroup, error) {
	entries := make([]wgpu.BindGroupEntry, len(bindings))
	key := layoutKey
	for i, b := range bindings {
		name := p.Buffers[b.Buffer].Name
		entries[i] = wgpu.BindGroupEntry{Binding: b.Index, Buffer: s.buffers[name].Buffer, Offset: b.Offset, Size: b.Size}
		key += fmt.Sprintf(" %d=%q+%d:%d", b.Index, name, b.Offset, b.Size)
	}
	if g := s.groups[key]; g != nil {
		return g, nil
	}
	g, err := s.d.device.CreateBindGroup(&wgpu.BindGroupDescriptor{Layout: s.layouts[layoutKey].group, Entries: entries})
	if err != nil {
		return nil, err
	}
	s.groups[key] = g
	return g, nil
}

func bytesString(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}
