package export

import (
	"fmt"
	"slices"

	"pixelda-wgpu/gpu"
)

// check reports what makes a bundle unfit for use. A host that follows a sound one stays within the
// buffers of its programs, and these within what every WebGPU device grants.
func (b *Bundle) check() error {
	a := b.Generator
	if b.Input.Size != a.Size || b.Input.Channels != a.SourceChannels {
		return origin.Errorf("input is %d pixels with %d channels, the generator's %d with %d", b.Input.Size,
			b.Input.Channels, a.Size, a.SourceChannels)
	}
	if b.Input.Range != [2]float64{-1, 1} || b.Input.Resize != resizing {
		return origin.Errorf("input of range %v and resize %q; version %s knows [-1 1] and %q", b.Input.Range,
			b.Input.Resize, version, resizing)
	}
	if a.TargetChannels == 2 {
		return origin.Errorf("images of two channels have no pixels to show")
	}
	if err := b.checkExample(); err != nil {
		return err
	}
	if len(b.Programs) == 0 {
		return origin.Errorf("there are no programs")
	}
	for i, p := range b.Programs {
		if err := b.checkProgram(p); err != nil {
			return origin.Errorf("program %d: %w", i, err)
		}
	}
	return nil
}

func (b *Bundle) checkExample() error {
	e := b.Example
	if e == nil {
		return origin.Errorf("there are no example images")
	}
	if e.Len() == 0 || e.Width > b.Input.Size || e.Height > b.Input.Size || !b.Input.takes(e.Channels) {
		return origin.Errorf("tensor %q holds %d images of %d×%d with %d channels; want at least one, up to "+
			"%d×%d with 1 (of fewer than 4) or %d",
			exampleTensor, e.Len(), e.Width, e.Height, e.Channels, b.Input.Size, b.Input.Size, b.Input.Channels)
	}
	if len(b.Labels) == 0 {
		return nil
	}
	if len(b.Labels) != e.Len() || int64(slices.Max(b.Labels)) >= int64(len(b.Classes)) {
		return origin.Errorf("example_labels %v are not for %d images of %d classes", b.Labels, e.Len(),
			len(b.Classes))
	}
	return nil
}

func (b *Bundle) checkProgram(p Program) error {
	if p.Code == nil || p.Device != device(false) && p.Device != device(true) {
		return fmt.Errorf("device %q; want %q or %q, with a program", p.Device, device(false), device(true))
	}
	if p.Batch < 1 || p.Batch > 4096 {
		return fmt.Errorf("a batch of %d; want 1 to 4096", p.Batch)
	}
	if err := p.Code.Validate(gpu.Portable); err != nil {
		return err
	}
	sizes := map[string]uint64{}
	for _, buffer := range p.Code.Buffers {
		sizes[buffer.Name] = buffer.Size
	}
	a := b.Generator
	area := uint64(p.Batch) * uint64(a.Size) * uint64(a.Size)
	need := map[string]uint64{
		sourceBuffer: 4 * area * uint64(a.SourceChannels), imagesBuffer: 4 * area * uint64(a.TargetChannels),
		pixelsBuffer: 4 * area,
	}
	if a.NoiseDim > 0 {
		need[noiseBuffer] = 4 * uint64(p.Batch) * uint64(a.NoiseDim)
	}
	for name, size := range need {
		if sizes[name] < size {
			return fmt.Errorf("buffer %q has %d bytes; a batch of %d takes %d", name, sizes[name], p.Batch, size)
		}
	}
	for name, values := range b.weights {
		at, ok := b.Layout[name]
		size := 4 * uint64(len(values))
		switch room := sizes[at.Buffer]; {
		case !ok:
			return fmt.Errorf("tensor %q has no place in the layout", name)
		case at.Offset%4 != 0 || at.Offset > room || size > room-at.Offset:
			return fmt.Errorf("tensor %q: bytes %d+%d of buffer %q, which has %d", name, at.Offset, size, at.Buffer,
				room)
		}
	}
	return nil
}
