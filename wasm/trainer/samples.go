//go:build js

package main

import (
	"fmt"
	"math"

	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/protocol"
)

// most is how many images a single request may ask for.
const most = 1024

// samples answers a request for adapted images.
func (w *worker) samples(r *request, ask *protocol.SamplesRequest) error {
	t := w.run.trainer
	if !t.Scheme.Generates {
		return refuse("a run of method "+string(t.Config.Method)+" has no generator", "")
	}
	images := ask.Images
	if images == nil {
		images = t.UsualImages()
	}
	var noise []float32
	switch {
	case ask.Noise.Vectors != nil:
		var err error
		if images, noise, err = pair(images, r.parts.Floats(*ask.Noise.Vectors), t.Config.Model.NoiseDim); err != nil {
			return err
		}
	case ask.Noise.Seed != nil:
		noise = t.SeededNoise(*ask.Noise.Seed, images)
	default:
		noise = t.SeededNoise(t.Config.Seed, images)
	}
	if len(images) == 0 || len(images) > most {
		return refuse(fmt.Sprintf("%d images were asked for", len(images)), fmt.Sprintf("Ask for 1 to %d.", most))
	}
	s, err := t.Samples(images, noise, ask.Nearest)
	if err != nil {
		return err
	}
	var parts message.Parts
	reply(r, ask, w.run.describeSamples(images, s, &parts), parts...)
	return nil
}

// pair gives each image a vector of noise, of dim numbers. If there is only one image or one
// vector, it is combined with all of the other. It returns as many images as vectors.
func pair(images []int, noise []float32, dim int) ([]int, []float32, error) {
	for _, z := range noise {
		if !(z >= -math.MaxFloat32 && z <= math.MaxFloat32) {
			return nil, nil, refuse("the noise is not finite", "")
		}
	}
	count := 0
	if dim > 0 {
		count = len(noise) / dim
	}
	switch {
	case len(noise) != count*dim || count == 0:
		return nil, nil, refuse(fmt.Sprintf("%d numbers of noise are no vectors of %d", len(noise), dim), "")
	case count == len(images):
		return images, noise, nil
	case len(images) == 1:
		same := make([]int, count)
		for i := range same {
			same[i] = images[0]
		}
		return same, noise, nil
	case count == 1:
		all := make([]float32, 0, len(images)*dim)
		for range images {
			all = append(all, noise...)
		}
		return images, all, nil
	}
	return nil, nil, refuse(fmt.Sprintf("%d noise vectors for %d images", count, len(images)),
		"Give one for each, or one of either.")
}

// describeSamples describes samples of the run to the page, and adds their arrays to parts.
func (r *run) describeSamples(images []int, s engine.Samples, parts *message.Parts) message.Samples {
	return message.Samples{
		Step: r.trainer.Iteration(), Images: images, Labels: labelsOf(s.Source), Classes: s.Source.Classes,
		Source: imagesOf(s.Source, parts), Adapted: imagesOf(s.Adapted, parts), Nearest: imagesOf(s.Nearest, parts),
		Noise: parts.AddFloats(s.Noise), Logits: parts.AddFloats(s.Logits),
	}
}

// show sends the usual samples of a run to the page, if a generator that redraws images made them.
func (r *run) show(s engine.Samples) {
	if s.Adapted == nil {
		return
	}
	var parts message.Parts
	emit(protocol.SamplesEvent(r.describeSamples(r.trainer.UsualImages(), s, &parts)), parts...)
}

// show draws the run's usual samples for the page.
func (w *worker) show() error {
	if !w.run.trainer.Scheme.Generates {
		return nil
	}
	s, err := w.run.trainer.Draw()
	if err == nil {
		w.run.show(s)
	}
	return err
}
