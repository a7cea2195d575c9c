package engine

import (
	"image"
	"math"
	"slices"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/trainer/grid"
)

const sampleImages = 16

// Samples are source images, what the generator makes of them, and target images that look like the
// result. Images with the same index in the sets belong together. A method that draws from noise
// alone has none of the sets.
type Samples struct {
	Source  *datasets.Set // of the model's size
	Adapted *datasets.Set
	Nearest *datasets.Set // as many for each as were asked for, the nearest first; nil if none
	Noise   []float32     // [n, noise]
	Logits  []float32     // [n, classes], of the adapted images

	// Distances of the nearest images: the root mean square of the byte differences.
	Distances []float64

	rows []grid.Row // what a picture of the samples shows
}

// Grid draws the samples: a row for each thing that they show; for RGB-D, colours above depths.
func (s Samples) Grid() (image.Image, error) {
	rows := slices.Clone(s.rows)
	for _, r := range s.rows {
		if r.Channels == datasets.RGBD {
			rows = append(rows, r.Channel(datasets.RGBD-1, r.Caption+" depth"))
		}
	}
	return grid.Draw(rows, max(1, 64/s.rows[0].Width))
}

// Draws reports whether the method has samples to show.
func (t *Trainer) Draws() bool { return t.Scheme.draw != nil }

// Draw computes the samples that a run shows again and again, according to its method: what a
// generator makes of the usual images, or what it draws from noise alone.
func (t *Trainer) Draw() (Samples, error) { return t.Scheme.draw(t) }

// Samples redraws images, each with its own noise of the model's length, and finds for each the
// nearest of the target images; target may be nil for none. The sets have forms that the programs
// take; target has that of what the generator draws.
func (e *Engine) Samples(images *datasets.Set, noise []float32, target *datasets.Set, nearest int) (Samples, error) {
	c := e.Networks.Config
	if len(noise) != images.Len()*c.NoiseDim {
		return Samples{}, origin.Errorf("%d numbers of noise for %d images; want %d each", len(noise),
			images.Len(),
			c.NoiseDim)
	}
	floats, ev, err := e.adapt(images, func(z []float32, i int) { copy(z, noise[i*c.NoiseDim:]) }, true)
	if err != nil {
		return Samples{}, err
	}
	s := Samples{Source: sized(images, c.Size), Adapted: e.drawn(floats, images), Noise: noise, Logits: ev.logits}
	s.rows = []grid.Row{Row("source", s.Source), Row("adapted", s.Adapted)}
	if nearest == 0 || target == nil {
		return s, nil
	}
	var near []int
	for _, matches := range grid.Neighbours(s.Adapted.Pixels(), target.Pixels(), target.ImageBytes(), nearest) {
		for _, m := range matches {
			near = append(near, m.Image)
			s.Distances = append(s.Distances, math.Sqrt(float64(m.Distance)/float64(target.ImageBytes())))
		}
	}
	s.Nearest = target.Subset(near)
	if nearest == 1 {
		s.rows = append(s.rows, Row("nearest target", s.Nearest))
	}
	return s, nil
}

// Samples redraws source test images and compares them with the target's training images.
func (t *Trainer) Samples(images []int, noise []float32, nearest int) (Samples, error) {
	for _, i := range images {
		if i < 0 || i >= t.Data.Source.Test.Len() {
			return Samples{}, origin.Errorf("no source test image %d; there are %d", i, t.Data.Source.Test.Len())
		}
	}
	train := t.Data.Target.Train
	if nearest > 0 && t.neighbours == nil && train.Channels == t.Config.Model.TargetChannels {
		t.neighbours = Neighbours(train, t.Config.Model.Size)
	}
	return t.Engine.Samples(t.Data.Source.Test.Subset(images), noise, t.neighbours, nearest)
}

// maxNeighbours limits how many target images are compared with an adapted one.
const maxNeighbours = 60_000

// Neighbours are the target's training images with which adapted images are compared, size × size:
// the first 60,000.
func Neighbours(train *datasets.Set, size int) *datasets.Set {
	return sized(head(train, maxNeighbours), size).Hold()
}

// UsualImages are the source test images that a run shows again and again.
func (t *Trainer) UsualImages() []int { return FirstImages(t.Data.Source.Test, sampleImages) }

// FirstImages are the first n of a labelled set or, if it is ordered by class as a folder's images
// are, the first of each class, the second of each, and so on.
func FirstImages(s *datasets.Set, n int) []int {
	first := make([]int, s.Len())
	for i := range first {
		first[i] = i
	}
	if slices.IsSorted(s.Labels) {
		before := map[uint32]int{} // how many images of its class precede it
		turn := make([]int, s.Len())
		for i, class := range s.Labels {
			turn[i] = before[class]
			before[class]++
		}
		slices.SortStableFunc(first, func(a, b int) int { return turn[a] - turn[b] })
	}
	return first[:min(n, s.Len())]
}

// usualSamples adapts the usual images, each with the noise that it gets from the run's seed.
func (t *Trainer) usualSamples() (Samples, error) {
	images := t.UsualImages()
	return t.Samples(images, t.SeededNoise(t.Config.Seed, images), 1)
}

// SeededNoise is the noise of source test images for a seed: [n, noise].
func (t *Trainer) SeededNoise(seed uint64, images []int) []float32 {
	return SeededNoise(t.Config.Model.NoiseDim, seed, images)
}

// SeededNoise is the noise of images for a seed: [n, dim].
func SeededNoise(dim int, seed uint64, images []int) []float32 {
	noise := make([]float32, len(images)*dim)
	for k, i := range images {
		Noise(noise[k*dim:(k+1)*dim], seed, i)
	}
	return noise
}

// Row is a set as a row of a grid.
func Row(caption string, set *datasets.Set) grid.Row {
	return grid.Row{Caption: caption, Width: set.Width, Height: set.Height, Channels: set.Channels,
		Pixels: set.Pixels()}
}

// drawn makes a set of adapted images, which keep the labels of the originals.
func (e *Engine) drawn(floats []float32, of *datasets.Set) *datasets.Set {
	c := e.Networks.Config
	return datasets.Set{
		Name: of.Name + " adapted", Width: c.Size, Height: c.Size, Channels: c.TargetChannels,
		Labels: of.Labels, Classes: of.Classes,
		Poses: of.Poses,
	}.Of(grid.Pixels(floats, c.TargetChannels, c.Size, c.Size))
}

func sized(s *datasets.Set, size int) *datasets.Set {
	if s.Width == size && s.Height == size {
		return s
	}
	return s.Resize(size, size)
}
