package datasets

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// A packed set (.pxds) holds all splits of a data set in one file:
//
//	"PXDS"              magic
//	uint32              length of the header, little-endian
//	header              JSON, see packHeader
//	zstd frame          for each split in the header's order: its pixels as in
//	                    Set.Pixels, then its labels, one little-endian uint16
//	                    an image, unless there are no classes
const (
	packMagic     = "PXDS"
	packVersion   = 1
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
	Split string `json:"split"` // train, valid or test
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// WritePacked writes the splits in the packed form.
func WritePacked(w io.Writer, s Splits) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if len(s.Train.Classes) > maxClasses {
		return fmt.Errorf("datasets: %s: %d classes; a packed set holds at most %d", s.Train.Name, len(s.Train.Classes), maxClasses)
	}
	t := s.Train
	h := packHeader{packVersion, s.Origin, t.Width, t.Height, t.Channels, t.Classes, nil, s.Fingerprint()}
	sets := map[string]*Set{"train": s.Train, "valid": s.Valid, "test": s.Test}
	for _, split := range []string{"train", "valid", "test"} {
		if set := sets[split]; set != nil {
			if set.Labelled() != t.Labelled() {
				return fmt.Errorf("datasets: only one of %s and %s is labelled: a packed set is labelled as a whole", t.Name, set.Name)
			}
			h.Splits = append(h.Splits, packSplit{split, set.Name, set.Len()})
		}
	}
	header, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	if len(header) > maxPackHeader {
		return fmt.Errorf("datasets: %s: the class names take more than %d bytes", t.Name, maxPackHeader)
	}
	head := binary.LittleEndian.AppendUint32([]byte(packMagic), uint32(len(header)))
	if _, err := w.Write(append(head, header...)); err != nil {
		return err
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	for _, split := range h.Splits {
		set := sets[split.Split]
		labels := make([]byte, 0, 2*len(set.Labels))
		for _, label := range set.Labels {
			labels = binary.LittleEndian.AppendUint16(labels, uint16(label))
		}
		if _, err := z.Write(set.Pixels); err != nil {
			return err
		}
		if _, err := z.Write(labels); err != nil {
			return err
		}
	}
	return z.Close()
}

// SavePacked writes the splits to a file, which appears whole or not at all.
func SavePacked(path string, s Splits) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := WritePacked(f, s); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("datasets: %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	return nil
}

// ReadPacked reads a packed set and checks its fingerprint. The name stands for
// the file in errors.
func ReadPacked(name string, r io.Reader) (Splits, error) {
	s, err := readPacked(r)
	if err != nil {
		return Splits{}, fmt.Errorf("datasets: %s: %w", name, err)
	}
	return s, nil
}

func readPacked(r io.Reader) (Splits, error) {
	h, err := readPackHeader(r)
	if err != nil {
		return Splits{}, err
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(64<<20), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return Splits{}, err
	}
	defer z.Close()
	s := Splits{Origin: h.Origin}
	sets := map[string]**Set{"train": &s.Train, "valid": &s.Valid, "test": &s.Test}
	for _, split := range h.Splits {
		at := sets[split.Split]
		if at == nil || *at != nil {
			return Splits{}, fmt.Errorf("split %q is unknown or there twice", split.Split)
		}
		if *at, err = h.readSplit(z, split); err != nil {
			return Splits{}, fmt.Errorf("split %s: %w", split.Split, err)
		}
	}
	if n, err := io.ReadFull(z, make([]byte, 1)); n > 0 || err != io.EOF {
		return Splits{}, errors.Join(errors.New("damaged after the last split"), err)
	}
	if err := s.Validate(); err != nil {
		return Splits{}, errors.New(strings.TrimPrefix(err.Error(), "datasets: "))
	}
	if got := s.Fingerprint(); got != h.Fingerprint {
		return Splits{}, fmt.Errorf("damaged: its content has the fingerprint %s, its header says %s", got, h.Fingerprint)
	}
	return s, nil
}

func readPackHeader(r io.Reader) (h packHeader, err error) {
	var head [len(packMagic) + 4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:len(packMagic)]) != packMagic {
		return h, errors.New("not a packed set: it does not start with PXDS")
	}
	size := binary.LittleEndian.Uint32(head[len(packMagic):])
	if size > maxPackHeader {
		return h, fmt.Errorf("damaged: a header of %d bytes", size)
	}
	text, err := readExactly(r, int64(size))
	if err != nil {
		return h, fmt.Errorf("the file is cut off in its header: %w", err)
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&h); err != nil {
		return h, fmt.Errorf("damaged header: %w", err)
	}
	if h.Version != packVersion {
		return h, fmt.Errorf("version %d of the format; this program reads version %d", h.Version, packVersion)
	}
	bytes := int64(1)
	for _, n := range []int{h.Width, h.Height, h.Channels} {
		if n < 1 || int64(n) > maxImagePixels/bytes {
			return h, fmt.Errorf("images of %dx%dx%d are impossible", h.Width, h.Height, h.Channels)
		}
		bytes *= int64(n)
	}
	for _, split := range h.Splits {
		if split.Count < 1 || int64(split.Count) > maxSetBytes/bytes {
			return h, fmt.Errorf("split %s of %d images is impossible (at most %d bytes)", split.Split, split.Count, int64(maxSetBytes))
		}
	}
	return h, nil
}

func (h packHeader) readSplit(r io.Reader, split packSplit) (*Set, error) {
	s := &Set{Name: split.Name, Width: h.Width, Height: h.Height, Channels: h.Channels}
	var err error
	size := int64(split.Count) * int64(s.ImageBytes())
	if s.Pixels, err = readExactly(r, size); err != nil {
		return nil, fmt.Errorf("the file is cut off or damaged after %d of %d bytes: %w", len(s.Pixels), size, err)
	}
	if h.Classes == nil {
		return s, nil
	}
	labels, err := readExactly(r, 2*int64(split.Count))
	if err != nil {
		return nil, fmt.Errorf("the labels are cut off or damaged: %w", err)
	}
	s.Classes, s.Labels = h.Classes, make([]uint32, split.Count)
	for i := range s.Labels {
		s.Labels[i] = uint32(binary.LittleEndian.Uint16(labels[2*i:]))
	}
	return s, nil
}

// openPacked opens a packed set; its own splits hold unless counts are given.
func openPacked(path string, o Options) ([]Domain, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	defer f.Close()
	return readPackedDomain(path, f, o)
}

func readPackedDomain(name string, r io.Reader, o Options) ([]Domain, error) {
	s, err := ReadPacked(name, r)
	if err != nil {
		return nil, err
	}
	if o.Counts != nil {
		origin := s.Origin
		h := held{pool: s.Train, valid: s.Valid, test: s.Test}
		if s, err = h.divide(name, *o.Counts, o.Seed); err != nil {
			return nil, err
		}
		s.Origin = origin
	}
	return []Domain{{Splits: o.shape(s)}}, nil
}
