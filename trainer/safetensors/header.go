package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxHeader limits the header's size in bytes, as in the format's reference implementation.
const maxHeader = 100_000_000

const metadataKey = "__metadata__"

// tensor is one entry of a header: its bytes are at [begin, end) in the data that follows it.
type tensor struct {
	name       string
	dtype      DType
	shape      []int
	begin, end int64
}

// parseHeader reads a header and checks that its tensors fill exactly the size bytes of data after
// it. It returns them in the order of their data.
func parseHeader(text []byte, size int64) ([]tensor, map[string]string, error) {
	if !utf8.Valid(text) {
		return nil, nil, errors.New("header is not UTF-8")
	}
	fields, err := object(text)
	if err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	metadata := map[string]string{}
	tensors := make([]tensor, 0, len(fields))
	for _, field := range fields {
		if field.key == metadataKey {
			if metadata, err = parseMetadata(field.value); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", metadataKey, err)
			}
			continue
		}
		t, err := parseTensor(field.value)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", field.key, err)
		}
		t.name = field.key
		tensors = append(tensors, t)
	}
	slices.SortFunc(tensors, func(a, b tensor) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.name, b.name))
	})
	return tensors, metadata, checkLayout(tensors, size)
}

// checkLayout requires that tensors, ordered by offset, neither overlap nor leave a byte unused.
func checkLayout(tensors []tensor, size int64) error {
	var next int64
	for i, t := range tensors {
		switch {
		case t.begin < next:
			return fmt.Errorf("tensor %q: overlaps tensor %q", t.name, tensors[i-1].name)
		case t.begin > next:
			return fmt.Errorf("tensor %q: %d unused bytes before it", t.name, t.begin-next)
		case t.end > size:
			return fmt.Errorf("tensor %q: ends at byte %d of the data, which has %d; the file is truncated", t.name,
				t.end, size)
		}
		next = t.end
	}
	if next < size {
		return fmt.Errorf("%d bytes after the last tensor", size-next)
	}
	return nil
}

func parseMetadata(value json.RawMessage) (map[string]string, error) {
	fields, err := object(value)
	if err != nil {
		return nil, err
	}
	metadata := make(map[string]string, len(fields))
	for _, field := range fields {
		if field.value[0] != '"' {
			return nil, fmt.Errorf("%q is not a string", field.key)
		}
		var text string
		if err := json.Unmarshal(field.value, &text); err != nil {
			return nil, fmt.Errorf("%q: %w", field.key, err)
		}
		metadata[field.key] = text
	}
	return metadata, nil
}

func parseTensor(value json.RawMessage) (tensor, error) {
	var t tensor
	fields, err := object(value)
	if err != nil {
		return t, err
	}
	var offsets []int
	for _, field := range fields {
		switch field.key {
		case "dtype":
			err = json.Unmarshal(field.value, &t.dtype)
		case "shape":
			t.shape, err = naturals(field.value)
		case "data_offsets":
			offsets, err = naturals(field.value)
		}
		if err != nil {
			return t, fmt.Errorf("%s: %w", field.key, err)
		}
	}
	if t.dtype.Size() == 0 {
		return t, fmt.Errorf("dtype %q is none that this program reads", t.dtype)
	}
	if t.shape == nil {
		return t, errors.New("shape is missing")
	}
	if len(offsets) != 2 {
		return t, fmt.Errorf("data_offsets has %d numbers, not 2", len(offsets))
	}
	t.begin, t.end = int64(offsets[0]), int64(offsets[1])
	want, err := byteSize(t.dtype, t.shape)
	if err != nil {
		return t, err
	}
	if t.end-t.begin != want {
		return t, fmt.Errorf("%s %v takes %d bytes, data_offsets give %d", t.dtype, t.shape, want, t.end-t.begin)
	}
	return t, nil
}

// byteSize returns a tensor's size in bytes; a shape without dimensions is a scalar.
func byteSize(dtype DType, shape []int) (int64, error) {
	size := uint64(dtype.Size())
	for _, n := range shape {
		if n < 0 {
			return 0, fmt.Errorf("shape %v has a negative dimension", shape)
		}
		high, low := bits.Mul64(size, uint64(n))
		if high != 0 || low > math.MaxInt64 {
			return 0, fmt.Errorf("%s %v is larger than any file", dtype, shape)
		}
		size = low
	}
	return int64(size), nil
}

type field struct {
	key   string
	value json.RawMessage
}

// object splits a JSON object into its fields and refuses a repeated key, whose last value
// encoding/json would silently use.
func object(data []byte) ([]field, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if token, err := d.Token(); err != nil {
		return nil, err
	} else if token != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var fields []field
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		f := field{key: token.(string)} // the decoder accepts only strings as keys
		if seen[f.key] {
			return nil, fmt.Errorf("%q appears twice", f.key)
		}
		seen[f.key] = true
		if err := d.Decode(&f.value); err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if rest := bytes.TrimLeft(data[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the JSON object", len(rest))
	}
	return fields, nil
}

// naturals parses a JSON array of non-negative integers.
func naturals(value json.RawMessage) ([]int, error) {
	if value[0] != '[' {
		return nil, errors.New("not a list")
	}
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return nil, err
	}
	numbers := make([]int, len(items))
	for i, item := range items {
		n, err := strconv.ParseInt(string(item), 10, strconv.IntSize)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%s is not a size", item)
		}
		numbers[i] = int(n)
	}
	return numbers, nil
}
