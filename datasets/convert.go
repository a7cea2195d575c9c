package datasets

// Resize scales every image to width × height: the mean over the covered area
// where it shrinks, bilinear where it grows. Of a set in a file it is a view
// where a copy would take much memory.
func (s *Set) Resize(width, height int) *Set {
	if s == nil || width == s.Width && height == s.Height {
		return s
	}
	return s.convert(width, height, s.Channels, func(p picture) picture { return p.resize(width, height) })
}

// WithChannels is the set in grey (1) or RGB (3), without depth if it has any; sets
// of other kinds stay. Of a set in a file it is a view where a copy would take much
// memory.
func (s *Set) WithChannels(channels int) *Set {
	if s.Channels == channels || s.Channels != 1 && s.Channels != 3 && s.Channels != RGBD {
		return s
	}
	return s.convert(s.Width, s.Height, channels, func(p picture) picture { return p.withChannels(channels) })
}

// convert is the set with every image in another form.
func (s *Set) convert(width, height, channels int, change func(picture) picture) *Set {
	out := s.like(width, height, channels)
	if s.viewed(s.Len(), out.ImageBytes()) {
		return out.View(s.Len(), func(dst []byte, i int) error {
			pixels := make([]byte, s.ImageBytes())
			if err := s.read(pixels, i); err != nil {
				return err
			}
			copy(dst, change(picture{s.Width, s.Height, s.Channels, pixels}).pixels)
			return nil
		})
	}
	out = out.Of(make([]byte, s.Len()*out.ImageBytes()))
	parallel(s.Len(), func(i int) {
		copy(out.Image(i), change(picture{s.Width, s.Height, s.Channels, s.Image(i)}).pixels)
	})
	return out
}
