package read

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/gzip"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
)

// The idx format of MNIST: two zero bytes, a type code, the number of
// dimensions, each dimension as a big-endian uint32, then the values.
const (
	idxByte  = 0x08
	idxFloat = 0x0D
)

var idxTypes = map[byte]string{0x08: "unsigned bytes", 0x09: "signed bytes", 0x0B: "int16", 0x0C: "int32",
	0x0D: "float32", 0x0E: "float64"}

// idxArray is an idx file with its values converted to bytes.
type idxArray struct {
	dims   []int
	values []byte
	mapped bool // values are in a mapped file
}

// IDX reads an idx file of images, and one of labels unless labels is nil. Both may be gzipped.
// Images are N×H×W, or N×H×W×C with 1, 3 or 4 channels, of unsigned bytes or of float32 in [0,1],
// which become the nearest byte. The name identifies the files in errors.
func IDX(name string, images, labels io.Reader) (*datasets.Set, error) {
	a, err := readIDX(name, images, idxByte, idxFloat)
	if err != nil {
		return nil, err
	}
	s, err := a.images(name)
	if err != nil {
		return nil, err
	}
	if labels != nil {
		if err := readLabels(s, name+" labels", labels); err != nil {
			return nil, err
		}
	}
	return s, s.Validate()
}

// images are the array's values as a set without labels.
func (a *idxArray) images(name string) (*datasets.Set, error) {
	s := datasets.Set{Name: name, Channels: 1}.Of(a.values)
	if a.mapped {
		s = s.OfMapped(a.values)
	}
	switch len(a.dims) {
	case 4:
		s.Channels = a.dims[3]
		if s.Channels != 1 && s.Channels != 3 && s.Channels != 4 {
			return nil, origin.Errorf("%s: the fourth dimension is %d; it must be the 1, 3 or 4 channels", name,
				s.Channels)
		}
		fallthrough
	case 3:
		s.Height, s.Width = a.dims[1], a.dims[2]
	default:
		return nil, origin.Errorf("%s: %d dimensions; images have 3 (N, height, width) or 4 (and channels)",
			name, len(a.dims))
	}
	return s, s.Validate()
}

// readLabels attaches the labels of an idx file, naming the classes 0, 1, … up to the largest
// label.
func readLabels(s *datasets.Set, name string, r io.Reader) error {
	a, err := readIDX(name, r, idxByte)
	if err != nil {
		return err
	}
	if len(a.dims) != 1 {
		return origin.Errorf("%s: %d dimensions; labels have 1", name, len(a.dims))
	}
	if len(a.values) != s.Len() {
		return origin.Errorf("%s: %d labels for %d images", name, len(a.values), s.Len())
	}
	s.Labels = make([]uint32, len(a.values))
	classes := 0
	for i, label := range a.values {
		s.Labels[i] = uint32(label)
		classes = max(classes, int(label)+1)
	}
	s.Classes = datasets.NumberedClasses(classes)
	return nil
}

// readIDX reads one idx file, gzipped or not, whose values have one of the given types. Memory
// grows with the bytes that arrive, not with the number that the header claims.
func readIDX(name string, r io.Reader, types ...byte) (*idxArray, error) {
	r, err := gunzip(r)
	if err != nil {
		return nil, origin.Errorf("%s: damaged gzip header: %w", name, err)
	}
	code, dims, size, err := readIDXHeader(name, r, limits.SetBytes, types...)
	if err != nil {
		return nil, err
	}
	a := &idxArray{dims: dims}
	values := r
	if code == idxFloat {
		values = &unitFloats{r: r}
	}
	a.values, err = limits.ReadExactly(values, size)
	if err != nil {
		return nil, shortRead(name, int64(len(a.values)), size, err)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return nil, goesOn(name, size)
	} else if err != io.EOF {
		return nil, shortRead(name, size, size, err)
	}
	return a, nil
}

// readIDXHeader reads the type, the dimensions and their product, the number of values, which may
// be at most most.
func readIDXHeader(name string, r io.Reader, most int64, types ...byte) (code byte, dims []int, size int64, err error) {
	fail := func(format string, args ...any) (byte, []int, int64, error) {
		return 0, nil, 0, origin.Errorf("%s: "+format, append([]any{name}, args...)...)
	}
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return fail("too short for an idx file: %w", err)
	}
	if magic[0] != 0 || magic[1] != 0 {
		return fail("not an idx file: it starts with % x, an idx file with 00 00", magic)
	}
	code = magic[2]
	if !slices.Contains(types, code) {
		held := idxTypes[code]
		if held == "" {
			held = "values of an unknown type"
		}
		return fail("holds %s (type 0x%02X); needed are %s (type 0x%02X)", held, code, idxTypes[types[0]], types[0])
	}
	dims, size = make([]int, magic[3]), 1
	for i := range dims {
		var dim uint32
		if err := binary.Read(r, binary.BigEndian, &dim); err != nil {
			return fail("ends inside its header: %w", err)
		}
		if dim == 0 || int64(dim) > most/size {
			return fail("dimension %d is %d: no such file can be held (at most %d values)", i, dim, most)
		}
		dims[i] = int(dim)
		size *= int64(dim)
	}
	return code, dims, size, nil
}

func goesOn(name string, size int64) error {
	return origin.Errorf("%s: goes on after the %d values that its header gives", name, size)
}

func shortRead(name string, got, want int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return origin.Errorf("%s: ends after %d of %d values: the file is cut off, get it again", name, got, want)
	}
	return origin.Errorf("%s: after %d of %d values: %w", name, got, want, err)
}

// gunzip decompresses r if its first bytes say that it is gzipped.
func gunzip(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	if head, _ := b.Peek(2); len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return b, nil
	}
	return gzip.NewReader(b)
}

// unitFloats reads big-endian float32 values in [0,1] as bytes.
type unitFloats struct {
	r    io.Reader
	read int64
	buf  [4 << 10]byte
}

func (f *unitFloats) Read(p []byte) (int, error) {
	raw := f.buf[:min(4*len(p), len(f.buf))]
	n, err := io.ReadFull(f.r, raw)
	for i := range n / 4 {
		v := float64(math.Float32frombits(binary.BigEndian.Uint32(raw[4*i:])))
		if !(v >= 0 && v <= 1) {
			return i, fmt.Errorf("value %d is %g, outside [0, 1]", f.read+int64(i), v)
		}
		p[i] = unitToByte(v)
	}
	f.read += int64(n / 4)
	if err == io.ErrUnexpectedEOF && n%4 == 0 {
		err = io.EOF
	}
	return n / 4, err
}

// unitToByte is the byte nearest to 255·v for v in [0,1]. Halves round up, and anything within 1e-4
// of a half counts as one, so that float32 and decimal forms of the same number give the same byte
// (float32 errs by at most 1.5e-5 here).
func unitToByte(v float64) byte {
	return byte(min(255, math.Floor(255*v+0.5+1e-4)))
}
