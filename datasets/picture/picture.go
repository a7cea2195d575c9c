// Package picture decodes images, and converts them to other sizes and channels.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"pixelda-wgpu/datasets/limits"

	_ "image/jpeg"

	// decoder
	_ "image/png"

	// decoder

	_ "golang.org/x/image/webp"
)

// decoder

// RGBD is the number of channels of RGB with depth, which comes last.
const RGBD = 4

// Picture is a decoded image: 8 bits, 1 (grey), 3 (RGB) or 4 (RGB and depth)
// interleaved channels.
type Picture struct {
	Width, Height, Channels int
	Pixels                  []byte
}

// New is a black picture.
func New(width, height, channels int) Picture {
	return Picture{width, height, channels, make([]byte, width*height*channels)}
}

// Decode decodes PNG, JPEG or WebP. Transparent images are composited over black.
func Decode(data []byte) (Picture, error) {
	m, format, err := decodeImage(data)
	if err != nil {
		return Picture{}, err
	}
	return flatten(m, format == "webp"), nil
}

func decodeImage(data []byte) (m image.Image, format string, err error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, image.ErrFormat) {
		return nil, "", errors.New("no PNG, JPEG or WebP image")
	}
	if err != nil {
		return nil, "", fmt.Errorf("damaged %s image: %w", format, err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > limits.ImagePixels/config.Height {
		return nil, "", fmt.Errorf("an image of %dx%d pixels; at most %d in all can be read", config.Width,
			config.Height, limits.ImagePixels)
	}
	if m, _, err = image.Decode(bytes.NewReader(data)); err != nil {
		return nil, "", fmt.Errorf("damaged %s image: %w", format, err)
	}
	return m, format, nil
}

func flatten(m image.Image, webp bool) Picture {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	switch m := m.(type) {
	case *image.YCbCr:
		return ycbcrToRGB(m, webp)
	case *image.Gray:
		p := New(w, h, 1)
		for y := range h {
			copy(p.Pixels[y*w:(y+1)*w], m.Pix[y*m.Stride:])
		}
		return p
	case *image.Gray16:
		p := New(w, h, 1)
		for y := range h {
			for x := range w {
				p.Pixels[y*w+x] = m.Pix[y*m.Stride+2*x]
			}
		}
		return p
	case *image.NYCbCrA:
		p := ycbcrToRGB(&m.YCbCr, webp)
		for i := range p.Pixels {
			a := m.A[i/3/w*m.AStride+i/3%w]
			p.Pixels[i] = byte((int(p.Pixels[i])*int(a) + 127) / 255)
		}
		return p
	}
	p := New(w, h, 3)
	rgba := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(rgba, rgba.Rect, m, b.Min, draw.Src)
	for i := range w * h {
		copy(p.Pixels[3*i:3*i+3], rgba.Pix[4*i:])
	}
	return p
}

// WithChannels is the picture in grey (Rec. 601 luma, with the weights of image/color) or in RGB.
// Depth is dropped.
func (p Picture) WithChannels(channels int) Picture {
	if p.Channels == channels {
		return p
	}
	q := New(p.Width, p.Height, channels)
	for i := range p.Width * p.Height {
		if channels == 1 {
			rgb := p.Pixels[p.Channels*i : p.Channels*i+3]
			q.Pixels[i] = byte((19595*uint32(rgb[0]) + 38470*uint32(rgb[1]) + 7471*uint32(rgb[2]) + 1<<15) >> 16)
		} else if p.Channels == RGBD {
			copy(q.Pixels[3*i:3*i+3], p.Pixels[RGBD*i:])
		} else {
			q.Pixels[3*i], q.Pixels[3*i+1], q.Pixels[3*i+2] = p.Pixels[i], p.Pixels[i], p.Pixels[i]
		}
	}
	return q
}
