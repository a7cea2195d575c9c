package render

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxElements bounds the vertices and the faces of a file, so that a wrong header ends in an error
// rather than in a machine out of memory.
const maxElements = 16 << 20

// grey is the colour of models that specify none.
var grey = Vec{0.6, 0.6, 0.6}

// ReadPLY reads a mesh in the Polygon File Format, ASCII or binary. Vertices have x, y and z,
// optionally nx, ny and nz, and optionally red, green and blue, as integers up to 255 or as numbers
// up to 1. Faces have vertex_indices (or vertex_index); those with more than three corners are
// taken to be convex and divided. Other elements and properties are skipped. Missing normals are
// computed (creases of 60°), missing colours are grey.
func ReadPLY(r io.Reader) (*Mesh, error) {
	p := &plyReader{r: bufio.NewReaderSize(r, 1<<16)}
	m, err := p.read()
	if err != nil {
		return nil, fmt.Errorf("PLY, %s: %w", p.place(), err)
	}
	return m, nil
}

// plyReader reads values in the file's format and knows where it is.
type plyReader struct {
	r      *bufio.Reader
	order  binary.ByteOrder // nil: ASCII
	line   int              // of the header, and of ASCII elements
	fields []string         // what is left of the line
	what   string           // the element that a binary file is at
}

type plyElement struct {
	name       string
	count      int
	properties []plyProperty
}

// plyProperty is one property; count is the type of a list's length, or "".
type plyProperty struct{ name, kind, count string }

func (p *plyReader) place() string {
	if p.order != nil {
		return p.what
	}
	return fmt.Sprintf("line %d", p.line)
}

func (p *plyReader) read() (*Mesh, error) {
	elements, err := p.header()
	if err != nil {
		return nil, err
	}
	m := &Mesh{}
	for _, e := range elements {
		switch e.name {
		case "vertex":
			err = p.vertices(m, e)
		case "face":
			err = p.faces(m, e)
		default:
			err = p.each(e, func([]float64) error { return nil }, func(string, []int) error { return nil })
		}
		if err != nil {
			return nil, err
		}
	}
	p.what = "the end"
	if len(m.Faces) == 0 {
		return nil, errors.New("no faces: a cloud of points cannot be drawn")
	}
	if m.Normals == nil {
		m.Smooth(60)
	}
	return m, m.Validate()
}

// header reads up to end_header.
func (p *plyReader) header() ([]plyElement, error) {
	if words, err := p.words(); err != nil || len(words) != 1 || words[0] != "ply" {
		return nil, errors.New("the file does not begin with ply")
	}
	var elements []plyElement
	format := ""
	for {
		words, err := p.words()
		if err != nil {
			return nil, errors.New("the header has no end")
		}
		if len(words) == 0 {
			continue
		}
		switch {
		case words[0] == "comment" || words[0] == "obj_info":
		case words[0] == "format" && len(words) == 3:
			format = words[1]
		case words[0] == "element" && len(words) == 3:
			n, err := strconv.Atoi(words[2])
			if err != nil || n < 0 || n > maxElements {
				return nil, fmt.Errorf("%s elements of %s; at most %d can be read", words[2], words[1], maxElements)
			}
			elements = append(elements, plyElement{name: words[1], count: n})
		case words[0] == "property" && (len(words) == 3 || len(words) == 5 && words[1] == "list") && len(elements) > 0:
			property := plyProperty{name: words[len(words)-1], kind: words[len(words)-2]}
			if len(words) == 5 {
				property.count = words[2]
			}
			if plySize(property.kind) == 0 || property.count != "" &&
				(plySize(property.count) == 0 || isFloat(property.count)) {
				return nil, fmt.Errorf("%q is of no known type", strings.Join(words, " "))
			}
			e := &elements[len(elements)-1]
			e.properties = append(e.properties, property)
		case words[0] == "end_header":
			switch format {
			case "ascii":
			case "binary_little_endian":
				p.order = binary.LittleEndian
			case "binary_big_endian":
				p.order = binary.BigEndian
			default:
				return nil, fmt.Errorf("the format %q is none of ascii, binary_little_endian and binary_big_endian",
					format)
			}
			return elements, nil
		default:
			return nil, fmt.Errorf("%q is no line of a header", strings.Join(words, " "))
		}
	}
}

// vertices reads positions, normals and colours.
func (p *plyReader) vertices(m *Mesh, e plyElement) error {
	column := map[string]int{}
	byteColours := false
	n := 0
	for _, property := range e.properties {
		if property.count == "" {
			name := strings.TrimPrefix(property.name, "diffuse_")
			column[name] = n
			byteColours = byteColours || name == "red" && !isFloat(property.kind)
			n++
		}
	}
	three := func(names ...string) (at [3]int, ok bool) {
		for k, name := range names {
			i, has := column[name]
			if !has {
				return at, false
			}
			at[k] = i
		}
		return at, true
	}
	points, ok := three("x", "y", "z")
	if !ok {
		return errors.New("vertices without x, y and z")
	}
	normals, hasNormals := three("nx", "ny", "nz")
	colours, hasColours := three("red", "green", "blue")
	pick := func(values []float64, at [3]int) Vec { return Vec{values[at[0]], values[at[1]], values[at[2]]} }
	return p.each(e, func(values []float64) error {
		point := pick(values, points)
		if n := point.Norm(); math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("a vertex at %g, %g, %g", point[0], point[1], point[2])
		}
		m.Points = append(m.Points, point)
		if hasNormals {
			m.Normals = append(m.Normals, pick(values, normals).Unit())
		}
		colour := grey
		if hasColours {
			colour = pick(values, colours)
			if byteColours {
				colour = colour.Scale(1.0 / 255)
			}
			for _, v := range colour {
				if !(v >= 0 && v <= 1) {
					return fmt.Errorf("a colour of %g, %g, %g", values[colours[0]], values[colours[1]],
						values[colours[2]])
				}
			}
		}
		m.Colours = append(m.Colours, colour)
		return nil
	}, func(string, []int) error { return nil })
}

// faces reads polygons and divides them into triangles.
func (p *plyReader) faces(m *Mesh, e plyElement) error {
	found := false
	for _, property := range e.properties {
		found = found || property.count != "" && isIndices(property.name)
	}
	if !found && e.count > 0 {
		return errors.New("faces without vertex_indices")
	}
	if len(m.Points) == 0 && e.count > 0 {
		return errors.New("faces come before the vertices")
	}
	return p.each(e, func([]float64) error { return nil }, func(name string, corners []int) error {
		if !isIndices(name) {
			return nil
		}
		if len(corners) < 3 {
			return fmt.Errorf("a face of %d corners", len(corners))
		}
		for _, v := range corners {
			if v < 0 || v >= len(m.Points) {
				return fmt.Errorf("a face has the vertex %d, but there are %d", v, len(m.Points))
			}
		}
		for k := 2; k < len(corners); k++ {
			m.Faces = append(m.Faces, [3]uint32{uint32(corners[0]), uint32(corners[k-1]), uint32(corners[k])})
		}
		return nil
	})
}

func isIndices(name string) bool { return name == "vertex_indices" || name == "vertex_index" }
