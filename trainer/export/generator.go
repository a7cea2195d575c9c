package export

import (
	"cmp"
	"errors"
	"slices"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/grid"
)

// Generator is a bundle's generator on a device.
type Generator struct {
	bundle   *Bundle
	session  *gpu.Session
	programs []Program // in order of batch
}

// Load makes the bundle ready on a device, with its programs for that kind of device or, if there
// are none, with those for the other kind.
func (b *Bundle) Load(d *gpu.Device) (*Generator, error) {
	kind := device(d.Info().Software())
	if !slices.ContainsFunc(b.Programs, func(p Program) bool { return p.Device == kind }) {
		kind = b.Programs[0].Device
	}
	g := &Generator{bundle: b}
	var code []*gpu.Program
	for _, p := range b.Programs {
		if p.Device == kind {
			g.programs, code = append(g.programs, p), append(code, p.Code)
		}
	}
	slices.SortFunc(g.programs, func(a, b Program) int { return cmp.Compare(a.Batch, b.Batch) })
	var err error
	if g.session, err = d.Load(code...); err != nil {
		return nil, err
	}
	for name, values := range b.weights {
		at := b.Layout[name]
		if err := g.session.Write(at.Buffer, at.Offset, gpu.Bytes(values)); err != nil {
			g.session.Close()
			return nil, err
		}
	}
	return g, nil
}

// Close frees the device memory.
func (g *Generator) Close() { g.session.Close() }

// Size is the height and width of adapted images.
func (g *Generator) Size() int { return g.bundle.Generator.Size }

// Adapt redraws images; seed chooses the noise. Image i gets that of image first+i, so that a large
// set can be adapted in parts. The result has the images' labels.
func (g *Generator) Adapt(images *datasets.Set, seed uint64, first int) (*datasets.Set, error) {
	a := g.bundle.Generator
	if err := g.bundle.Input.accepts(images); err != nil {
		return nil, err
	}
	shape := datasets.Set{
		Name: images.Name + " adapted", Width: a.Size, Height: a.Size, Channels: a.TargetChannels,
		Labels: images.Labels, Classes: images.Classes, Poses: images.Poses,
	}
	out := shape.Of(make([]byte, images.Len()*shape.ImageBytes()))
	var late error
	for from := 0; from < images.Len(); {
		p := g.pick(images.Len() - from)
		n := min(p.Batch, images.Len()-from)
		if err := g.feed(images, from, n, seed, first); err != nil {
			return nil, err
		}
		if err := g.session.Run(p.Code.Name); err != nil {
			return nil, err
		}
		err := g.fetch(out, from, n, func(err error) { late = errors.Join(late, err) })
		if err != nil {
			return nil, err
		}
		from += n
	}
	if err := errors.Join(g.session.Wait(), late); err != nil {
		return nil, origin.Errorf("%w", err)
	}
	return out, nil
}

// fetch copies n images that a program made into out, starting at number from, in a later call on
// the session.
func (g *Generator) fetch(out *datasets.Set, from, n int, done func(error)) error {
	to := out.Pixels()[from*out.ImageBytes() : (from+n)*out.ImageBytes()]
	area := out.Width * out.Height
	if out.Channels == datasets.RGBD { // the colour bytes lack the depth
		floats := make([]float32, n*datasets.RGBD*area)
		return g.session.ReadAsync(imagesBuffer, 0, uint64(4*len(floats)), func(b []byte, err error) {
			copy(gpu.Bytes(floats), b)
			copy(to, grid.Pixels(floats, datasets.RGBD, out.Height, out.Width))
			done(err)
		})
	}
	return g.session.ReadAsync(pixelsBuffer, 0, uint64(4*n*area), func(rgba []byte, err error) {
		for i := range len(rgba) / 4 {
			copy(to[i*out.Channels:][:out.Channels], rgba[4*i:])
		}
		done(err)
	})
}

// pick chooses the smallest program that takes so many images at once, or else the largest.
func (g *Generator) pick(images int) Program {
	for _, p := range g.programs {
		if p.Batch >= images {
			return p
		}
	}
	return g.programs[len(g.programs)-1]
}

// feed writes n images and their noise, which is numbered from first for the set's first image.
// What a larger batch computes in addition is ignored.
func (g *Generator) feed(images *datasets.Set, from, n int, seed uint64, first int) error {
	a, in := g.bundle.Generator, g.bundle.Input
	width := in.Channels * in.Size * in.Size
	source, z := make([]float32, n*width), make([]float32, n*a.NoiseDim)
	for i := range n {
		in.prepare(source[i*width:(i+1)*width], images, from+i)
		engine.Noise(z[i*a.NoiseDim:(i+1)*a.NoiseDim], seed, first+from+i)
	}
	if err := g.session.Write(sourceBuffer, 0, gpu.Bytes(source)); err != nil || a.NoiseDim == 0 {
		return err
	}
	return g.session.Write(noiseBuffer, 0, gpu.Bytes(z))
}
