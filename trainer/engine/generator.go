package engine

import (
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// Generator is a generator by itself.
type Generator struct{ Engine *Engine }

// OpenGenerator loads the generator of a configuration, with its variables still zero, for source images
// of the given form. Its method must have one.
func OpenGenerator(d *gpu.Device, c recipe.Config, source model.Images, choose graph.Chooser) (*Generator, error) {
	s, err := SchemeOf(c)
	if err != nil {
		return nil, err
	}
	if !s.Generates {
		return nil, &LacksError{c.Method, "generator"}
	}
	p, err := s.Networks.Adapt(model.Inputs{Source: source, HostNoise: true}, s.Networks.Config.Batch, choose)
	if err != nil {
		return nil, err
	}
	e, err := New(d, s.Networks, p)
	if err != nil {
		return nil, err
	}
	return &Generator{e}, nil
}

// LacksError is the error of asking a method for a network that it does not have.
type LacksError struct {
	Method  recipe.Method
	Network string
}

func (e *LacksError) Error() string {
	return fmt.Sprintf("is of method %s, which has no %s", e.Method, e.Network)
}

// Close frees the device memory.
func (g *Generator) Close() { g.Engine.Close() }

// Adapt redraws images; seed chooses the noise. Image i gets that of image first+i, so that a large
// set can be adapted in parts. The result has the images' labels.
func (g *Generator) Adapt(images *datasets.Set, seed uint64, first int) (*datasets.Set, error) {
	floats, _, err := g.Engine.adapt(images, seeded(seed, first), true)
	if err != nil {
		return nil, err
	}
	return g.Engine.drawn(floats, images), nil
}
