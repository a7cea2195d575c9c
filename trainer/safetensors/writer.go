package safetensors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"unicode/utf8"
)

// Writer collects tensors and writes them as one file. Its bytes depend only on what was added, not
// on the order: wide types come first, so that each tensor is aligned, then names in order.
//
// A Writer keeps the slices that it is given and reads them when it writes. The first mistake in
// adding is kept too, and returned then.
type Writer struct {
	metadata map[string]string
	tensors  []pending
	err      error
}

type pending struct {
	tensor
	encode func(dst []byte, from int) // fills dst with the elements from that index on
}

// NewWriter returns a Writer of a file with that metadata, which may be nil.
func NewWriter(metadata map[string]string) *Writer { return &Writer{metadata: metadata} }

// Float32s adds an F32 tensor.
func (w *Writer) Float32s(name string, shape []int, values []float32) {
	add(w, name, F32, shape, values, func(b []byte, v float32) {
		binary.LittleEndian.PutUint32(b, math.Float32bits(v))
	})
}

// Float16s adds an F16 tensor of the values rounded to nearest even; those beyond ±65504 become
// infinite.
func (w *Writer) Float16s(name string, shape []int, values []float32) {
	add(w, name, F16, shape, values, func(b []byte, v float32) { binary.LittleEndian.PutUint16(b, floatToHalf(v)) })
}

// Float64s adds an F64 tensor.
func (w *Writer) Float64s(name string, shape []int, values []float64) {
	add(w, name, F64, shape, values, func(b []byte, v float64) {
		binary.LittleEndian.PutUint64(b, math.Float64bits(v))
	})
}

// Int32s adds an I32 tensor.
func (w *Writer) Int32s(name string, shape []int, values []int32) {
	add(w, name, I32, shape, values, func(b []byte, v int32) { binary.LittleEndian.PutUint32(b, uint32(v)) })
}

// Int64s adds an I64 tensor.
func (w *Writer) Int64s(name string, shape []int, values []int64) {
	add(w, name, I64, shape, values, func(b []byte, v int64) { binary.LittleEndian.PutUint64(b, uint64(v)) })
}

// Bytes adds a tensor of any known type from its little-endian bytes.
func (w *Writer) Bytes(name string, dtype DType, shape []int, raw []byte) {
	size := dtype.Size()
	if size == 0 {
		w.fail("tensor %q: dtype %q is none that this program writes", name, dtype)
		return
	}
	if len(raw)%size != 0 {
		w.fail("tensor %q: %d bytes are no whole number of %s", name, len(raw), dtype)
		return
	}
	w.add(name, dtype, shape, len(raw)/size, func(dst []byte, from int) { copy(dst, raw[from*size:]) })
}

func add[T any](w *Writer, name string, dtype DType, shape []int, values []T, put func([]byte, T)) {
	size := dtype.Size()
	w.add(name, dtype, shape, len(values), func(dst []byte, from int) {
		for i := 0; i < len(dst); i += size {
			put(dst[i:], values[from])
			from++
		}
	})
}

func (w *Writer) add(name string, dtype DType, shape []int, count int, encode func([]byte, int)) {
	bytes, err := byteSize(dtype, shape)
	switch {
	case err != nil:
		w.fail("tensor %q: %w", name, err)
	case bytes != int64(count)*int64(dtype.Size()):
		w.fail("tensor %q: %d values for shape %v", name, count, shape)
	case name == metadataKey || !utf8.ValidString(name):
		w.fail("tensor %q: not a name for a tensor", name)
	default:
		w.tensors = append(w.tensors, pending{tensor{name, dtype, slices.Clone(shape), 0, bytes}, encode})
	}
}

func (w *Writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

// header lays out the tensors and returns everything before their data: length and header, padded
// with spaces to a multiple of 8 bytes.
func (w *Writer) header() ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	slices.SortFunc(w.tensors, func(a, b pending) int {
		return cmp.Or(cmp.Compare(b.dtype.Size(), a.dtype.Size()), cmp.Compare(a.name, b.name))
	})
	text := make([]byte, 8, 8+128*len(w.tensors))
	text = append(text, '{')
	if len(w.metadata) > 0 {
		for key, value := range w.metadata {
			if !utf8.ValidString(key) || !utf8.ValidString(value) {
				return nil, fmt.Errorf("metadata %q is not UTF-8", key)
			}
		}
		text = appendField(text, metadataKey, w.metadata)
	}
	var offset int64
	seen := map[string]bool{}
	for _, t := range w.tensors {
		if seen[t.name] {
			return nil, fmt.Errorf("tensor %q: added twice", t.name)
		}
		seen[t.name] = true
		size := t.end - t.begin
		text = appendField(text, t.name, struct {
			DType   DType    `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{t.dtype, append([]int{}, t.shape...), [2]int64{offset, offset + size}})
		offset += size
	}
	text = append(text, '}')
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	if len(text)-8 > maxHeader {
		return nil, fmt.Errorf("header of %d bytes, more than %d", len(text)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(text, uint64(len(text)-8))
	return text, nil
}

// appendField appends a field of a JSON object. Strings, numbers and maps of strings always encode.
func appendField(text []byte, key string, value any) []byte {
	if text[len(text)-1] != '{' {
		text = append(text, ',')
	}
	name, _ := json.Marshal(key)
	data, _ := json.Marshal(value)
	return append(append(append(text, name...), ':'), data...)
}

// WriteTo writes the file to dst.
func (w *Writer) WriteTo(dst io.Writer) (int64, error) {
	n, err := w.writeTo(dst)
	if err != nil {
		err = origin.Errorf("%w", err)
	}
	return n, err
}

func (w *Writer) writeTo(dst io.Writer) (int64, error) {
	header, err := w.header()
	if err != nil {
		return 0, err
	}
	n, err := dst.Write(header)
	total := int64(n)
	if err != nil {
		return total, err
	}
	buffer := make([]byte, 64<<10)
	for _, t := range w.tensors {
		size := t.dtype.Size()
		for done, bytes := int64(0), t.end-t.begin; done < bytes; {
			chunk := buffer[:min(int64(len(buffer)), bytes-done)]
			t.encode(chunk, int(done)/size)
			n, err := dst.Write(chunk)
			total, done = total+int64(n), done+int64(n)
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// Save writes the file at path, replacing an existing one. It is written beside path, flushed to
// disk and renamed, so that whatever happens path holds either the old file or the new one,
// complete.
func (w *Writer) Save(path string) error {
	if err := w.save(path); err != nil {
		return origin.Errorf("saving %s: %w", path, err)
	}
	return nil
}

func (w *Writer) save(path string) error {
	folder := filepath.Dir(path)
	file, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = w.writeTo(file)
	if err == nil {
		err = errors.Join(file.Chmod(0o644), file.Sync())
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncFolder(folder)
}

// syncFolder makes a rename in the folder durable. Windows cannot flush a folder and need not.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
