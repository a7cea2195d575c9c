//go:build !js

package gpu

import (
	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// Session holds programs ready to run and their buffers in device memory.
type Session struct {
	d         *Device
	buffers   map[string]*buffer
	programs  map[string]*loaded
	layouts   map[string]*layout
	pipelines map[string]*wgpu.ComputePipeline // by layout and code
	groups    map[string]*wgpu.BindGroup       // by layout and what is bound
	held      uint64
	readback
	closed bool
}

type buffer struct {
	*wgpu.Buffer
	size uint64
}

// layout is a bind group layout and the pipeline layout that holds it alone.
type layout struct {
	group    *wgpu.BindGroupLayout
	pipeline *wgpu.PipelineLayout
}

// loaded is a program in terms of the device's objects.
type loaded struct {
	program *Program
	steps   []step
	ends    []int // of the submissions, into steps
}

type step struct {
	pipeline *wgpu.ComputePipeline
	group    *wgpu.BindGroup
	x, y, z  uint32
}

// end unlocks the device and delivers the reads that have arrived.
func (s *Session) end() {
	ready := s.ready()
	s.d.mu.Unlock()
	s.deliver(ready)
}

// maxTransfer bounds the staging memory of one transfer; longer ones go in parts.
const maxTransfer = 16 << 20

// Write copies data to bytes [offset, offset+len(data)) of a buffer, in order
// with Run: replays before it see the old bytes, replays after it the new.
// Offset and length are multiples of 4.
func (s *Session) Write(name string, offset uint64, data []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	b, err := s.find(name, offset, uint64(len(data)))
	if err != nil || len(data) == 0 {
		return err
	}
	for {
		n := min(len(data), maxTransfer)
		if err := s.d.queue.WriteBuffer(b.Buffer, offset, data[:n]); err != nil {
			return origin.Errorf("writing buffer %q: %w", name, reason(err))
		}
		if data, offset = data[n:], offset+uint64(n); len(data) == 0 {
			return s.d.errors.take()
		}
		s.d.queue.Submit() // frees the staging memory of the part once it is copied
		poll(s.d.device)
	}
}

// find returns a buffer after checking a range of it.
func (s *Session) find(name string, offset, size uint64) (*buffer, error) {
	b := s.buffers[name]
	if b == nil {
		return nil, origin.Errorf("there is no buffer %q", name)
	}
	return b, validateRange(name, b.size, offset, size)
}

// Run replays a program: it encodes and submits all dispatches, and returns while the device is
// still working, at most two submissions ahead of it. Encoding takes about a microsecond per
// dispatch; a submission costs some 20 small allocations in the binding, however many dispatches it
// has.
func (s *Session) Run(name string) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	l := s.programs[name]
	if l == nil {
		return origin.Errorf("there is no program %q", name)
	}
	start := 0
	for _, end := range l.ends {
		if err := s.run(l.steps[start:end]); err != nil {
			return origin.Errorf("program %s: %w", name, err)
		}
		start = end
	}
	return nil
}

// run submits steps as one compute pass.
func (s *Session) run(steps []step) error {
	commands, err := s.encode(steps)
	if err != nil {
		return reason(err)
	}
	s.d.submit(commands)
	return s.d.errors.take()
}

func (s *Session) encode(steps []step) (*wgpu.CommandBuffer, error) {
	encoder, err := s.d.device.CreateCommandEncoder(nil)
	if err != nil {
		return nil, err
	}
	defer encoder.Release()
	pass := encoder.BeginComputePass(nil)
	for i := range steps {
		steps[i].encode(pass)
	}
	err = pass.End()
	pass.Release()
	if err != nil {
		return nil, err
	}
	return encoder.Finish(nil)
}

func (t *step) encode(pass *wgpu.ComputePassEncoder) {
	pass.SetPipeline(t.pipeline)
	pass.SetBindGroup(0, t.group, nil)
	pass.DispatchWorkgroups(t.x, t.y, t.z)
}

// Wait returns when the device has done everything that was asked of it and every asynchronous read
// has been delivered.
func (s *Session) Wait() error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	s.d.finish()
	for _, st := range s.pending {
		await(s.d.device, st.mapped)
	}
	return s.d.errors.take()
}

// BytesHeld is how much device memory the session holds: buffers and staging.
func (s *Session) BytesHeld() uint64 {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	return s.held
}

// Close waits for the device and frees everything that the session holds. Undelivered reads are
// dropped.
func (s *Session) Close() {
	if s.begin() != nil {
		return
	}
	defer s.d.mu.Unlock()
	s.d.finish()
	s.release()
}

func (s *Session) release() {
	s.closed = true
	delete(s.d.sessions, s)
	s.releaseReads()
	for _, g := range s.groups {
		g.Release()
	}
	for _, p := range s.pipelines {
		p.Release()
	}
	for _, l := range s.layouts {
		l.pipeline.Release()
		l.group.Release()
	}
	for _, b := range s.buffers {
		b.Destroy()
		b.Release()
	}
	s.held = 0
	poll(s.d.device)
}
