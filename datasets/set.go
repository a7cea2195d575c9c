// Package datasets reads, generates and downloads labelled image sets, and
// draws batches from them. Images stay 8-bit in memory, height × width ×
// channels, as files hold them; scaling to floats is the model's business.
package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// maxSetBytes bounds the pixels of one set, so that a wrong header or a huge
// folder ends in an error and not in a machine out of memory.
const maxSetBytes = 4 << 30

// Set is images of one size in memory, with a label each or none at all.
type Set struct {
	Name     string // for people, e.g. "mnist train"
	Width    int
	Height   int
	Channels int      // 1 grey, 3 RGB, or what an idx file brings
	Pixels   []byte   // image after image, row by row, channels interleaved
	Labels   []uint32 // indices into Classes; nil when the set is unlabelled
	Classes  []string // class names; nil when the set is unlabelled
}

// Len is the number of images. A nil set has none.
func (s *Set) Len() int {
	if s == nil || s.ImageBytes() == 0 {
		return 0
	}
	return len(s.Pixels) / s.ImageBytes()
}

// ImageBytes is the size of one image: Width · Height · Channels.
func (s *Set) ImageBytes() int { return s.Width * s.Height * s.Channels }

// Image returns the pixels of image i, which remain the set's.
func (s *Set) Image(i int) []byte {
	n := s.ImageBytes()
	return s.Pixels[i*n : (i+1)*n : (i+1)*n]
}

// Labelled reports whether every image has a label.
func (s *Set) Labelled() bool { return s != nil && s.Labels != nil }

// Slice is images [from, to) in place: the result shares the set's memory.
func (s *Set) Slice(from, to int) *Set {
	part, n := *s, s.ImageBytes()
	part.Pixels = s.Pixels[from*n : to*n : to*n]
	if s.Labels != nil {
		part.Labels = s.Labels[from:to:to]
	}
	return &part
}

// Subset copies the images with the given indices, in their order.
func (s *Set) Subset(indices []int) *Set {
	part := *s
	part.Pixels = make([]byte, len(indices)*s.ImageBytes())
	s.Gather(part.Pixels, indices)
	if s.Labels != nil {
		part.Labels = make([]uint32, len(indices))
		s.GatherLabels(part.Labels, indices)
	}
	return &part
}

// Gather copies the images with the given indices into dst, one after the
// other; dst holds len(indices) · ImageBytes() bytes.
func (s *Set) Gather(dst []byte, indices []int) {
	n := s.ImageBytes()
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

// Validate reports the first thing that makes the set unfit for use: an empty
// or inconsistent shape, or a label without a class.
func (s *Set) Validate() error {
	switch {
	case s == nil:
		return errors.New("datasets: the set is missing")
	case s.Width < 1 || s.Height < 1 || s.Channels < 1:
		return fmt.Errorf("datasets: %s: images of %dx%d with %d channels are impossible", s.Name, s.Width, s.Height, s.Channels)
	case len(s.Pixels) == 0:
		return fmt.Errorf("datasets: %s: no images", s.Name)
	case len(s.Pixels)%s.ImageBytes() != 0:
		return fmt.Errorf("datasets: %s: %d bytes of pixels are no whole number of %dx%dx%d images", s.Name, len(s.Pixels), s.Width, s.Height, s.Channels)
	case s.Labels == nil:
		return nil
	case len(s.Labels) != s.Len():
		return fmt.Errorf("datasets: %s: %d images but %d labels", s.Name, s.Len(), len(s.Labels))
	}
	for i, label := range s.Labels {
		if int64(label) >= int64(len(s.Classes)) {
			return fmt.Errorf("datasets: %s: image %d has label %d, but there are %d classes", s.Name, i, label, len(s.Classes))
		}
	}
	return nil
}

// Fingerprint identifies the content: the SHA-256, in hex, of shape, class
// names, pixels and labels. The set's name takes no part.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	if s.Len() == 0 {
		return hex.EncodeToString(h.Sum(nil))
	}
	fmt.Fprintf(h, "%d %d %d %d %d %q\n", s.Len(), s.Height, s.Width, s.Channels, len(s.Labels), s.Classes)
	h.Write(s.Pixels)
	block := make([]byte, 0, 4096)
	for i, label := range s.Labels {
		block = binary.LittleEndian.AppendUint32(block, label)
		if len(block) == cap(block) || i == len(s.Labels)-1 {
			h.Write(block)
			block = block[:0]
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// numberedClasses names n classes "0", "1", … as digit sets do.
func numberedClasses(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
