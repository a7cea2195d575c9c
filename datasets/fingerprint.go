package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
)

// Fingerprint identifies the content: the SHA-256, in hex, of shape, class names, pixels, labels
// and poses, but not the set's name. It reads every image once, unless the set is unchanged from a
// packed file, which states it.
func (s *Set) Fingerprint() string {
	if s != nil && s.Sealed() {
		return s.seal.fingerprint
	}
	h, end := s.Hash()
	if s.Len() > 0 {
		if err := s.Blocks(func(pixels []byte) error { h.Write(pixels); return nil }); err != nil {
			panic(err) // only images streamed into a pack can fail, and package pack hashes those itself
		}
	}
	return end()
}

// Hash begins a fingerprint: all pixels are written to h, then end returns it.
func (s *Set) Hash() (h hash.Hash, end func() string) {
	h = sha256.New()
	if s.Len() > 0 {
		fmt.Fprintf(h, "%d %d %d %d %d %q\n", s.Len(), s.Height, s.Width, s.Channels, len(s.Labels), s.Classes)
	}
	return h, func() string { return s.endHash(h) }
}

func (s *Set) endHash(h hash.Hash) string {
	if s.Len() > 0 {
		block := make([]byte, 0, 4096)
		for i, label := range s.Labels {
			block = binary.LittleEndian.AppendUint32(block, label)
			if len(block) == cap(block) || i == len(s.Labels)-1 {
				h.Write(block)
				block = block[:0]
			}
		}
		h.Write(PoseBytes(s.Poses))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// JoinFingerprints is the fingerprint of splits that have the given ones.
func JoinFingerprints(train, valid, test string) string {
	h := sha256.New()
	for _, one := range []string{train, valid, test} {
		h.Write([]byte(one))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// seal is a fingerprint that a packed file states, and the set that it belongs to.
type seal struct {
	fingerprint string
	of          Set
}

// Seal records the fingerprint that a set's mapped file states, so that it is not computed as long
// as the set stays as it is.
func (s *Set) Seal(fingerprint string) { s.seal = &seal{fingerprint, *s} }

// Sealed reports whether the fingerprint is the one that the set's file states.
func (s *Set) Sealed() bool { return s.seal.holds(s) }

// holds reports whether s still is what the file holds: the same memory, which is mapped and so
// cannot have changed, with the same shape and labels.
func (k *seal) holds(s *Set) bool {
	return k != nil && s.mapped && s.made == nil &&
		s.Width == k.of.Width && s.Height == k.of.Height && s.Channels == k.of.Channels &&
		same(s.pixels, k.of.pixels) && same(s.Labels, k.of.Labels) && same(s.Poses, k.of.Poses) &&
		slices.Equal(s.Classes, k.of.Classes)
}

// same reports whether a and b are the same stretch of memory.
func same[T any](a, b []T) bool {
	return len(a) == len(b) && (a == nil) == (b == nil) && (len(a) == 0 || &a[0] == &b[0])
}
