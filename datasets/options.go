package datasets

import "io"

// Options says how a set is opened. The zero value leaves images as they are and uses each set's
// usual splits.
type Options struct {
	Dir      string  // the folder with mnist, usps, mnist_m, bsds500; "" is "data"
	Size     int     // resize to Size×Size; 0 keeps the size
	Channels int     // 1 grey, 3 RGB; 0 keeps them (a mixture of both becomes RGB)
	Seed     uint64  // draws generated images, patches and splits
	Counts   *Counts // nil: a known set's usual splits; for other sets a tenth each for valid and test
	Draw     Drawer  // draws generated images; nil does it here

	Stream *Stream // makes images on demand, where possible; nil: they are made when the set is opened
}

// Drawer draws the pixels of images [from, from+n) of a generated set, as draw.Images does, but
// perhaps somewhere else.
type Drawer func(name string, seed uint64, from, n int) (pixels []byte, err error)

const maxSize = 4096

// Check reports options that cannot be met.
func (o Options) Check() error {
	if o.Size < 0 || o.Size > maxSize {
		return origin.Errorf("cannot resize to %d pixels: give 1 to %d, or 0 to keep the size", o.Size, maxSize)
	}
	if o.Channels != 0 && o.Channels != 1 && o.Channels != 3 {
		return origin.Errorf("cannot make %d channels: give 1 (grey), 3 (RGB) or 0 to keep them", o.Channels)
	}
	return nil
}

// CountsOf is what was asked for, or a tenth for each split that the parts lack.
func (o Options) CountsOf(h Parts) Counts {
	if o.Counts != nil {
		return *o.Counts
	}
	var c Counts
	if h.Valid == nil {
		c.Valid = h.Pool.Len() / 10
	}
	if h.Test == nil {
		c.Test = h.Pool.Len() / 10
	}
	return c
}

// Folder is Dir, or its default.
func (o Options) Folder() string {
	if o.Dir == "" {
		return "data"
	}
	return o.Dir
}

// One divides the parts of a set that has a single domain.
func (o Options) One(name string, h Parts) ([]Domain, error) {
	s, err := h.Divide(name, o.CountsOf(h), o.Seed)
	if err != nil {
		return nil, err
	}
	s.Origin = name
	return []Domain{{Splits: o.Shape(s)}}, nil
}

// Shape brings all splits to the size and channels asked for.
func (o Options) Shape(s Splits) Splits {
	for _, set := range []**Set{&s.Train, &s.Valid, &s.Test} {
		if *set != nil && o.Size != 0 {
			*set = (*set).Resize(o.Size, o.Size)
		}
		if *set != nil && o.Channels != 0 {
			*set = (*set).WithChannels(o.Channels)
		}
	}
	return s
}

// Domain is one of several sets with the same classes.
type Domain struct {
	Name string
	Splits
}

// Stream has, in Options, images made on demand, and keeps open the files that they are read from.
type Stream struct{ files []io.Closer }

// Keep holds on to a file that images will be read from, until Close.
func (s *Stream) Keep(f io.Closer) { s.files = append(s.files, f) }

// Close closes the files.
func (s *Stream) Close() {
	for _, f := range s.files {
		_ = f.Close() // only read from
	}
}
