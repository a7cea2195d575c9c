// Package draw makes sets that are in no file: digits, textures and objects that need none, renders
// of CAD models, and MNIST-M from digits and photographs.
package draw

import (
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets/draw"

// generator is a set that needs no files: image i of a given seed is always the same.
type generator struct {
	side, channels int
	posed          bool
	counts         datasets.Counts // its usual splits
	classes        func() []string
	describe       func(seed, i uint64) (label uint32, pose datasets.Pose)
	draw           func(dst []byte, seed, i uint64)
}

// generators are the sets that need no files, by name.
var generators = map[string]generator{
	"digits":     digitGenerator(digitSide, 1, sourceStream, drawDigitPlain),
	"digits-m":   digitGenerator(textureSide, 3, targetStream, drawDigitM),
	"objects":    objectGenerator(objectStudio, objectStream, (*studio).draw),
	"objects-bg": objectGenerator(objectsOnTextures, objectStream, (*studio).draw),
	"objects-m":  objectGenerator(objectStudio, cluttered, drawObjectM),
}

// set is images [from, from+n), drawn on demand.
func (g generator) set(name string, seed uint64, from, n int) *datasets.Set {
	s := &datasets.Set{Name: name, Width: g.side, Height: g.side, Channels: g.channels, Classes: g.classes(),
		Labels: make([]uint32, n)}
	if g.posed {
		s.Poses = make([]datasets.Pose, n)
	}
	for i := range n {
		label, pose := g.describe(seed, uint64(from+i))
		s.Labels[i] = label
		if g.posed {
			s.Poses[i] = pose
		}
	}
	return s.View(n, func(dst []byte, i int) error {
		g.draw(dst, seed, uint64(from+i))
		return nil
	})
}

// UsualCounts are the splits that a generated set has unless others are asked for.
func UsualCounts(name string) datasets.Counts { return generators[name].counts }

// Generated reports whether a set of this name needs no files.
func Generated(name string) bool { return generators[name].draw != nil }

// Images draws images [from, from+n) of a generated set.
func Images(name string, seed uint64, from, n int) (*datasets.Set, error) {
	g, ok := generators[name]
	if !ok {
		return nil, origin.Errorf("%q is no generated set", name)
	}
	return g.set(name, seed, from, n).Hold(), nil
}

// Builtin generates as many images as the counts ask for. If there are very many, or they are to be
// streamed, they are drawn on demand.
func Builtin(name string, o datasets.Options, what string) (datasets.Parts, string, error) {
	g := generators[name]
	c := *o.Counts
	if c.Train == 0 {
		c.Train = g.counts.Train
	}
	const most = 10_000_000
	if c.Train < 0 || c.Valid < 0 || c.Test < 0 || c.Train > most || c.Valid > most || c.Test > most {
		return datasets.Parts{}, "",
			origin.Errorf("cannot generate %d training, %d validation and %d test images: give 0 to %d of each",
				c.Train, c.Valid, c.Test, most)
	}
	what = fmt.Sprintf("%s from seed %d", what, o.Seed)
	n := c.Train + c.Valid + c.Test
	s := g.set(name, o.Seed, 0, n)
	switch {
	case o.Stream != nil || datasets.Large(n, s.ImageBytes()):
	case o.Draw == nil:
		s = s.Hold()
	default:
		pixels, err := o.Draw(name, o.Seed, 0, n)
		if err != nil {
			return datasets.Parts{}, "", err
		}
		if len(pixels) != n*s.ImageBytes() {
			return datasets.Parts{}, "", origin.Errorf("%s: %d of %d images were drawn", name,
				len(pixels)/s.ImageBytes(), n)
		}
		s = s.Of(pixels)
	}
	return datasets.Parts{Pool: s, Ordered: true}, what, nil
}
