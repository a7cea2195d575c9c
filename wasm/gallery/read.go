//go:build js

package main

import (
	"math"

	"pixelda-wgpu/trainer/gallery"
	"pixelda-wgpu/trainer/validate"
	"pixelda-wgpu/wasm/frame"
	"pixelda-wgpu/wasm/message"
)

// readSamples turns samples into what the gallery shows.
func readSamples(m *frame.Show, parts message.Parts) gallery.Samples {
	r := m.Samples
	s := gallery.Samples{
		Title: m.Title, Step: r.Step, Source: images(r.Source, parts), Adapted: images(r.Adapted, parts),
		Classes: r.Classes, Probabilities: probabilities(r, parts),
	}
	if nearest := images(r.Nearest, parts); len(nearest) > 0 && len(nearest)%len(s.Source) == 0 {
		each := len(nearest) / len(s.Source)
		for i := range s.Source {
			s.Nearest = append(s.Nearest, nearest[i*each])
		}
	}
	for _, label := range r.Labels {
		s.Labels = append(s.Labels, int(label))
	}
	if noise := parts.Floats(r.Noise); len(noise) > 0 {
		s.Noise = rows(noise, len(noise)/len(s.Source))
	}
	return s
}

// readAnswer turns samples of one image into an answer to the gallery's question.
func readAnswer(m *frame.Answer, parts message.Parts) gallery.Answer {
	r := m.Samples
	a := gallery.Answer{ID: m.Query, Images: images(r.Adapted, parts), Probabilities: probabilities(r, parts)}
	for _, img := range images(r.Nearest, parts) {
		a.Neighbours = append(a.Neighbours, gallery.Neighbour{Image: img, Distance: distance(a.Images[0], img)})
	}
	return a
}

// images returns pixels as the gallery takes them, or nil if there are none.
func images(m message.Images, parts message.Parts) []*gallery.Image {
	if m.Count == 0 {
		return nil
	}
	return gallery.FromPixels(parts.Bytes(m.Pixels), m.Width, m.Height, m.Channels)
}

// probabilities returns those of the classes, a row for each image, or nil if the logits are not
// finite: the classifier then has no opinion.
func probabilities(r message.Samples, parts message.Parts) [][]float32 {
	p, err := validate.Probabilities(parts.Floats(r.Logits), len(r.Classes))
	if err != nil {
		return nil
	}
	return rows(p, len(r.Classes))
}

// rows splits values into rows of a given width, and drops an incomplete one.
func rows(values []float32, width int) [][]float32 {
	var all [][]float32
	for ; len(values) >= width && width > 0; values = values[width:] {
		all = append(all, values[:width])
	}
	return all
}

// distance is the root mean square difference of two images, in steps of 8-bit channels.
func distance(a, b *gallery.Image) float64 {
	sum := 0.0
	for i, v := range a.RGBA {
		d := float64(v) - float64(b.RGBA[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(a.RGBA)/4*3)) // alpha never differs
}
