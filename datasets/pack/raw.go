package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"sync"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/mapped"
	"pixelda-wgpu/datasets/parallel"
)

// Opening a raw packed set reads all of it once, in order, a MiB at a time: damaged data never gets
// into training, and the error says where the damage is. The checksums are CRC-32C, which
// processors compute faster than disks read. They also cover the fingerprints in the header, which
// are therefore believed, so that the images need not be read again to tell one run's from
// another's.

const (
	rawAlign = 4096    // a page: images of 2ⁿ bytes do not straddle two
	rawBlock = 1 << 20 // bytes of pixels per checksum
)

// rawPlace is where the parts of a split are in the file.
type rawPlace struct{ pixels, labels, poses, sums, end int64 }

// rawPlaces lays out the splits behind a header of head bytes and its checksum.
func (h packHeader) rawPlaces(head int64) []rawPlace {
	end := head + 4
	places := make([]rawPlace, len(h.Splits))
	for i, split := range h.Splits {
		p := rawPlace{pixels: (end + rawAlign - 1) / rawAlign * rawAlign}
		size := int64(split.Count) * int64(h.Width) * int64(h.Height) * int64(h.Channels)
		p.labels = p.pixels + size
		p.poses = p.labels
		if h.Classes != nil {
			p.poses += labelBytes * int64(split.Count)
		}
		p.sums = p.poses
		sums := (size+rawBlock-1)/rawBlock + 1
		if h.posed() {
			p.sums += poseBytes * int64(split.Count)
			sums++
		}
		p.end = p.sums + 4*sums
		places[i], end = p, p.end
	}
	return places
}

// readHeadSum checks the header against the checksum that follows it.
func readHeadSum(r io.Reader, head []byte) error {
	var sum [4]byte
	if _, err := io.ReadFull(r, sum[:]); err != nil {
		return fmt.Errorf("the file is cut off after its header (%w); %s", err, packAgain)
	}
	if binary.LittleEndian.Uint32(sum[:]) != crc32.Checksum(head, castagnoli) {
		return fmt.Errorf("damaged: the header does not have its checksum; %s", packAgain)
	}
	return nil
}

// readRaw reads what follows the header of a raw set.
func (h packHeader) readRaw(r io.Reader, head []byte) (datasets.Splits, error) {
	if err := readHeadSum(r, head); err != nil {
		return datasets.Splits{}, err
	}
	places, at := h.rawPlaces(int64(len(head))), int64(len(head))+4
	i := 0
	s, err := h.splits(func(set *datasets.Set, split packSplit) error {
		p := places[i]
		i++
		if _, err := limits.ReadExactly(r, p.pixels-at); err != nil {
			return fmt.Errorf("the file is cut off before its images (%w); %s", err, packAgain)
		}
		at = p.end
		if err := h.readSplit(r, set, split.Count); err != nil {
			return err
		}
		sums, err := limits.ReadExactly(r, p.end-p.sums)
		if err != nil {
			return fmt.Errorf("the file is cut off in its checksums (%w); %s", err, packAgain)
		}
		return checkSums(set, bytes.NewReader(set.Pixels()), 0, p, sums)
	})
	if err != nil {
		return datasets.Splits{}, err
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 || err != io.EOF {
		return datasets.Splits{}, fmt.Errorf("the file goes on after its last split; %s", packAgain)
	}
	return s, s.Validate()
}

// checkSums compares pixels, labels and poses with their checksums. The pixels are read from r, in
// which they begin at from.
func checkSums(s *datasets.Set, r io.ReaderAt, from int64, p rawPlace, sums []byte) error {
	size, image := p.labels-p.pixels, int64(s.ImageBytes())
	buffers := sync.Pool{New: func() any { return new([rawBlock]byte) }}
	blocks := int((size + rawBlock - 1) / rawBlock)
	err := parallel.Try(blocks, func(i int) error {
		buffer := buffers.Get().(*[rawBlock]byte)
		defer buffers.Put(buffer)
		at := int64(i) * rawBlock
		block := buffer[:min(rawBlock, size-at)]
		if n, err := r.ReadAt(block, from+at); n < len(block) {
			return fmt.Errorf("bytes %d to %d cannot be read (%w); %s", p.pixels+at, p.pixels+at+int64(len(block))-1,
				err, packAgain)
		}
		if crc32.Checksum(block, castagnoli) != binary.LittleEndian.Uint32(sums[4*i:]) {
			last := at + int64(len(block)) - 1
			return fmt.Errorf("damaged: images %d to %d, bytes %d to %d of the file, do not have their checksum; %s",
				at/image, last/image, p.pixels+at, p.pixels+last, packAgain)
		}
		return nil
	})
	if err != nil {
		return err
	}
	sums = sums[4*blocks:]
	if crc32.Checksum(packLabels(s.Labels), castagnoli) != binary.LittleEndian.Uint32(sums) {
		return fmt.Errorf("damaged: the labels, bytes %d to %d of the file, do not have their checksum; %s", p.labels,
			p.poses-1, packAgain)
	}
	if s.Poses != nil && crc32.Checksum(datasets.PoseBytes(s.Poses),
		castagnoli) != binary.LittleEndian.Uint32(sums[4:]) {
		return fmt.Errorf("damaged: the poses, bytes %d to %d of the file, do not have their checksum; %s", p.poses,
			p.sums-1, packAgain)
	}
	return nil
}

// mapPacked opens a raw packed set by mapping it. mapped.ErrNoMapping means that it has to be read
// instead, from where the file was before.
func mapPacked(name string, f *os.File) (datasets.Splits, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return datasets.Splits{}, mapped.ErrNoMapping
	}
	return openRaw(f, info.Size(), func() ([]byte, error) { return mapped.File(name, f, info.Size()) })
}

// openRaw checks a raw packed set of size bytes. Its sets share what memory returns, which holds
// the same bytes as r.
func openRaw(r io.ReaderAt, size int64, memory func() ([]byte, error)) (datasets.Splits, error) {
	from := io.NewSectionReader(r, 0, size)
	h, head, err := readPackHeader(from)
	switch {
	case err != nil:
		return datasets.Splits{}, err
	case !h.raw():
		return datasets.Splits{}, mapped.ErrNoMapping
	case len(h.Splits) == 0:
		return datasets.Splits{}, errors.New("damaged: no splits")
	}
	if err := readHeadSum(from, head); err != nil {
		return datasets.Splits{}, err
	}
	places := h.rawPlaces(int64(len(head)))
	if end := places[len(places)-1].end; size != end {
		return datasets.Splits{},
			fmt.Errorf("the file has %d bytes, by its header %d: it was cut off, or something was added; %s", size, end,
				packAgain)
	}
	data, err := memory()
	if err != nil {
		return datasets.Splits{}, err
	}
	i := 0
	s, err := h.splits(func(set *datasets.Set, split packSplit) error {
		p := places[i]
		i++
		if err := h.readDescription(io.NewSectionReader(r, p.labels, p.sums-p.labels), set, split.Count); err != nil {
			return err
		}
		sums, err := limits.ReadExactly(io.NewSectionReader(r, p.sums, math.MaxInt32), p.end-p.sums)
		if err != nil {
			return fmt.Errorf("the checksums cannot be read (%w); %s", err, packAgain)
		}
		if err := checkSums(set, r, p.pixels, p, sums); err != nil {
			return err
		}
		*set = *set.OfMapped(data[p.pixels:p.labels:p.labels])
		set.Seal(split.Fingerprint)
		return nil
	})
	if err != nil {
		return datasets.Splits{}, err
	}
	return s, s.Validate()
}
