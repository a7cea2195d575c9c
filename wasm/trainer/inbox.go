//go:build js

package main

import (
	"encoding/json"
	"slices"

	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/protocol"
	"pixelda-wgpu/wasm/wire"
)

// request is one of the page's, under way.
type request struct {
	ID    int    `json:"id"`
	Type  string `json:"type"`
	text  []byte // all of it, as JSON
	parts message.Parts
}

// decode reads what the request asks.
func (r *request) decode() (protocol.Message, error) {
	ask := protocol.New(r.Type)
	if ask == nil {
		return nil, refuse("there is no request "+r.Type, "Reload the page.")
	}
	if err := json.Unmarshal(r.text, ask); err != nil {
		return nil, origin.Errorf("the request %s: %w", r.Type, err)
	}
	return ask, nil
}

// inbox holds the requests that have arrived. All goroutines of a program in a browser share one
// thread and run one at a time.
type inbox struct {
	waiting []*request
	arrived chan struct{}
	urgent  func() // if set, hears of each request that comes in, whatever the program is waiting for
}

func newInbox() *inbox {
	in := &inbox{arrived: make(chan struct{}, 1)}
	wire.Receive(host, func(text []byte, parts message.Parts) {
		r := &request{text: text, parts: parts}
		if err := json.Unmarshal(text, r); err != nil {
			emitError(0, origin.Errorf("a message of the page: %w", err))
			return
		}
		in.waiting = append(in.waiting, r)
		if in.urgent != nil {
			in.urgent()
		}
		select {
		case in.arrived <- struct{}{}:
		default:
		}
	})
	return in
}

// next takes out a request, or returns nil if there is none.
func (in *inbox) next() *request {
	if len(in.waiting) == 0 {
		return nil
	}
	r := in.waiting[0]
	in.waiting = in.waiting[1:]
	return r
}

// take takes out the first request of a type, ahead of those that came earlier. It returns nil if
// there is none.
func (in *inbox) take(kind string) *request {
	at := slices.IndexFunc(in.waiting, func(r *request) bool { return r.Type == kind })
	if at < 0 {
		return nil
	}
	r := in.waiting[at]
	in.waiting = slices.Delete(in.waiting, at, at+1)
	return r
}

// wait takes out a request as soon as there is one.
func (in *inbox) wait() *request {
	for {
		if r := in.next(); r != nil {
			return r
		}
		<-in.arrived
	}
}
