//go:build !js

package gpu

import (
	"fmt"
	"strings"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// Load makes programs ready to run: it validates them, creates the buffers that they name, filled
// with zeros, and compiles their shaders, each only once however often it occurs.
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
			return origin.Errorf("two programs are named %q", p.Name)
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
		return nil,
			origin.Errorf("no memory for buffer %q of %s, with %s held already; a smaller batch needs less (%w)",
				label, bytesString(size), bytesString(s.held), reason(err))
	}
	s.held += size
	return b, nil
}

// compile makes the pipelines of all programs, each distinct one only once.
func (s *Session) compile(programs []*Program) error {
	type job struct {
		program  *Program
		dispatch *Dispatch // the first that uses the pipeline
	}
	var jobs []job
	seen := map[string]bool{}
	for _, p := range programs {
		for i := range p.Dispatches {
			if key := p.pipelineKey(&p.Dispatches[i]); !seen[key] {
				seen[key] = true
				jobs = append(jobs, job{p, &p.Dispatches[i]})
			}
		}
	}
	for i, j := range jobs {
		if err := s.compileFor(j.program, j.dispatch); err != nil {
			return origin.Errorf("program %s: module %s does not compile: %w", j.program.Name,
				j.program.Modules[j.dispatch.Module].Label, reason(err))
		}
		if s.d.OnPipeline != nil {
			s.d.OnPipeline(i+1, len(jobs))
		}
	}
	return nil
}

func (p *Program) pipelineKey(d *Dispatch) string {
	return layoutKey(d.Bindings) + p.Modules[d.Module].Code
}

// compileFor makes the pipeline of a dispatch and runs it on no workgroups: some drivers compile a
// shader only at its first dispatch, which takes seconds that belong here and not into the first
// replay.
func (s *Session) compileFor(p *Program, d *Dispatch) error {
	layout, err := s.layout(d.Bindings)
	if err != nil {
		return err
	}
	pipeline, err := s.d.pipeline(&p.Modules[d.Module], layout.pipeline)
	if err != nil {
		return err
	}
	s.pipelines[p.pipelineKey(d)] = pipeline
	group, err := s.group(p, d.Bindings)
	if err != nil {
		return err
	}
	if err := s.run([]step{{pipeline: pipeline, group: group}}); err != nil {
		return err
	}
	s.d.finish()
	return nil
}

// Check finds the errors in a module that Load would, but before the driver compiles it, which
// takes some drivers seconds.
func (d *Device) Check(m Module) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errClosed
	}
	err := m.validate(d.info.Limits)
	if err != nil {
		return origin.Errorf("module %s %w", m.Label, err)
	}
	shader, err := d.shader(&m)
	if err != nil {
		return origin.Errorf("module %s does not compile: %w", m.Label, reason(err))
	}
	shader.Release()
	return nil
}

func (d *Device) shader(m *Module) (*wgpu.ShaderModule, error) {
	return d.device.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
		Label:          m.Label,
		WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: m.Code},
	})
}

func (d *Device) pipeline(m *Module, layout *wgpu.PipelineLayout) (*wgpu.ComputePipeline, error) {
	shader, err := d.shader(m)
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
func (s *Session) layout(bindings []Binding) (*layout, error) {
	key := layoutKey(bindings)
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
	pipeline, err := s.d.device.CreatePipelineLayout(
		&wgpu.PipelineLayoutDescriptor{BindGroupLayouts: []*wgpu.BindGroupLayout{group}})
	if err != nil {
		group.Release()
		return nil, err
	}
	l := &layout{group, pipeline}
	s.layouts[key] = l
	return l, nil
}

// bind makes the steps of a program from pipelines and bind groups, and has the library check them
// all.
func (s *Session) bind(l *loaded) error {
	p := l.program
	for i := range p.Dispatches {
		d := &p.Dispatches[i]
		group, err := s.group(p, d.Bindings)
		if err != nil {
			return p.dispatchError(i, reason(err))
		}
		l.steps = append(l.steps, step{
			pipeline: s.pipelines[p.pipelineKey(d)],
			group:    group,
			x:        d.Workgroups[0], y: d.Workgroups[1], z: d.Workgroups[2],
		})
	}
	if s.check(l.steps) == nil {
		return nil
	}
	for i := range l.steps {
		if err := s.check(l.steps[i : i+1]); err != nil {
			return p.dispatchError(i, reason(err))
		}
	}
	return origin.Errorf("program %s: %w", p.Name, reason(s.check(l.steps)))
}

// check encodes steps without running them.
func (s *Session) check(steps []step) error {
	commands, err := s.encode(steps)
	if err == nil {
		commands.Release()
	}
	return err
}

// group returns the bind group for these ranges; dispatches share bind groups.
func (s *Session) group(p *Program, bindings []Binding) (*wgpu.BindGroup, error) {
	layout := layoutKey(bindings)
	var key strings.Builder
	key.WriteString(layout)
	entries := make([]wgpu.BindGroupEntry, len(bindings))
	for i, b := range bindings {
		name := p.Buffers[b.Buffer].Name
		entries[i] = wgpu.BindGroupEntry{Binding: b.Index, Buffer: s.buffers[name].Buffer, Offset: b.Offset,
			Size: b.Size}
		fmt.Fprintf(&key, " %d=%q+%d:%d", b.Index, name, b.Offset, b.Size)
	}
	if g := s.groups[key.String()]; g != nil {
		return g, nil
	}
	g, err := s.d.device.CreateBindGroup(&wgpu.BindGroupDescriptor{Layout: s.layouts[layout].group, Entries: entries})
	if err != nil {
		return nil, err
	}
	s.groups[key.String()] = g
	return g, nil
}
