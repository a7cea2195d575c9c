package gpu

import (
	"encoding/json"
	"sync"
	"syscall/js"
)

// Player is the global variable through which the host gives this package the player of
// web/src/player: an object with the functions open and profile.
const Player = "pixeldaPlayer"

// Device is an open adapter: a thin layer over the player in JavaScript. Calls that wait block
// their goroutine and let the browser handle its events, so they must not be made on the goroutine
// of an event.
//
// When the device is lost every call returns ErrLost; open another one.
type Device struct {
	// OnPipeline, if set, is told how many of the shaders Load has compiled. It must not use the
	// device.
	OnPipeline func(done, total int)

	mu       sync.Mutex
	info     AdapterInfo
	host     js.Value
	sessions map[*Session]struct{}
	closed   bool
}

// Adapters lists the one adapter that the browser offers.
func Adapters() ([]AdapterInfo, error) {
	d, err := Open(Options{})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return []AdapterInfo{d.info}, nil
}

// Open opens the adapter that the browser chooses, with all its limits.
func Open(o Options) (*Device, error) {
	player := js.Global().Get(Player)
	if player.IsUndefined() {
		return nil, origin.Errorf("the global variable %s is not set; the host must give the player there", Player)
	}
	host, err := await(call(player, "open"))
	if err != nil {
		return nil, err
	}
	d := &Device{host: host, sessions: map[*Session]struct{}{}}
	text := js.Global().Get("JSON").Call("stringify", host.Get("info")).String()
	if err := json.Unmarshal([]byte(text), &d.info); err != nil {
		return nil, origin.Errorf("the adapter's description: %w", err)
	}
	if _, err := Choose([]AdapterInfo{d.info}, o.Adapter); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close closes the sessions and the device.
func (d *Device) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.closed = true
	for s := range d.sessions {
		s.release()
	}
	d.host.Call("close")
}

// Load makes programs ready to run: it validates them, creates the buffers that they name, filled
// with zeros, and compiles their shaders, all at the same time, and each only once however often it
// occurs.
func (d *Device) Load(programs ...*Program) (*Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed
	}
	s := &Session{d: d, programs: map[string]bool{}, sizes: map[string]uint64{}}
	for _, p := range programs {
		if err := p.Validate(d.info.Limits); err != nil {
			return nil, err
		}
		if s.programs[p.Name] {
			return nil, origin.Errorf("two programs are named %q", p.Name)
		}
		s.programs[p.Name] = true
		for _, b := range p.Buffers {
			s.sizes[b.Name] = max(s.sizes[b.Name], b.Size)
		}
	}
	text, err := json.Marshal(programs)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	progress := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if d.OnPipeline != nil {
			d.OnPipeline(args[0].Int(), args[1].Int())
		}
		return nil
	})
	defer progress.Release()
	s.host, err = await(call(d.host, "load", js.Global().Get("JSON").Call("parse", string(text)), progress))
	if err != nil {
		return nil, err
	}
	s.scratch = js.Global().Get("Uint8Array").New(minScratch)
	d.sessions[s] = struct{}{}
	return s, nil
}
