package gpu

// What devices and sessions have in common on all hosts.

// Info describes the adapter.
func (d *Device) Info() AdapterInfo { return d.info }

// Limits are the bounds of the device: all that the adapter has.
func (d *Device) Limits() Limits { return d.info.Limits }

// begin locks the device for a call on the session; end unlocks it.
func (s *Session) begin() error {
	s.d.mu.Lock()
	if s.closed {
		s.d.mu.Unlock()
		return errClosed
	}
	return nil
}
