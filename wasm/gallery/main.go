//go:build js

// The gallery of the page: Ebiten in a frame of its own, since it takes over the
// document that it is in. The page brings samples by messages, and gets the
// gallery's questions; web/src/page/gallery-messages.ts lists them.
package main

import (
	"bytes"
	"image"
	"image/png"
	"syscall/js"

	"pixelda-wgpu/trainer/gallery"
	"pixelda-wgpu/trainer/gallery/window"
)

func main() {
	p := &page{parent: js.Global().Get("parent")}
	w, err := window.New(p, "PixelDA", p.leave)
	if err != nil {
		p.post("failed", map[string]any{"why": err.Error()})
		return
	}
	p.window = w
	js.Global().Call("addEventListener", "message", js.FuncOf(func(_ js.Value, args []js.Value) any {
		// Only the page that holds the frame may tell it what to show.
		if event := args[0]; event.Get("source").Equal(p.parent) {
			p.hear(event.Get("data"))
		}
		return nil
	}))
	p.post("ready", nil)
	if err := w.Run(); err != nil {
		p.post("failed", map[string]any{"why": err.Error()})
	}
}

// page is the gallery's host.
type page struct {
	parent js.Value
	window *window.Window
}

// post sends the page a message, and hands the memory of buffers over.
func (p *page) post(kind string, fields map[string]any, transfer ...any) {
	message := map[string]any{"type": kind}
	for name, v := range fields {
		message[name] = v
	}
	p.parent.Call("postMessage", message, js.Global().Get("location").Get("origin"), transfer)
}

// hear takes a message of the page.
func (p *page) hear(m js.Value) {
	switch m.Get("type").String() {
	case "samples":
		samples := readSamples(m)
		p.window.Do(func(g *gallery.Gallery) { g.Show(samples) })
	case "answer":
		answer := readAnswer(m)
		p.window.Do(func(g *gallery.Gallery) { g.Answer(answer) })
	case "status":
		text := m.Get("text").String()
		p.window.Do(func(g *gallery.Gallery) { g.Status(text) })
	}
}

// Ask implements gallery.Host.
func (p *page) Ask(q gallery.Query) {
	var noise []float32
	for _, z := range q.Noise {
		noise = append(noise, z...)
	}
	p.post("ask", map[string]any{
		"query": q.ID, "image": q.Image, "count": len(q.Noise), "noise": float32Array(noise), "neighbours": q.Neighbours,
	})
}

// Turn implements gallery.Host. The page shows the present state alone.
func (p *page) Turn(int) {}

// Leave implements gallery.Host.
func (p *page) Leave() string { return "back to the page" }

func (p *page) leave() bool {
	p.post("leave", nil)
	return false
}

// Save implements gallery.Host: the page saves the picture.
func (p *page) Save() {
	p.window.Capture(func(img image.Image) {
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			p.window.Do(func(g *gallery.Gallery) { g.Toast(err.Error()) })
			return
		}
		bytes := js.Global().Get("Uint8Array").New(file.Len())
		js.CopyBytesToJS(bytes, file.Bytes())
		p.post("picture", map[string]any{"png": bytes}, bytes.Get("buffer"))
		p.window.Do(func(g *gallery.Gallery) { g.Toast("Saved") })
	})
}
