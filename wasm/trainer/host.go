//go:build js

package main

import (
	"errors"
	"syscall/js"

	"pixelda-wgpu/wasm/protocol"
	"pixelda-wgpu/wasm/wire"
)

// host is what the worker's script provides: see web/src/worker/main.ts.
var host = js.Global().Get("pixeldaHost")

// emit posts a message, and the arrays that its fields refer to.
func emit(m protocol.Message, parts ...[]byte) {
	text, err := protocol.Encode(m)
	if err != nil {
		emitError(0, err)
		return
	}
	wire.Post(host, text, parts)
}

// reply answers a request that asked for an R.
func reply[R any](r *request, ask protocol.Ask[R], result R, parts ...[]byte) {
	emit(protocol.Answer(r.ID, ask, result), parts...)
}

// progress tells the page how far something is. A total of 0 means unknown.
func progress(stage protocol.Stage, what string, done, total int) {
	emit(protocol.Progress{Stage: stage, What: what, Done: done, Total: total})
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
