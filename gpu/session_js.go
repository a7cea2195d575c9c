package gpu

import (
	"syscall/js"
)

// Session holds programs ready to run and their buffers in device memory.
type Session struct {
	d        *Device
	host     js.Value
	programs map[string]bool
	sizes    map[string]uint64 // of the buffers
	scratch  js.Value          // a Uint8Array, through which bytes are written
	room     int               // its length
	pending  []pendingRead     // in the order asked for
	closed   bool
}

type pendingRead struct {
	name string
	data *promise
	done func([]byte, error)
}

// Transfers go in parts of at most maxTransfer bytes.
const (
	minScratch  = 1 << 16
	maxTransfer = 16 << 20
)

// end unlocks the device and delivers the reads that have arrived.
func (s *Session) end() {
	n := 0
	for n < len(s.pending) && s.pending[n].data.arrived() {
		n++
	}
	if n == 0 {
		s.d.mu.Unlock()
		return
	}
	ready := append([]pendingRead(nil), s.pending[:n]...)
	s.pending = append(s.pending[:0], s.pending[n:]...)
	s.d.mu.Unlock()
	for _, r := range ready {
		data, err := r.data.await()
		if err != nil {
			r.done(nil, readError(r.name, err))
			continue
		}
		b := make([]byte, data.Length())
		js.CopyBytesToGo(b, data)
		r.done(b, nil)
	}
}

func readError(name string, err error) error {
	return origin.Errorf("reading buffer %q: %w", name, err)
}

func (s *Session) check(name string, offset, size uint64) error {
	held, ok := s.sizes[name]
	if !ok {
		return origin.Errorf("there is no buffer %q", name)
	}
	return validateRange(name, held, offset, size)
}

// Write copies data to bytes [offset, offset+len(data)) of a buffer, in order
// with Run: replays before it see the old bytes, replays after it the new.
// Offset and length are multiples of 4.
func (s *Session) Write(name string, offset uint64, data []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	if err := s.check(name, offset, uint64(len(data))); err != nil {
		return err
	}
	for len(data) > 0 {
		n := min(len(data), maxTransfer)
		if n > s.room {
			s.room = max(n, minScratch)
			s.scratch = js.Global().Get("Uint8Array").New(s.room)
		}
		js.CopyBytesToJS(s.scratch, data[:n])
		if _, err := call(s.host, "write", name, float64(offset), s.scratch, n); err != nil {
			return origin.Errorf("writing buffer %q: %w", name, err)
		}
		data, offset = data[n:], offset+uint64(n)
	}
	return nil
}

// Run replays a program by one call of the player. It returns while the device is still working,
// and is at most two submissions ahead of it.
func (s *Session) Run(name string) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	if !s.programs[name] {
		return origin.Errorf("there is no program %q", name)
	}
	if _, err := await(call(s.host, "run", name)); err != nil {
		return origin.Errorf("program %s: %w", name, err)
	}
	return nil
}

// Read copies bytes [offset, offset+len(dst)) of a buffer to dst, in the state after everything
// that was asked for before. It waits for the device.
func (s *Session) Read(name string, offset uint64, dst []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	if err := s.check(name, offset, uint64(len(dst))); err != nil {
		return err
	}
	for len(dst) > 0 {
		n := min(len(dst), maxTransfer)
		data, err := await(call(s.host, "read", name, float64(offset), n))
		if err != nil {
			return readError(name, err)
		}
		js.CopyBytesToGo(dst[:n], data)
		dst, offset = dst[n:], offset+uint64(n)
	}
	return nil
}

// ReadAsync asks for bytes [offset, offset+size) of a buffer without waiting. A later call on the
// session delivers them to done, in the order asked for (Poll does only that). The slice is valid
// only during the callback.
func (s *Session) ReadAsync(name string, offset, size uint64, done func([]byte, error)) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.d.mu.Unlock()
	if err := s.check(name, offset, size); err != nil {
		return err
	}
	data, err := call(s.host, "read", name, float64(offset), float64(size))
	if err != nil {
		return readError(name, err)
	}
	s.pending = append(s.pending, pendingRead{name, newPromise(data), done})
	return nil
}

// Poll delivers the reads that have arrived.
func (s *Session) Poll() error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	_, err := call(s.d.host, "check")
	return err
}

// Wait returns when the device has done everything that was asked of it and every asynchronous read
// has been delivered.
func (s *Session) Wait() error {
	if err := s.begin(); err != nil {
		return err
	}
	_, err := await(call(s.d.host, "idle"))
	for err == nil && len(s.pending) > 0 {
		// The last one arrives last, so waiting for it suffices to deliver all.
		last := s.pending[len(s.pending)-1].data
		<-last.settled
		last.settled <- struct{}{}
		s.end()
		if again := s.begin(); again != nil {
			return again
		}
	}
	s.end()
	return err
}

// BytesHeld is how much device memory the session holds: buffers and staging.
func (s *Session) BytesHeld() uint64 { return uint64(s.host.Get("bytesHeld").Float()) }

// Close frees everything that the session holds. Undelivered reads are dropped.
func (s *Session) Close() {
	if s.begin() != nil {
		return
	}
	defer s.d.mu.Unlock()
	s.release()
}

func (s *Session) release() {
	s.closed = true
	delete(s.d.sessions, s)
	s.pending = nil
	s.host.Call("dispose")
}
