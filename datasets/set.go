// Package datasets holds labelled image sets: views and splits of them, other sizes and colours,
// and batches. The packages below it bring sets in: open takes any name or path, and calls read
// (files and folders), draw (generated sets) or pack (packed sets); fetch downloads. Images stay
// 8-bit, height × width × channels, as files hold them; scaling to floats is the model's business.
// Sets may be larger than memory: see View and OfMapped.
package datasets

import (
	"strconv"

	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets"

// RGBD is the number of channels of RGB with depth, which comes last.
const RGBD = picture.RGBD

// Set is images of one size, with a label each or none at all, and a pose each if they show objects
// with poses. It keeps the images to itself: they may be in memory, in a file, or made on demand,
// and those of an opened set must not be changed.
type Set struct {
	Name     string // for people, e.g. "mnist train"
	Width    int
	Height   int
	Channels int      // 1 grey, 3 RGB, RGBD (a depth of 255 is far), or whatever an idx file has
	Labels   []uint32 // indices into Classes; nil when the set is unlabelled
	Classes  []string // class names; nil when the set is unlabelled
	Poses    []Pose   // nil if the images have none

	pixels []byte // image after image, row by row, channels interleaved; nil in a view
	mapped bool   // pixels are those of a mapped file
	made   *made  // makes the images of a view; nil where pixels holds them
	seal   *seal  // the fingerprint that the set's file states
}

// Of is a set like s, of images in memory: pixels holds one after the other, row by row, with
// interleaved channels.
func (s Set) Of(pixels []byte) *Set {
	s.pixels, s.mapped, s.made, s.seal = pixels, false, nil, nil
	return &s
}

// OfMapped is Of for a part of a mapped file.
func (s Set) OfMapped(pixels []byte) *Set {
	out := s.Of(pixels)
	out.mapped = true
	return out
}

// Pixels is all images, one after the other, which still belong to the set; a view makes them.
func (s *Set) Pixels() []byte { return s.Hold().pixels }

// Len is the number of images. A nil set has none.
func (s *Set) Len() int {
	if s == nil || s.ImageBytes() == 0 {
		return 0
	}
	if s.made != nil {
		return s.made.n
	}
	return len(s.pixels) / s.ImageBytes()
}

// ImageBytes is the size of one image: Width · Height · Channels.
func (s *Set) ImageBytes() int { return s.Width * s.Height * s.Channels }

// Image returns the pixels of image i, which still belong to the set; a view makes them.
func (s *Set) Image(i int) []byte {
	n := s.ImageBytes()
	if s.made != nil {
		return s.makeImage(i)
	}
	return s.pixels[i*n : (i+1)*n : (i+1)*n]
}

// Labelled reports whether every image has a label.
func (s *Set) Labelled() bool { return s != nil && s.Labels != nil }

// Slice is images [from, to), without copying: the result shares the set's memory.
func (s *Set) Slice(from, to int) *Set {
	part, n := *s, s.ImageBytes()
	if s.made != nil {
		part.made = s.made.slice(from, to)
	} else {
		part.pixels = s.pixels[from*n : to*n : to*n]
	}
	if s.Labels != nil {
		part.Labels = s.Labels[from:to:to]
	}
	if s.Poses != nil {
		part.Poses = s.Poses[from:to:to]
	}
	return &part
}

// Subset copies the images with the given indices, in their order.
func (s *Set) Subset(indices []int) *Set {
	part := s.Like(s.Width, s.Height, s.Channels)
	part.pixels = make([]byte, len(indices)*s.ImageBytes())
	s.Gather(part.pixels, indices)
	part.describe(s, indices)
	return part
}

// Like is a set with the name, labels, classes and poses of s, for other images.
func (s *Set) Like(width, height, channels int) *Set {
	return &Set{Name: s.Name, Width: width, Height: height, Channels: channels, Labels: s.Labels, Classes: s.Classes,
		Poses: s.Poses}
}

// Gather copies the images with the given indices into dst, one after the
// other; dst holds len(indices) · ImageBytes() bytes.
func (s *Set) Gather(dst []byte, indices []int) {
	n := s.ImageBytes()
	if s.made != nil {
		s.makeImages(dst, indices)
		return
	}
	for k, i := range indices {
		copy(dst[k*n:(k+1)*n], s.Image(i))
	}
}

// GatherLabels copies the labels with the given indices into dst.
func (s *Set) GatherLabels(dst []uint32, indices []int) {
	for k, i := range indices {
		dst[k] = s.Labels[i]
	}
}

// GatherPoses copies the poses with the given indices into dst.
func (s *Set) GatherPoses(dst []Pose, indices []int) {
	for k, i := range indices {
		dst[k] = s.Poses[i]
	}
}

// describe gives s the labels and poses that whole has at the given indices.
func (s *Set) describe(whole *Set, indices []int) {
	s.Labels, s.Poses = nil, nil
	if whole.Labels != nil {
		s.Labels = make([]uint32, len(indices))
		whole.GatherLabels(s.Labels, indices)
	}
	if whole.Poses != nil {
		s.Poses = make([]Pose, len(indices))
		whole.GatherPoses(s.Poses, indices)
	}
}

// Validate reports the first thing that makes the set unfit for use: an empty or inconsistent
// shape, a label without a class, or an invalid pose.
func (s *Set) Validate() error {
	switch {
	case s == nil:
		return origin.Errorf("the set is missing")
	case s.Width < 1 || s.Height < 1 || s.Channels < 1:
		return origin.Errorf("%s: images of %dx%d with %d channels are impossible", s.Name, s.Width, s.Height,
			s.Channels)
	case s.made == nil && len(s.pixels) == 0 || s.made != nil && s.made.n == 0:
		return origin.Errorf("%s: no images", s.Name)
	case len(s.pixels)%s.ImageBytes() != 0:
		return origin.Errorf("%s: %d bytes of pixels are no whole number of %dx%dx%d images", s.Name,
			len(s.pixels), s.Width, s.Height, s.Channels)
	case s.Poses != nil && len(s.Poses) != s.Len():
		return origin.Errorf("%s: %d images but %d poses", s.Name, s.Len(), len(s.Poses))
	case s.Labels != nil && len(s.Labels) != s.Len():
		return origin.Errorf("%s: %d images but %d labels", s.Name, s.Len(), len(s.Labels))
	}
	for i, label := range s.Labels {
		if int64(label) >= int64(len(s.Classes)) {
			return origin.Errorf("%s: image %d has label %d, but there are %d classes", s.Name, i, label,
				len(s.Classes))
		}
	}
	for i, pose := range s.Poses {
		if err := pose.Check(); err != nil {
			return origin.Errorf("%s: image %d: %w", s.Name, i, err)
		}
	}
	return nil
}

// NumberedClasses names n classes "0", "1", … as digit sets do.
func NumberedClasses(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
