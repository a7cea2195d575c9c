//go:build js

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"syscall/js"

	"pixelda-wgpu/gpu"
)

// host is what the worker gives this program: web/src/worker/main.ts.
var host = js.Global().Get("pixeldaHost")

// request is one of the page's, see web/src/protocol.ts.
type request struct {
	ID    int    `json:"id"`
	Type  string `json:"type"`
	text  []byte // the whole of it, as JSON
	parts [][]byte
}

// decode reads the request's own fields.
func (r *request) decode(into any) error {
	if err := json.Unmarshal(r.text, into); err != nil {
		return fmt.Errorf("trainer: the request %s: %w", r.Type, err)
	}
	return nil
}

// part stands for bytes in a request's JSON.
type part struct {
	Index *int `json:"$part"`
}

func (r *request) bytes(p part) []byte {
	if p.Index == nil || *p.Index < 0 || *p.Index >= len(r.parts) {
		return nil
	}
	return r.parts[*p.Index]
}

// inbox holds requests that came in. All goroutines of a browser's program run on
// one thread, one at a time.
type inbox struct {
	waiting []*request
	arrived chan struct{}
	urgent  func() // if set, hears of each that comes in, whatever the program is waiting for
}

func newInbox() *inbox {
	in := &inbox{arrived: make(chan struct{}, 1)}
	host.Set("receive", js.FuncOf(func(_ js.Value, args []js.Value) any {
		r := &request{text: []byte(args[0].String())}
		if err := json.Unmarshal(r.text, r); err != nil {
			emitError(0, fmt.Errorf("trainer: a message of the page: %w", err))
			return nil
		}
		for i := range args[1].Length() {
			b := make([]byte, args[1].Index(i).Length())
			js.CopyBytesToGo(b, args[1].Index(i))
			r.parts = append(r.parts, b)
		}
		in.waiting = append(in.waiting, r)
		if in.urgent != nil {
			in.urgent()
		}
		select {
		case in.arrived <- struct{}{}:
		default:
		}
		return nil
	}))
	return in
}

// next takes a request out, or returns nil if there is none.
func (in *inbox) next() *request {
	if len(in.waiting) == 0 {
		return nil
	}
	r := in.waiting[0]
	in.waiting = in.waiting[1:]
	return r
}

// take takes the first request of a type out, before those that came earlier.
func (in *inbox) take(kind string) *request {
	at := slices.IndexFunc(in.waiting, func(r *request) bool { return r.Type == kind })
	if at < 0 {
		return nil
	}
	r := in.waiting[at]
	in.waiting = slices.Delete(in.waiting, at, at+1)
	return r
}

// wait takes a request out once there is one.
func (in *inbox) wait() *request {
	for {
		if r := in.next(); r != nil {
			return r
		}
		<-in.arrived
	}
}

// message is an event or a reply under way, with what goes beside its JSON.
type message map[string]any

// attachment is a typed array in a message.
type attachment struct {
	kind string // "bytes" or "floats"
	data []byte
}

func bytesOf(b []byte) attachment { return attachment{"bytes", b} }

func floatsOf(f []float32) attachment { return attachment{"floats", gpu.Bytes(f)} }

// emit posts a message. Attachments may be its values, or those of messages in it.
func emit(m message) {
	parts := js.Global().Get("Array").New()
	text, err := json.Marshal(detach(m, parts))
	if err != nil {
		emitError(0, fmt.Errorf("trainer: a message of type %v: %w", m["type"], err))
		return
	}
	host.Call("post", string(text), parts)
}

// detach replaces the attachments by their places in parts.
func detach(m message, parts js.Value) message {
	out := message{}
	for name, v := range m {
		switch v := v.(type) {
		case attachment:
			array := js.Global().Get("Uint8Array").New(len(v.data))
			js.CopyBytesToJS(array, v.data)
			out[name] = message{"$" + v.kind: parts.Length()}
			parts.Call("push", array)
		case message:
			out[name] = detach(v, parts)
		default:
			out[name] = v
		}
	}
	return out
}

func reply(r *request, result any) {
	emit(message{"type": "reply", "id": r.ID, "to": r.Type, "result": result})
}

func progress(stage, what string, done, total int) {
	emit(message{"type": "progress", "stage": stage, "what": what, "done": done, "total": total})
}

// await waits for a promise of the host.
func await(promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	settled := make(chan outcome, 1)
	fulfil := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- outcome{value: args[0]}
		return nil
	})
	reject := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- outcome{err: errors.New(args[0].Call("toString").String())}
		return nil
	})
	defer fulfil.Release()
	defer reject.Release()
	promise.Call("then", fulfil, reject)
	o := <-settled
	return o.value, o.err
}

// goBytes copies a Uint8Array; null is nil.
func goBytes(v js.Value) []byte {
	if v.IsNull() || v.IsUndefined() {
		return nil
	}
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}

func jsBytes(b []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}
