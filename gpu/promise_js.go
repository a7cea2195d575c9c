package gpu

import (
	"syscall/js"
)

// ErrLost is what every call on a lost device returns, as errors.Is sees it: the driver was reset
// or the browser's GPU process ended. A new device can be opened.
var ErrLost = origin.Errorf("the device was lost")

// HostError is an error of the browser or of its player.
type HostError struct {
	Code   string // as the player's ErrorCode, or "" for others
	What   string
	Remedy string // may be empty
}

func (e *HostError) Error() string {
	if e.Remedy == "" {
		return e.What
	}
	return e.What + " " + e.Remedy
}

// Is makes a HostError match ErrLost if it is that of a lost device.
func (e *HostError) Is(target error) bool { return target == ErrLost && e.Code == "lost" }

// hostError is the Go form of what JavaScript threw.
func hostError(v js.Value) error {
	if v.Type() != js.TypeObject {
		return &HostError{What: v.String()}
	}
	text := func(name string) string {
		if s := v.Get(name); s.Type() == js.TypeString {
			return s.String()
		}
		return ""
	}
	return &HostError{text("code"), text("message"), text("remedy")}
}

// call calls a method; what it throws is the error.
func call(v js.Value, method string, args ...any) (result js.Value, err error) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case js.Error:
			err = hostError(thrown.Value)
		default:
			panic(thrown)
		}
	}()
	return v.Call(method, args...), nil
}

// promise waits for one JavaScript promise after another, so that its callbacks are made only once.
type promise struct {
	settled        chan struct{}
	fulfil, reject js.Func
	value          js.Value
	err            error
}

// Idle promises are reused, so that a replay allocates none.
var promises []*promise

func newPromise(v js.Value) *promise {
	var p *promise
	if n := len(promises); n > 0 {
		p, promises = promises[n-1], promises[:n-1]
	} else {
		p = &promise{settled: make(chan struct{}, 1)}
		first := func(args []js.Value) js.Value {
			if len(args) == 0 {
				return js.Undefined()
			}
			return args[0]
		}
		p.fulfil = js.FuncOf(func(_ js.Value, args []js.Value) any {
			p.value, p.err = first(args), nil
			p.settled <- struct{}{}
			return nil
		})
		p.reject = js.FuncOf(func(_ js.Value, args []js.Value) any {
			p.value, p.err = js.Undefined(), hostError(first(args))
			p.settled <- struct{}{}
			return nil
		})
	}
	v.Call("then", p.fulfil, p.reject)
	return p
}

// arrived reports whether the promise is settled, without waiting.
func (p *promise) arrived() bool { return len(p.settled) > 0 }

// await waits and returns the outcome; meanwhile the browser handles its events.
func (p *promise) await() (js.Value, error) {
	<-p.settled
	value, err := p.value, p.err
	p.value, p.err = js.Undefined(), nil
	promises = append(promises, p)
	return value, err
}

// await waits for v if it is a promise.
func await(v js.Value, err error) (js.Value, error) {
	if err != nil || v.IsUndefined() {
		return v, err
	}
	return newPromise(v).await()
}
