package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // decoder
	_ "image/png"  // decoder

	_ "golang.org/x/image/webp" // decoder
)

// pictureRGBD is the number of channels of RGB with depth, which comes last.
const pictureRGBD = 4

// picture is a decoded image: 8 bits, 1 (grey), 3 (RGB) or 4 (RGB and depth)
// interleaved channels.
type picture struct {
	width, height, channels int
	pixels                  []byte
}

func newPicture(width, height, channels int) picture {
	return picture{width, height, channels, make([]byte, width*height*channels)}
}

// decodePicture decodes PNG, JPEG or WebP. Transparency is laid over black.
func decodePicture(data []byte) (picture, error) {
	m, format, err := decodeImage(data)
	if err != nil {
		return picture{}, err
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
	if config.Width < 1 || config.Height < 1 || config.Width > maxImagePixels/config.Height {
		return nil, "", fmt.Errorf("an image of %dx%d pixels; at most %d in all can be read", config.Width,
			config.Height, maxImagePixels)
	}
	if m, _, err = image.Decode(bytes.NewReader(data)); err != nil {
		return nil, "", fmt.Errorf("damaged %s image: %w", format, err)
	}
	return m, format, nil
}

func flatten(m image.Image, webp bool) picture {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	switch m := m.(type) {
	case *image.YCbCr:
		return ycbcrToRGB(m, webp)
	case *image.Gray:
		p := newPicture(w, h, 1)
		for y := range h {
			copy(p.pixels[y*w:(y+1)*w], m.Pix[y*m.Stride:])
		}
		return p
	case *image.Gray16:
		p := newPicture(w, h, 1)
		for y := range h {
			for x := range w {
				p.pixels[y*w+x] = m.Pix[y*m.Stride+2*x]
			}
		}
		return p
	case *image.NYCbCrA:
		p := ycbcrToRGB(&m.YCbCr, webp)
		for i := range p.pixels {
			a := m.A[i/3/w*m.AStride+i/3%w]
			p.pixels[i] = byte((int(p.pixels[i])*int(a) + 127) / 255)
		}
		return p
	}
	p := newPicture(w, h, 3)
	rgba := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(rgba, rgba.Rect, m, b.Min, draw.Src)
	for i := range w * h {
		copy(p.pixels[3*i:3*i+3], rgba.Pix[4*i:])
	}
	return p
}

// withChannels is the picture as grey (Rec. 601 luma, the weights of
// image/color) or as RGB. Depth is left out.
func (p picture) withChannels(channels int) picture {
	if p.channels == channels {
		return p
	}
	q := newPicture(p.width, p.height, channels)
	for i := range p.width * p.height {
		if channels == 1 {
			rgb := p.pixels[p.channels*i : p.channels*i+3]
			q.pixels[i] = byte((19595*uint32(rgb[0]) + 38470*uint32(rgb[1]) + 7471*uint32(rgb[2]) + 1<<15) >> 16)
		} else if p.channels == pictureRGBD {
			copy(q.pixels[3*i:3*i+3], p.pixels[pictureRGBD*i:])
		} else {
			q.pixels[3*i], q.pixels[3*i+1], q.pixels[3*i+2] = p.pixels[i], p.pixels[i], p.pixels[i]
		}
	}
	return q
}
