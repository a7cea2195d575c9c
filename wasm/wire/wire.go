//go:build js

// Package wire carries messages between Go and the script that started it. The script provides an
// object through which Go posts and is called. What the messages mean is defined in packages
// protocol and frame.
package wire

import (
	"syscall/js"

	"pixelda-wgpu/wasm/message"
)

// Post posts a message, its JSON and the arrays beside it, by calling host.post with both.
func Post(host js.Value, text []byte, parts message.Parts) {
	arrays := js.Global().Get("Array").New()
	for _, p := range parts {
		arrays.Call("push", Array(p))
	}
	host.Call("post", string(text), arrays)
}

// Receive has the script call hear with each message that arrives: its JSON, and the arrays beside
// it. hear must not wait for anything that the browser does.
func Receive(host js.Value, hear func(text []byte, parts message.Parts)) {
	host.Set("receive", js.FuncOf(func(_ js.Value, args []js.Value) any {
		var parts message.Parts
		for i := range args[1].Length() {
			parts = append(parts, Bytes(args[1].Index(i)))
		}
		hear([]byte(args[0].String()), parts)
		return nil
	}))
}

// Bytes copies a Uint8Array. It is nil for null and for undefined.
func Bytes(v js.Value) []byte {
	if v.IsNull() || v.IsUndefined() {
		return nil
	}
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}

// Array copies bytes into a new Uint8Array.
func Array(b []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}
