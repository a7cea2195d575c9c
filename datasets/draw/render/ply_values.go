package render

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxList bounds a list, that is, the corners of a face.
const maxList = 1 << 10

// each reads all items of an element: take gets the values of its scalar properties, list gets each
// list.
func (p *plyReader) each(e plyElement, take func(values []float64) error,
	list func(name string, items []int) error) error {
	values := make([]float64, 0, len(e.properties))
	var items []int
	for i := range e.count {
		p.what = fmt.Sprintf("%s %d", e.name, i)
		if p.order == nil {
			words, err := p.words()
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = fmt.Errorf("%s %d of %d is missing", e.name, i, e.count)
				}
				return err
			}
			p.fields = words
		}
		values = values[:0]
		for _, property := range e.properties {
			if property.count == "" {
				v, err := p.value(property.kind)
				if err != nil {
					return err
				}
				values = append(values, v)
				continue
			}
			n, err := p.value(property.count)
			if err != nil {
				return err
			}
			if !(n >= 0 && n <= maxList) {
				return fmt.Errorf("a list of %g items; at most %d can be read", n, maxList)
			}
			items = items[:0]
			for range int(n) {
				v, err := p.value(property.kind)
				if err != nil {
					return err
				}
				if v != math.Trunc(v) || math.Abs(v) > math.MaxInt32 {
					v = -1 // no index
				}
				items = append(items, int(v))
			}
			if err := list(property.name, items); err != nil {
				return err
			}
		}
		if len(p.fields) > 0 {
			return fmt.Errorf("%q is too much for a %s", strings.Join(p.fields, " "), e.name)
		}
		if err := take(values); err != nil {
			return err
		}
	}
	return nil
}

// words reads a line.
func (p *plyReader) words() ([]string, error) {
	p.line++
	line, err := p.r.ReadSlice('\n')
	if len(line) == 0 && err != nil {
		return nil, err
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, errors.New("a line of more than 64 KiB")
	}
	return strings.Fields(string(line)), nil
}

// value reads one number.
func (p *plyReader) value(kind string) (float64, error) {
	if p.order == nil {
		if len(p.fields) == 0 {
			return 0, errors.New("the line has too few numbers")
		}
		word := p.fields[0]
		p.fields = p.fields[1:]
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no number", word)
		}
		return v, nil
	}
	var b [8]byte
	size := plySize(kind)
	if _, err := io.ReadFull(p.r, b[:size]); err != nil {
		return 0, errors.New("the file is cut off there")
	}
	switch kind {
	case "char", "int8":
		return float64(int8(b[0])), nil
	case "uchar", "uint8":
		return float64(b[0]), nil
	case "short", "int16":
		return float64(int16(p.order.Uint16(b[:]))), nil
	case "ushort", "uint16":
		return float64(p.order.Uint16(b[:])), nil
	case "int", "int32":
		return float64(int32(p.order.Uint32(b[:]))), nil
	case "uint", "uint32":
		return float64(p.order.Uint32(b[:])), nil
	case "float", "float32":
		return float64(math.Float32frombits(p.order.Uint32(b[:]))), nil
	default:
		return math.Float64frombits(p.order.Uint64(b[:])), nil
	}
}

func isFloat(kind string) bool {
	return strings.HasPrefix(kind, "float") || kind == "double"
}

// plySize is the size of a type in bytes, 0 for an unknown one.
func plySize(kind string) int {
	switch kind {
	case "char", "int8", "uchar", "uint8":
		return 1
	case "short", "int16", "ushort", "uint16":
		return 2
	case "int", "int32", "uint", "uint32", "float", "float32":
		return 4
	case "double", "float64":
		return 8
	}
	return 0
}
