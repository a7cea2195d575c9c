package datasets

import (
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/mapped"
	"pixelda-wgpu/datasets/parallel"
)

// A view is a set whose images are made on demand: a selection of a mapped set, its images in
// another size or colour or, while a set is being packed, the images of files and generators. It
// takes no memory for images.

// made makes the images of a view.
type made struct {
	n    int
	read func(dst []byte, i int) error // image i; may be called from several goroutines
}

// holdBytes is how large a changed copy of a mapped set may be. Sampling from copies is faster than
// from views, as long as there is memory for them.
var holdBytes = 256 << 20

// SetHoldBytes sets that bound until restore is called, so that tests can make views of small sets.
func SetHoldBytes(n int) (restore func()) {
	before := holdBytes
	holdBytes = n
	return func() { holdBytes = before }
}

// Large reports whether n images of the given size in bytes should be a view rather than in memory.
func Large(n, bytes int) bool { return n > holdBytes/max(bytes, 1) }

// Mapped reports whether the images are those of a mapped file.
func (s *Set) Mapped() bool { return s.mapped }

// Viewed reports whether the images are made on demand.
func (s *Set) Viewed() bool { return s.made != nil }

// viewed reports whether a changed copy of s, of n images of the given size in bytes, should be a
// view.
func (s *Set) viewed(n, bytes int) bool {
	return s.made != nil || s.mapped && Large(n, bytes)
}

// View is a set like s, of n images that read makes on demand; read may be called from several
// goroutines.
func (s Set) View(n int, read func(dst []byte, i int) error) *Set {
	s.pixels, s.mapped, s.made, s.seal = nil, false, &made{n, read}, nil
	return &s
}

func (m *made) slice(from, to int) *made {
	return &made{to - from, func(dst []byte, i int) error { return m.read(dst, from+i) }}
}

// Pick is the images with the given indices, in their order: a copy, or a view if the set is in a
// file and a copy would take much memory.
func (s *Set) Pick(indices []int) *Set {
	if !s.viewed(len(indices), s.ImageBytes()) {
		return s.Subset(indices)
	}
	part := s.Like(s.Width, s.Height, s.Channels)
	part.describe(s, indices)
	return part.View(len(indices), func(dst []byte, i int) error { return s.Read(dst, indices[i]) })
}

// Hold is the set with all images in memory: s itself, unless it is a view.
func (s *Set) Hold() *Set {
	held, err := s.hold()
	if err != nil {
		panic(err) // only images streamed into a pack can fail, and package pack does not hold them
	}
	return held
}

func (s *Set) hold() (*Set, error) {
	if s == nil || s.made == nil {
		return s, nil
	}
	out, n := s.Like(s.Width, s.Height, s.Channels), s.ImageBytes()
	out.pixels = make([]byte, s.Len()*n)
	return out, parallel.Try(s.Len(), func(i int) error { return s.made.read(out.pixels[i*n:(i+1)*n:(i+1)*n], i) })
}

// Read copies image i.
func (s *Set) Read(dst []byte, i int) error {
	if s.made != nil {
		return s.made.read(dst, i)
	}
	copy(dst, s.Image(i))
	return nil
}

// makeImage is Image for a view.
func (s *Set) makeImage(i int) []byte {
	dst := make([]byte, s.ImageBytes())
	if err := s.made.read(dst, i); err != nil {
		panic(err) // only images streamed into a pack can fail, and package pack reads those by Blocks
	}
	return dst
}

// makeImages is Gather for a view, on all cores.
func (s *Set) makeImages(dst []byte, indices []int) {
	n := s.ImageBytes()
	err := parallel.Try(len(indices), func(k int) error { return s.made.read(dst[k*n:(k+1)*n:(k+1)*n], indices[k]) })
	if err != nil {
		panic(err) // as above
	}
}

// blockBytes is roughly how much of a set is handled at a time.
const blockBytes = 4 << 20

// Blocks hands over all images in order, whole ones, about blockBytes at a time. A view makes the
// images of a block on all cores.
func (s *Set) Blocks(take func(pixels []byte) error) error {
	n := s.ImageBytes()
	most := max(1, blockBytes/n)
	var block []byte
	if s.made != nil {
		block = make([]byte, min(most, s.Len())*n)
	}
	for from := 0; from < s.Len(); from += most {
		count := min(most, s.Len()-from)
		if s.made == nil {
			block = s.pixels[from*n : (from+count)*n]
			if s.mapped {
				mapped.AdviseSoon(s.pixels[from*n : min((from+2*count)*n, len(s.pixels))]) // and the next
			}
		} else {
			block = block[:count*n]
			err := parallel.Try(count, func(k int) error { return s.made.read(block[k*n:(k+1)*n:(k+1)*n], from+k) })
			if err != nil {
				return err
			}
		}
		if err := take(block); err != nil {
			return err
		}
	}
	return nil
}

// Hold makes all images of views.
func (s *Splits) Hold() error {
	for _, split := range SplitOrder {
		set := s.Named(split)
		if (*set).Len() > 0 && (*set).Len() > limits.SetBytes/(*set).ImageBytes() {
			return origin.Errorf("%s: %d images of %s take more than %d bytes: choose a smaller size, or pack "+
				"them with `pixelda-wgpu datasets pack -raw`",
				(*set).Name, (*set).Len(), (*set).Shape(), int64(limits.SetBytes))
		}
		var err error
		if *set, err = (*set).hold(); err != nil {
			return err
		}
	}
	return nil
}
