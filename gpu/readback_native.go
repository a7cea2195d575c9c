//go:build !js

package gpu

import (
	"math/bits"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// readback is the part of a session that brings bytes back from the device:
// each read copies into a staging buffer, maps that and returns it to the pool.
type readback struct {
	pending []*staging // in the order asked for
	pool    []*staging
}

// staging is a mappable buffer and the read it serves.
type staging struct {
	buffer   *wgpu.Buffer
	capacity uint64
	mapped   flag
	name     string
	size     uint64
	done     func([]byte, error)
}

// Read copies bytes [offset, offset+len(dst)) of a buffer to dst, in the state after everything
// that was asked for before. It waits for the device.
func (s *Session) Read(name string, offset uint64, dst []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	b, err := s.find(name, offset, uint64(len(dst)))
	if err != nil {
		return err
	}
	for len(dst) > 0 {
		n := min(len(dst), maxTransfer)
		if err := s.readNow(name, b, offset, dst[:n]); err != nil {
			return err
		}
		dst, offset = dst[n:], offset+uint64(n)
	}
	return nil
}

func (s *Session) readNow(name string, b *buffer, offset uint64, dst []byte) error {
	st, err := s.fetch(name, b, offset, uint64(len(dst)))
	if err != nil {
		return err
	}
	await(s.d.device, st.mapped)
	data, err := st.bytes()
	copy(dst, data)
	s.recycle(st)
	return err
}

// ReadAsync asks for bytes [offset, offset+size) of a buffer without waiting. A later call on the
// session delivers them to done, in the order asked for (Poll does only that). The slice is valid
// only during the callback.
func (s *Session) ReadAsync(name string, offset, size uint64, done func([]byte, error)) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.d.mu.Unlock()
	b, err := s.find(name, offset, size)
	if err != nil {
		return err
	}
	st, err := s.fetch(name, b, offset, size)
	if err != nil {
		return err
	}
	st.done = done
	s.pending = append(s.pending, st)
	return nil
}

// Poll delivers the reads that have arrived.
func (s *Session) Poll() error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	poll(s.d.device)
	return s.d.errors.take()
}

// fetch submits the copy of a range to a staging buffer and starts mapping it.
func (s *Session) fetch(name string, b *buffer, offset, size uint64) (*staging, error) {
	st, err := s.stage(max(size, 4))
	if err != nil {
		return nil, err
	}
	st.name, st.size = name, size
	commands, err := s.encodeCopy(b.Buffer, offset, st.buffer, size)
	if err != nil {
		s.pool = append(s.pool, st)
		return nil, origin.Errorf("reading buffer %q: %w", name, reason(err))
	}
	s.d.queue.Submit(commands)
	commands.Release()
	mapRead(st.buffer, st.capacity, st.mapped)
	return st, s.d.errors.take()
}

func (s *Session) encodeCopy(from *wgpu.Buffer, offset uint64, to *wgpu.Buffer, size uint64) (*wgpu.CommandBuffer,
	error) {
	encoder, err := s.d.device.CreateCommandEncoder(nil)
	if err != nil {
		return nil, err
	}
	defer encoder.Release()
	if size > 0 {
		if err := encoder.CopyBufferToBuffer(from, offset, to, 0, size); err != nil {
			return nil, err
		}
	}
	return encoder.Finish(nil)
}

// stage takes the smallest staging buffer that fits from the pool, or makes one whose size is a
// power of two, so that a few buffers serve reads of all sizes.
func (s *Session) stage(size uint64) (*staging, error) {
	best := -1
	for i, st := range s.pool {
		if st.capacity >= size && (best < 0 || st.capacity < s.pool[best].capacity) {
			best = i
		}
	}
	if best >= 0 {
		st := s.pool[best]
		s.pool[best] = s.pool[len(s.pool)-1]
		s.pool = s.pool[:len(s.pool)-1]
		return st, nil
	}
	capacity := max(4096, uint64(1)<<bits.Len64(size-1))
	if capacity > s.d.info.Limits.MaxBufferSize {
		capacity = size
	}
	b, err := s.allocate("staging", capacity, wgpu.BufferUsage_MapRead|wgpu.BufferUsage_CopyDst)
	if err != nil {
		return nil, err
	}
	return &staging{buffer: b, capacity: capacity, mapped: newFlag()}, nil
}

// bytes returns what was read, valid until the buffer is recycled.
func (st *staging) bytes() ([]byte, error) {
	if state := st.mapped.state(); state != flagSuccess {
		return nil, origin.Errorf("reading buffer %q: the device did not map it (status %d)", st.name, state-1)
	}
	if st.size == 0 {
		return nil, nil
	}
	return st.buffer.GetMappedRange(0, uint(st.size)), nil
}

// recycle returns a staging buffer whose bytes are no longer needed to the pool.
func (s *Session) recycle(st *staging) {
	if st.mapped.state() == flagSuccess && !s.closed && st.buffer.Unmap() == nil {
		s.pool = append(s.pool, st)
		return
	}
	st.release()
	s.held -= min(s.held, st.capacity)
}

func (st *staging) release() {
	st.buffer.Release()
	st.mapped.free()
}

// ready takes the reads that have arrived off the list.
func (s *Session) ready() []*staging {
	n := 0
	for n < len(s.pending) && s.pending[n].mapped.state() != 0 {
		n++
	}
	if n == 0 {
		return nil
	}
	ready := append([]*staging(nil), s.pending[:n]...)
	s.pending = append(s.pending[:0], s.pending[n:]...)
	return ready
}

// deliver calls back with the bytes of reads. The device is unlocked, so that a callback may use
// the session.
func (s *Session) deliver(ready []*staging) {
	for _, st := range ready {
		done := st.done
		st.done = nil
		done(st.bytes())
		s.d.mu.Lock()
		s.recycle(st)
		s.d.mu.Unlock()
	}
}

func (s *Session) releaseReads() {
	for _, st := range append(s.pending, s.pool...) {
		st.release()
	}
	s.pending, s.pool = nil, nil
}
