package datasets

import (
	"pixelda-wgpu/datasets/parallel"
	"pixelda-wgpu/datasets/picture"
)

// Resize scales every image to width × height: the mean over the covered area where it shrinks,
// bilinear where it grows. For a set in a file the result is a view if a copy would take much
// memory.
func (s *Set) Resize(width, height int) *Set {
	if s == nil || width == s.Width && height == s.Height {
		return s
	}
	return s.convert(width, height, s.Channels, func(p picture.Picture) picture.Picture {
		return p.Resize(width, height)
	})
}

// WithChannels is the set in grey (1) or RGB (3), without any depth; sets with other numbers of
// channels stay as they are. For a set in a file the result is a view if a copy would take much
// memory.
func (s *Set) WithChannels(channels int) *Set {
	if s.Channels == channels || s.Channels != 1 && s.Channels != 3 && s.Channels != RGBD {
		return s
	}
	return s.convert(s.Width, s.Height, channels, func(p picture.Picture) picture.Picture {
		return p.WithChannels(channels)
	})
}

// convert is the set with every image in another form.
func (s *Set) convert(width, height, channels int, change func(picture.Picture) picture.Picture) *Set {
	out := s.Like(width, height, channels)
	if s.viewed(s.Len(), out.ImageBytes()) {
		return out.View(s.Len(), func(dst []byte, i int) error {
			pixels := make([]byte, s.ImageBytes())
			if err := s.Read(pixels, i); err != nil {
				return err
			}
			copy(dst, change(s.picture(pixels)).Pixels)
			return nil
		})
	}
	out = out.Of(make([]byte, s.Len()*out.ImageBytes()))
	parallel.Do(s.Len(), func(i int) {
		copy(out.Image(i), change(s.picture(s.Image(i))).Pixels)
	})
	return out
}

// picture is an image of the set's form.
func (s *Set) picture(pixels []byte) picture.Picture {
	return picture.Picture{Width: s.Width, Height: s.Height, Channels: s.Channels, Pixels: pixels}
}
