//go:build !js

package gpu

import (
	"fmt"
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

// Read copies bytes [offset, offset+len(dst)) of a buffer to dst, as they are
// after all that was asked for before. It waits for the device.
func (s *Session) Read(name string, offset uint64, dst []byte) error {
	var failed error
	arrived := false
	err := s.ReadAsync(name, offset, uint64(len(dst)), func(data []byte, err error) {
		copy(dst, data)
		failed, arrived = err, true
	})
	for err == nil && !arrived {
		err = s.nextRead()
	}
	if err != nil {
		return err
	}
	return failed
}

// ReadAsync asks for bytes [offset, offset+size) of a buffer without waiting.
// A later call of Poll, Run, Read or Wait delivers them to done, in the order
// asked for; the slice is valid during the call only.
func (s *Session) ReadAsync(name string, offset, size uint64, done func([]byte, error)) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.d.mu.Unlock()
	b, err := s.find(name, offset, size)
	if err != nil {
		return err
	}
	st, err := s.stage(max(size, 4))
	if err != nil {
		return err
	}
	if err := s.copyOut(b, offset, st, size); err != nil {
		s.pool = append(s.pool, st)
		return fmt.Errorf("gpu: reading buffer %q: %w", name, err)
	}
	st.name, st.size, st.done = name, size, done
	s.pending = append(s.pending, st)
	mapRead(st.buffer, st.capacity, st.mapped)
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

// nextRead waits for the oldest read and delivers what has arrived.
func (s *Session) nextRead() error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	if len(s.pending) > 0 {
		await(s.d.device, s.pending[0].mapped)
	}
	return s.d.errors.take()
}

// stage takes the smallest fitting staging buffer from the pool, or a new one
// of a power of two, so that a few serve reads of all sizes.
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

func (s *Session) copyOut(b *buffer, offset uint64, st *staging, size uint64) error {
	encoder, err := s.d.device.CreateCommandEncoder(nil)
	if err != nil {
		return err
	}
	defer encoder.Release()
	if size > 0 {
		if err := encoder.CopyBufferToBuffer(b.Buffer, offset, st.buffer, 0, size); err != nil {
			return err
		}
	}
	commands, err := encoder.Finish(nil)
	if err != nil {
		return err
	}
	s.d.queue.Submit(commands)
	commands.Release()
	return s.d.errors.take()
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

// deliver calls back with the bytes of reads, unlocked so that a callback may
// use the session, and returns their buffers to the pool.
func (s *Session) deliver(ready []*staging) {
	for _, st := range ready {
		done := st.done
		st.done = nil
		if state := st.mapped.state(); state != flagSuccess {
			done(nil, fmt.Errorf("gpu: reading buffer %q: the device did not map it (status %d)", st.name, state-1))
		} else if st.size == 0 {
			done(nil, nil)
		} else {
			done(st.buffer.GetMappedRange(0, uint(st.size)), nil)
		}
		s.d.mu.Lock()
		if st.mapped.state() == flagSuccess && !s.closed {
			if err := st.buffer.Unmap(); err == nil {
				s.pool = append(s.pool, st)
			}
		}
		s.d.mu.Unlock()
	}
}

func (s *Session) releaseReads() {
	for _, st := range append(s.pending, s.pool...) {
		st.buffer.Destroy()
		st.buffer.Release()
		st.mapped.free()
	}
	s.pending, s.pool = nil, nil
}
