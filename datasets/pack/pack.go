// Package pack reads and writes packed sets (.pxds), compressed or mapped.
package pack

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/mapped"
	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets/pack"

// A packed set (.pxds) holds all splits of a data set in one file:
//
//	"PXDS"              magic
//	uint32              length of the header, little-endian, as all numbers are
//	header              JSON, see packHeader
//
// Versions 1 and 2 hold sets without poses; versions 3 and 4 are the same with poses, so that a
// program that does not know poses says so.
//
// Versions 1 and 3 are compressed: one zstd frame follows with, for each split in the header's order,
// its pixels as in Set.Pixels, then its labels, one uint16 per image, unless there are no classes,
// then in version 3 its poses, four float32 per image: the unit quaternion w, x, y, z with w ≥ 0.
// The fingerprint is the checksum.
//
// Versions 2 and 4 are raw: the pixels are uncompressed, so that the file can be mapped.
//
//	uint32              CRC-32C of all before it
//	for each split      its pixels, from the next multiple of 4096 bytes on
//	                    its labels, unless there are no classes
//	                    its poses, in version 4
//	                    uint32 CRC-32C of each MiB of pixels, the last perhaps shorter
//	                    uint32 CRC-32C of the labels, in version 4 then of the poses
//
// and the file ends there. The padding before a multiple is zero.
const (
	packMagic     = "PXDS"
	packZstd      = 1
	packRaw       = 2
	packPosed     = 2 // what poses add to the version
	packNewest    = packRaw + packPosed
	maxPackHeader = 1 << 20
	maxClasses    = 1 << 16
)

type packHeader struct {
	Version     int         `json:"version"`
	Origin      string      `json:"origin"`
	Width       int         `json:"width"`
	Height      int         `json:"height"`
	Channels    int         `json:"channels"`
	Classes     []string    `json:"classes"` // null: unlabelled
	Splits      []packSplit `json:"splits"`
	Fingerprint string      `json:"fingerprint"` // Splits.Fingerprint of the content
}

type packSplit struct {
	Split       string `json:"split"` // train, valid or test
	Name        string `json:"name"`
	Count       int    `json:"count"`
	Fingerprint string `json:"fingerprint,omitempty"` // Set.Fingerprint, in raw sets
}

// raw and posed tell what the version means.
func (h packHeader) raw() bool   { return h.Version%2 == 0 }
func (h packHeader) posed() bool { return h.Version > packPosed }

// Read reads a packed set, compressed or raw, into memory and checks its fingerprint. The name
// identifies the file in errors.
func Read(name string, r io.Reader) (datasets.Splits, error) {
	s, err := readPacked(r)
	if err != nil {
		return datasets.Splits{}, origin.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func readPacked(r io.Reader) (datasets.Splits, error) {
	h, head, err := readPackHeader(r)
	if err != nil {
		return datasets.Splits{}, err
	}
	var s datasets.Splits
	if h.raw() {
		s, err = h.readRaw(r, head)
	} else {
		s, err = h.readCompressed(r)
	}
	if err != nil {
		return datasets.Splits{}, err
	}
	if got := s.Fingerprint(); got != h.Fingerprint {
		return datasets.Splits{}, fmt.Errorf("damaged: its content has the fingerprint %s, its header says %s; %s", got,
			h.Fingerprint, packAgain)
	}
	return s, nil
}

// packAgain is the remedy for a damaged file.
const packAgain = "copy the file again, or pack the set anew"

// readCompressed reads what follows the header of a compressed set.
func (h packHeader) readCompressed(r io.Reader) (datasets.Splits, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(64<<20), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return datasets.Splits{}, err
	}
	defer z.Close()
	s, err := h.splits(func(set *datasets.Set, split packSplit) error { return h.readSplit(z, set, split.Count) })
	if err != nil {
		return datasets.Splits{}, err
	}
	if n, err := io.ReadFull(z, make([]byte, 1)); n > 0 || err != io.EOF {
		return datasets.Splits{}, errors.Join(errors.New("damaged after the last split"), err)
	}
	return s, s.Validate()
}

// splits makes the splits that the header lists; read fills each set.
func (h packHeader) splits(read func(set *datasets.Set, split packSplit) error) (datasets.Splits, error) {
	s := datasets.Splits{Origin: h.Origin}
	for _, split := range h.Splits {
		at := s.Named(split.Split)
		if at == nil || *at != nil {
			return datasets.Splits{}, fmt.Errorf("split %q is unknown or there twice", split.Split)
		}
		set := &datasets.Set{Name: split.Name, Width: h.Width, Height: h.Height, Channels: h.Channels,
			Classes: h.Classes}
		if err := read(set, split); err != nil {
			return datasets.Splits{}, fmt.Errorf("split %s: %w", split.Split, err)
		}
		*at = set
	}
	return s, nil
}

// readPackHeader reads to the end of the header, and also returns it as bytes.
func readPackHeader(r io.Reader) (h packHeader, all []byte, err error) {
	var head [len(packMagic) + 4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:len(packMagic)]) != packMagic {
		return h, nil, errors.New("not a packed set: it does not start with PXDS")
	}
	size := binary.LittleEndian.Uint32(head[len(packMagic):])
	if size > maxPackHeader {
		return h, nil, fmt.Errorf("damaged: a header of %d bytes; %s", size, packAgain)
	}
	text, err := limits.ReadExactly(r, int64(size))
	if err != nil {
		return h, nil, fmt.Errorf("the file is cut off in its header (%w); %s", err, packAgain)
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&h); err != nil {
		return h, nil, fmt.Errorf("damaged header (%w); %s", err, packAgain)
	}
	if h.Version < packZstd || h.Version > packNewest {
		return h, nil,
			fmt.Errorf("version %d of the format; this program reads versions %d to %d: take a newer one, or pack "+
				"the set anew", h.Version, packZstd, packNewest)
	}
	most := int64(limits.SetBytes)
	if h.raw() {
		most = limits.MappedBytes
	}
	bytes := int64(1)
	for _, n := range []int{h.Width, h.Height, h.Channels} {
		if n < 1 || int64(n) > limits.ImagePixels/bytes {
			return h, nil, fmt.Errorf("images of %dx%dx%d are impossible", h.Width, h.Height, h.Channels)
		}
		bytes *= int64(n)
	}
	for _, split := range h.Splits {
		if split.Count < 1 || int64(split.Count) > most/bytes {
			return h, nil, fmt.Errorf("split %s of %d images is impossible (at most %d bytes)", split.Split,
				split.Count, most)
		}
	}
	return h, append(head[:], text...), nil
}

