//go:build js

// Command gallery is the gallery of the page: Ebiten in a frame of its own, since it takes over the
// document that it is in. The page sends samples, and receives the gallery's questions; package
// frame lists both.
package main

import (
	"bytes"
	"image"
	"image/png"
	"syscall/js"

	"pixelda-wgpu/trainer/gallery"
	"pixelda-wgpu/trainer/gallery/window"
	"pixelda-wgpu/wasm/frame"
	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/wire"
)

// host is what the frame's script provides: see web/src/page/gallery-frame.ts.
var host = js.Global().Get("pixeldaFrame")

func main() {
	p := &page{}
	w, err := window.New(p, "PixelDA", p.leave)
	if err != nil {
		post(frame.Failed{Why: err.Error()})
		return
	}
	p.window = w
	wire.Receive(host, p.hear)
	post(frame.Ready{})
	if err := w.Run(); err != nil {
		post(frame.Failed{Why: err.Error()})
	}
}

// post sends the page a message, and the arrays that its fields stand for.
func post(m frame.Message, parts ...[]byte) {
	text, err := frame.Encode(m)
	if err != nil {
		panic(err) // these messages can always be encoded
	}
	wire.Post(host, text, parts)
}

// page is the gallery's host.
type page struct {
	window *window.Window
}

// hear acts on a message of the page.
func (p *page) hear(text []byte, parts message.Parts) {
	m, err := frame.Decode(text)
	if err != nil {
		post(frame.Failed{Why: err.Error()})
		return
	}
	switch m := m.(type) {
	case *frame.Show:
		samples := readSamples(m, parts)
		p.window.Do(func(g *gallery.Gallery) { g.Show(samples) })
	case *frame.Answer:
		answer := readAnswer(m, parts)
		p.window.Do(func(g *gallery.Gallery) { g.Answer(answer) })
	case *frame.Status:
		p.window.Do(func(g *gallery.Gallery) { g.Status(m.Text) })
	}
}

// Ask implements gallery.Host.
func (p *page) Ask(q gallery.Query) {
	var noise []float32
	for _, z := range q.Noise {
		noise = append(noise, z...)
	}
	var parts message.Parts
	post(frame.Ask{
		Query: q.ID, Image: q.Image, Count: len(q.Noise), Noise: parts.AddFloats(noise), Neighbours: q.Neighbours,
	}, parts...)
}

// Turn implements gallery.Host. The page shows only the present state.
func (p *page) Turn(int) {}

// Leave implements gallery.Host.
func (p *page) Leave() string { return "back to the page" }

func (p *page) leave() bool {
	post(frame.Leave{})
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
		var parts message.Parts
		post(frame.Picture{PNG: parts.AddBytes(file.Bytes())}, parts...)
		p.window.Do(func(g *gallery.Gallery) { g.Toast("Saved") })
	})
}
