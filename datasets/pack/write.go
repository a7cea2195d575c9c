package pack

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/gpu/fault"
)

// Write writes the splits in the compressed packed form.
func Write(w io.Writer, s datasets.Splits) error {
	p, err := newPacker(s, packZstd)
	if err != nil {
		return err
	}
	p.Fingerprint = s.Fingerprint()
	head, err := p.head()
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	return p.body(w)
}

// SaveCompressed writes the splits in the compressed form to a file, which appears complete or not
// at all.
func SaveCompressed(path string, s datasets.Splits) error { return Save(path, s, false, nil) }

// SaveRaw writes the splits uncompressed, in the form that is mapped rather than read, to a file,
// which appears complete or not at all.
func SaveRaw(path string, s datasets.Splits) error { return Save(path, s, true, nil) }

// Written hears how many of a set's images have been written.
type Written func(images, all int)

// Save is SaveCompressed or, if raw, SaveRaw. written may be nil.
func Save(path string, s datasets.Splits, raw bool, written Written) (err error) {
	version := packZstd
	if raw {
		version = packRaw
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return origin.Errorf("%w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	p, err := newPacker(s, version)
	if err != nil {
		return err
	}
	p.written = written
	if err := p.file(f); err != nil {
		if fault.Of(err) == "" {
			err = origin.Errorf("%s: %w", path, err)
		}
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return origin.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return origin.Errorf("%w", err)
	}
	return nil
}

// packer writes one packed set.
type packer struct {
	packHeader
	sets    []*datasets.Set // of the header's splits
	written Written
}

// unknownFingerprint fills the header until the images have been written.
var unknownFingerprint = strings.Repeat("0", 64)

func newPacker(s datasets.Splits, version int) (*packer, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	t := s.Train
	if len(t.Classes) > maxClasses {
		return nil, origin.Errorf("%s: %d classes; a packed set holds at most %d", t.Name, len(t.Classes), maxClasses)
	}
	posed := t.Poses != nil
	if posed {
		version += packPosed
	}
	p := &packer{packHeader: packHeader{version, s.Origin, t.Width, t.Height, t.Channels, t.Classes, nil,
		unknownFingerprint}}
	for _, split := range datasets.SplitOrder {
		set := *s.Named(split)
		if set == nil {
			continue
		}
		if set.Labelled() != t.Labelled() {
			return nil, origin.Errorf("only one of %s and %s is labelled: a packed set is labelled as a whole",
				t.Name, set.Name)
		}
		if (set.Poses != nil) != posed {
			return nil, origin.Errorf("only one of %s and %s has poses: a packed set has them as a whole",
				t.Name, set.Name)
		}
		if !p.raw() && set.Len() > limits.SetBytes/set.ImageBytes() {
			return nil, origin.Errorf("%s: %d images of %s are more than the %d bytes that a compressed set holds: "+
				"pack it with -raw, or smaller", set.Name, set.Len(), set.Shape(), int64(limits.SetBytes))
		}
		part := packSplit{Split: split, Name: set.Name, Count: set.Len()}
		if p.raw() {
			part.Fingerprint = unknownFingerprint
		}
		p.Splits, p.sets = append(p.Splits, part), append(p.sets, set)
	}
	return p, nil
}

// head is everything before the images, in a raw set with its checksum. Its length does not depend
// on the fingerprints.
func (p *packer) head() ([]byte, error) {
	header, err := json.Marshal(p.packHeader)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	if len(header) > maxPackHeader {
		return nil, origin.Errorf("%s: the class names take more than %d bytes", p.sets[0].Name, maxPackHeader)
	}
	head := binary.LittleEndian.AppendUint32([]byte(packMagic), uint32(len(header)))
	head = append(head, header...)
	if p.raw() {
		head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(head, castagnoli))
	}
	return head, nil
}

// file writes everything to a new file: the header first without fingerprints, then again once the
// images have been written.
func (p *packer) file(f *os.File) error {
	head, err := p.head()
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if _, err := w.Write(head); err != nil {
		return err
	}
	if err := p.body(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if head, err = p.head(); err != nil {
		return err
	}
	_, err = f.WriteAt(head, 0)
	return err
}

// body writes all splits, and notes their fingerprints unless they are known.
func (p *packer) body(w io.Writer) error {
	prints := map[string]string{}
	for _, split := range datasets.SplitOrder {
		prints[split] = (*datasets.Set)(nil).Fingerprint()
	}
	form := p.asCompressed
	if p.raw() {
		form = p.asRaw
	}
	write, finish, err := form(w)
	if err != nil {
		return err
	}
	images := counter{told: p.written}
	for _, set := range p.sets {
		images.all += set.Len()
	}
	for i, split := range p.Splits {
		set := p.sets[i]
		images.size = set.ImageBytes()
		if p.Fingerprint != unknownFingerprint {
			if err := write(i, &images); err != nil {
				return err
			}
			continue
		}
		h, end := set.Hash()
		if err := write(i, io.MultiWriter(h, &images)); err != nil {
			return err
		}
		prints[split.Split] = end()
		if split.Fingerprint != "" {
			p.Splits[i].Fingerprint = prints[split.Split]
		}
	}
	if p.Fingerprint == unknownFingerprint {
		p.Fingerprint = datasets.JoinFingerprints(prints["train"], prints["valid"], prints["test"])
	}
	return finish()
}

// counter counts the images whose pixels are written to it.
type counter struct {
	told      Written
	size      int // of an image, in bytes
	part      int // bytes of an incomplete one
	done, all int
}

func (c *counter) Write(p []byte) (int, error) {
	c.part += len(p)
	c.done, c.part = c.done+c.part/c.size, c.part%c.size
	if c.told != nil {
		c.told(c.done, c.all)
	}
	return len(p), nil
}

// asCompressed returns functions that write split i, whose pixels also go to another writer, and
// that end the file.
func (p *packer) asCompressed(w io.Writer) (write func(i int, also io.Writer) error, end func() error, err error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return nil, nil, origin.Errorf("%w", err)
	}
	return func(i int, also io.Writer) error { return packSet(p.sets[i], z, also) }, z.Close, nil
}

// asRaw is asCompressed for the raw form.
func (p *packer) asRaw(w io.Writer) (write func(i int, also io.Writer) error, end func() error, err error) {
	head, err := p.head()
	if err != nil {
		return nil, nil, err
	}
	at := int64(len(head))
	places := p.rawPlaces(at - 4)
	return func(i int, also io.Writer) error {
		if _, err := w.Write(make([]byte, places[i].pixels-at)); err != nil {
			return err
		}
		at = places[i].end
		var sums blockSums
		if err := packSet(p.sets[i], w, also, &sums); err != nil {
			return err
		}
		sums.end(packLabels(p.sets[i].Labels))
		if p.posed() {
			sums.end(datasets.PoseBytes(p.sets[i].Poses))
		}
		_, err := w.Write(sums.sums)
		return err
	}, func() error { return nil }, nil
}

// packSet writes the pixels, which also go to the others, then labels and poses.
func packSet(s *datasets.Set, w io.Writer, others ...io.Writer) error {
	all := io.MultiWriter(append([]io.Writer{w}, others...)...)
	if err := s.Blocks(func(pixels []byte) error { _, err := all.Write(pixels); return err }); err != nil {
		return err
	}
	_, err := w.Write(append(packLabels(s.Labels), datasets.PoseBytes(s.Poses)...))
	return err
}

// blockSums computes the checksum of each rawBlock bytes written to it.
type blockSums struct {
	sums []byte
	sum  uint32
	n    int // bytes in sum
}

func (b *blockSums) Write(p []byte) (int, error) {
	all := len(p)
	for len(p) > 0 {
		part := p[:min(len(p), rawBlock-b.n)]
		b.sum, b.n, p = crc32.Update(b.sum, castagnoli, part), b.n+len(part), p[len(part):]
		if b.n == rawBlock {
			b.close()
		}
	}
	return all, nil
}

func (b *blockSums) close() {
	b.sums, b.sum, b.n = binary.LittleEndian.AppendUint32(b.sums, b.sum), 0, 0
}

// end ends the last block and adds the checksum of what follows the blocks.
func (b *blockSums) end(rest []byte) {
	if b.n > 0 {
		b.close()
	}
	b.sums = binary.LittleEndian.AppendUint32(b.sums, crc32.Checksum(rest, castagnoli))
}