// readSplit reads the pixels of a set, and its labels and poses if it has any.
func (h packHeader) readSplit(r io.Reader, s *datasets.Set, count int) error {
	size := int64(count) * int64(s.ImageBytes())
	if size > limits.SetBytes {
		return fmt.Errorf("%d bytes of images do not fit into memory (at most %d): this file has to be mapped, which "+
			"a browser cannot do", size, int64(limits.SetBytes))
	}
	pixels, err := limits.ReadExactly(r, size)
	if err != nil {
		return fmt.Errorf("the file is cut off or damaged after %d of %d bytes (%w); %s", len(pixels), size, err,
			packAgain)
	}
	*s = *s.Of(pixels)
	return h.readDescription(r, s, count)
}

// readDescription reads what follows the pixels: labels and poses.
func (h packHeader) readDescription(r io.Reader, s *datasets.Set, count int) error {
	if h.Classes != nil {
		labels, err := limits.ReadExactly(r, labelBytes*int64(count))
		if err != nil {
			return fmt.Errorf("the labels are cut off or damaged (%w); %s", err, packAgain)
		}
		s.Labels = make([]uint32, count)
		for i := range s.Labels {
			s.Labels[i] = uint32(binary.LittleEndian.Uint16(labels[labelBytes*i:]))
		}
	}
	if h.posed() {
		poses, err := limits.ReadExactly(r, poseBytes*int64(count))
		if err != nil {
			return fmt.Errorf("the poses are cut off or damaged (%w); %s", err, packAgain)
		}
		s.Poses = make([]datasets.Pose, count)
		if _, err := binary.Decode(poses, binary.LittleEndian, s.Poses); err != nil {
			return err
		}
	}
	return nil
}

// Sizes in bytes of a label and a pose in a packed set.
const (
	labelBytes = 2
	poseBytes  = 16 // as datasets.PoseBytes writes it
)

func packLabels(labels []uint32) []byte {
	b := make([]byte, 0, labelBytes*len(labels))
	for _, label := range labels {
		b = binary.LittleEndian.AppendUint16(b, uint16(label))
	}
	return b
}

// Open opens a packed set, a raw one without reading its images into memory. Its own splits apply
// unless counts are given.
func Open(path string, o datasets.Options) ([]datasets.Domain, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	defer f.Close()
	s, err := mapPacked(path, f)
	if errors.Is(err, mapped.ErrNoMapping) {
		return ReadDomain(path, f, o)
	}
	if err != nil {
		return nil, origin.Errorf("%s: %w", path, err)
	}
	return packedDomain(path, s, o)
}

// ReadDomain is Open for data that is not in a file of the system.
func ReadDomain(name string, r io.Reader, o datasets.Options) ([]datasets.Domain, error) {
	s, err := Read(name, r)
	if err != nil {
		return nil, err
	}
	return packedDomain(name, s, o)
}

func packedDomain(name string, s datasets.Splits, o datasets.Options) ([]datasets.Domain, error) {
	if o.Counts != nil {
		origin := s.Origin
		h := datasets.Parts{Pool: s.Train, Valid: s.Valid, Test: s.Test}
		var err error
		if s, err = h.Divide(name, *o.Counts, o.Seed); err != nil {
			return nil, err
		}
		s.Origin = origin
	}
	return []datasets.Domain{{Splits: o.Shape(s)}}, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
