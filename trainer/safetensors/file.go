// Package safetensors reads and writes the safetensors format: named tensors in one file, row-major
// and little-endian, after a JSON header. A file is fully validated when it is opened, so that
// every tensor named in it can be read.
package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/safetensors"

// File is an open safetensors file. It may be read from several goroutines at once.
type File struct {
	name     string
	data     io.ReaderAt // what follows the header
	closer   io.Closer
	metadata map[string]string
	order    []string
	tensors  map[string]tensor
}

// Open opens and validates the file at path. The caller closes it.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, origin.Errorf("%w", err)
	}
	f, err := Read(file, info.Size(), path)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.closer = file
	return f, nil
}

// Read validates the size bytes of r, called name in errors, as a safetensors file. It reads only
// the header; r must stay readable while tensors are read.
func Read(r io.ReaderAt, size int64, name string) (*File, error) {
	f, err := read(r, size)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	f.name = name
	return f, nil
}

func read(r io.ReaderAt, size int64) (*File, error) {
	if size < 8 {
		return nil, fmt.Errorf("no safetensors file: %d bytes hold no header", size)
	}
	var prefix [8]byte
	if err := readFull(r, prefix[:], 0); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader {
		return nil, fmt.Errorf("no safetensors file: it claims a header of %d bytes, more than %d", length, maxHeader)
	}
	begin := 8 + int64(length)
	if begin > size {
		return nil, fmt.Errorf("header of %d bytes in a file of %d; the file is truncated", length, size)
	}
	text := make([]byte, length)
	if err := readFull(r, text, 8); err != nil {
		return nil, err
	}
	tensors, metadata, err := parseHeader(text, size-begin)
	if err != nil {
		return nil, err
	}
	f := &File{data: io.NewSectionReader(r, begin, size-begin), metadata: metadata, tensors: map[string]tensor{}}
	for _, t := range tensors {
		f.order = append(f.order, t.name)
		f.tensors[t.name] = t
	}
	return f, nil
}

func readFull(r io.ReaderAt, p []byte, offset int64) error {
	_, err := io.ReadFull(io.NewSectionReader(r, offset, int64(len(p))), p)
	return err
}

// Close closes a file that Open opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Names returns the tensors' names in the order of their data.
func (f *File) Names() []string { return slices.Clone(f.order) }

// Has reports whether the file holds a tensor of that name.
func (f *File) Has(name string) bool {
	_, ok := f.tensors[name]
	return ok
}

// Metadata returns the header's free-form strings; the caller must not change them.
func (f *File) Metadata() map[string]string { return f.metadata }

// Shape returns a tensor's dimensions, outermost first; a scalar has none.
func (f *File) Shape(name string) ([]int, error) {
	t, err := f.tensor(name)
	return slices.Clone(t.shape), err
}

// DType returns a tensor's element type.
func (f *File) DType(name string) (DType, error) {
	t, err := f.tensor(name)
	return t.dtype, err
}

// Bytes returns a copy of a tensor's data as stored.
func (f *File) Bytes(name string) ([]byte, error) {
	t, err := f.tensor(name)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, t.end-t.begin)
	if err := readFull(f.data, raw, t.begin); err != nil {
		return nil, f.errorf(name, "%w", err)
	}
	return raw, nil
}

// Float32s returns the values of an F32, F16 or BF16 tensor.
func (f *File) Float32s(name string) ([]float32, error) {
	return decode(f, name, map[DType]func([]byte) float32{F32: float32At, F16: float16At, BF16: bfloat16At})
}

// Float64s returns the values of a tensor of any floating-point type.
func (f *File) Float64s(name string) ([]float64, error) {
	return decode(f, name, map[DType]func([]byte) float64{
		F64:  func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) },
		F32:  func(b []byte) float64 { return float64(float32At(b)) },
		F16:  func(b []byte) float64 { return float64(float16At(b)) },
		BF16: func(b []byte) float64 { return float64(bfloat16At(b)) },
	})
}

// Int32s returns the values of an I32, I16, U16, I8 or U8 tensor.
func (f *File) Int32s(name string) ([]int32, error) {
	return decode(f, name, map[DType]func([]byte) int32{
		I32: func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) },
		I16: func(b []byte) int32 { return int32(int16(binary.LittleEndian.Uint16(b))) },
		U16: func(b []byte) int32 { return int32(binary.LittleEndian.Uint16(b)) },
		I8:  func(b []byte) int32 { return int32(int8(b[0])) },
		U8:  func(b []byte) int32 { return int32(b[0]) },
	})
}

// Int64s returns the values of an I64, I32 or U32 tensor.
func (f *File) Int64s(name string) ([]int64, error) {
	return decode(f, name, map[DType]func([]byte) int64{
		I64: func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) },
		I32: func(b []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(b))) },
		U32: func(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) },
	})
}

// decode reads a tensor whose type has a lossless conversion to T.
func decode[T any](f *File, name string, conversions map[DType]func([]byte) T) ([]T, error) {
	t, err := f.tensor(name)
	if err != nil {
		return nil, err
	}
	convert, ok := conversions[t.dtype]
	if !ok {
		return nil, f.errorf(name, "is %s, which is not read as %T", t.dtype, *new(T))
	}
	raw, err := f.Bytes(name)
	if err != nil {
		return nil, err
	}
	size := t.dtype.Size()
	values := make([]T, len(raw)/size)
	for i := range values {
		values[i] = convert(raw[i*size:])
	}
	return values, nil
}

func float32At(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
func float16At(b []byte) float32 { return halfToFloat(binary.LittleEndian.Uint16(b)) }
func bfloat16At(b []byte) float32 {
	return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
}

func (f *File) tensor(name string) (tensor, error) {
	t, ok := f.tensors[name]
	if !ok {
		return t, f.errorf(name, "%w", ErrMissing)
	}
	return t, nil
}

// ErrMissing is wrapped by the error for a name that is not in the file.
var ErrMissing = errors.New("is not in the file")

func (f *File) errorf(name, format string, args ...any) error {
	return origin.Errorf("%s: tensor %q: %w", f.name, name, fmt.Errorf(format, args...))
}
