//go:build js

package main

import (
	"encoding/binary"
	"math"
	"syscall/js"

	"pixelda-wgpu/trainer/gallery"
	"pixelda-wgpu/trainer/validate"
)

// readSamples takes what the page's training worker calls Samples, with a title.
func readSamples(m js.Value) gallery.Samples {
	r := result{m.Get("samples")}
	s := gallery.Samples{
		Title: m.Get("title").String(), Step: r.Get("step").Int(),
		Source: r.images("source"), Adapted: r.images("adapted"),
		Classes: r.classes(), Probabilities: r.probabilities(),
	}
	if nearest := r.images("nearest"); len(nearest) > 0 && len(nearest)%len(s.Source) == 0 {
		each := len(nearest) / len(s.Source)
		for i := range s.Source {
			s.Nearest = append(s.Nearest, nearest[i*each])
		}
	}
	for i := range r.Get("labels").Length() {
		s.Labels = append(s.Labels, r.Get("labels").Index(i).Int())
	}
	if noise := float32s(r.Get("noise")); len(noise) > 0 {
		s.Noise = rows(noise, len(noise)/len(s.Source))
	}
	return s
}

// readAnswer takes the worker's Samples for one image, as asked for.
func readAnswer(m js.Value) gallery.Answer {
	r := result{m.Get("samples")}
	a := gallery.Answer{ID: m.Get("query").Int(), Images: r.images("adapted"), Probabilities: r.probabilities()}
	for _, img := range r.images("nearest") {
		a.Neighbours = append(a.Neighbours, gallery.Neighbour{Image: img, Distance: distance(a.Images[0], img)})
	}
	return a
}

// result is the worker's Samples.
type result struct{ js.Value }

func (r result) images(name string) []*gallery.Image {
	v := r.Get(name)
	if v.Get("count").Int() == 0 {
		return nil
	}
	pixels := make([]byte, v.Get("pixels").Length())
	js.CopyBytesToGo(pixels, v.Get("pixels"))
	return gallery.FromPixels(pixels, v.Get("width").Int(), v.Get("height").Int(), v.Get("channels").Int())
}

func (r result) classes() []string {
	var names []string
	for i := range r.Get("classes").Length() {
		names = append(names, r.Get("classes").Index(i).String())
	}
	return names
}

func (r result) probabilities() [][]float32 {
	classes := r.Get("classes").Length()
	p, err := validate.Probabilities(float32s(r.Get("logits")), classes)
	if err != nil {
		return nil // logits that are not finite: the classifier has no opinion
	}
	return rows(p, classes)
}

func rows(values []float32, width int) [][]float32 {
	var all [][]float32
	for ; len(values) >= width && width > 0; values = values[width:] {
		all = append(all, values[:width])
	}
	return all
}

// distance is the root mean square difference of two images.
func distance(a, b *gallery.Image) float64 {
	sum := 0.0
	for i, v := range a.RGBA {
		d := float64(v) - float64(b.RGBA[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(a.RGBA)/4*3)) // alpha is the same
}

// float32s copies a Float32Array.
func float32s(v js.Value) []float32 {
	bytes := make([]byte, v.Get("byteLength").Int())
	js.CopyBytesToGo(bytes, js.Global().Get("Uint8Array").New(v.Get("buffer"), v.Get("byteOffset"), len(bytes)))
	values := make([]float32, len(bytes)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(bytes[4*i:]))
	}
	return values
}

// float32Array is a new Float32Array.
func float32Array(values []float32) js.Value {
	bytes := make([]byte, 0, 4*len(values))
	for _, v := range values {
		bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
	}
	array := js.Global().Get("Uint8Array").New(len(bytes))
	js.CopyBytesToJS(array, bytes)
	return js.Global().Get("Float32Array").New(array.Get("buffer"))
}
