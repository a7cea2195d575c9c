package render

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"testing"
)

const plyASCII = `ply
format ascii 1.0
comment a tetrahedron with a quad for a base
element vertex 5
property float x
property float y
property float z
property float nx
property float ny
property float nz
property uchar red
property uchar green
property uchar blue
property uchar alpha
element face 5
property list uchar int vertex_indices
element edge 1
property int vertex1
property int vertex2
end_header
0 0 0 0 0 -2 255 0 0 255
1 0 0 1 0 0 0 255 0 255
1 1 0 0 1 0 0 0 255 255
0 1 0 0 1 0 51 102 153 255
.5 5e-1 1 0 0 1 1 2 3 255
4 0 3 2 1
3 0 1 4
3 1 2 4
3 2 3 4
3 3 0 4
0 1
`

// plyBinary is the same file in a binary format.
func plyBinary(format string, order binary.AppendByteOrder) []byte {
	head, body, _ := strings.Cut(plyASCII, "end_header\n")
	b := []byte(strings.Replace(head, "ascii", format, 1) + "end_header\n")
	lines := strings.Split(body, "\n")
	number := func(word string) float64 {
		var v float64
		for _, c := range []struct {
			word string
			v    float64
		}{{".5", 0.5}, {"5e-1", 0.5}, {"-2", -2}} {
			if word == c.word {
				return c.v
			}
		}
		for _, digit := range word {
			v = 10*v + float64(digit-'0')
		}
		return v
	}
	for i, line := range lines[:11] {
		for k, word := range strings.Fields(line) {
			switch v := number(word); {
			case i < 5 && k < 6:
				b = order.AppendUint32(b, math.Float32bits(float32(v)))
			case i < 5 || i < 10 && k == 0:
				b = append(b, byte(v))
			default:
				b = order.AppendUint32(b, uint32(v))
			}
		}
	}
	return b
}

func TestReadPLY(t *testing.T) {
	m, err := ReadPLY(strings.NewReader(plyASCII))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Points) != 5 || m.Points[4] != (Vec{0.5, 0.5, 1}) || m.Normals[0] != (Vec{0, 0, -1}) ||
		m.Colours[3].Sub(Vec{0.2, 0.4, 0.6}).Norm() > 1e-12 {
		t.Errorf("vertices %+v", m)
	}
	if want := [][3]uint32{{0, 3, 2}, {0, 2, 1}, {0, 1, 4}, {1, 2, 4}, {2, 3, 4},
		{3, 0, 4}}; !reflect.DeepEqual(m.Faces, want) {
		t.Errorf("faces %v", m.Faces)
	}
	for format, order := range map[string]binary.AppendByteOrder{"binary_little_endian": binary.LittleEndian,
		"binary_big_endian": binary.BigEndian} {
		got, err := ReadPLY(bytes.NewReader(plyBinary(format, order)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, m) {
			t.Errorf("%s: %+v\nwant %+v", format, got, m)
		}
	}
	bare := "ply\nformat ascii 1.0\nelement vertex 3\nproperty double x\nproperty double y\nproperty double " +
		"z\nelement face 1\nproperty list uint8 uint32 vertex_index\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2"
	if m, err = ReadPLY(strings.NewReader(bare)); err != nil || m.Normals[2] != (Vec{0, 0, 1}) || m.Colours[0] != grey {
		t.Errorf("without normals and colours: %+v, %v", m, err)
	}
	floats := strings.NewReplacer("double z", "double z\nproperty float red\nproperty float green\nproperty float blue",
		"0 0 0\n", "0 0 0 1 .5 0\n", "1 0 0\n", "1 0 0 0 0 0\n", "0 1 0\n", "0 1 0 0 0 0\n").Replace(bare)
	if m, err = ReadPLY(strings.NewReader(floats)); err != nil || m.Colours[0] != (Vec{1, 0.5, 0}) {
		t.Errorf("colours as numbers to 1: %+v, %v", m, err)
	}
}

func TestReadPLYErrors(t *testing.T) {
	little := plyBinary("binary_little_endian", binary.LittleEndian)
	swap := func(old, to string) []byte {
		if !strings.Contains(plyASCII, old) {
			t.Fatalf("no %q to change", old)
		}
		return []byte(strings.Replace(plyASCII, old, to, 1))
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":          {nil, "line 1: the file does not begin with ply"},
		"other":          {[]byte("solid x\n"), "line 1: the file does not begin with ply"},
		"no end":         {[]byte("ply\nformat ascii 1.0\n"), "line 3: the header has no end"},
		"format":         {swap("ascii", "utf8"), `line 20: the format "utf8" is none of`},
		"type":           {swap("float nx", "half nx"), `line 8: "property half nx" is of no known type`},
		"list of floats": {swap("uchar int", "float int"), "is of no known type"},
		"word":           {swap("comment a", "remark a"), `line 3: "remark a tetrahedron`},
		"count": {swap("vertex 5", "vertex 99999999999"),
			"line 4: 99999999999 elements of vertex; at most 16777216"},
		"no z":         {swap("float z", "float w"), "vertices without x, y and z"},
		"no corners":   {swap("vertex_indices", "corners"), "faces without vertex_indices"},
		"number":       {swap(".5 5e-1", ".5 O"), `line 25: "O" is no number`},
		"infinite":     {swap(".5 5e-1", ".5 Inf"), "line 25: a vertex at 0.5, +Inf, 1"},
		"colour":       {swap("51 102", "51 256"), "line 24: a colour of 51, 256, 153"},
		"few":          {swap("153 255", "153"), "line 24: the line has too few numbers"},
		"many":         {swap("153 255", "153 255 7"), `line 24: "7" is too much for a vertex`},
		"index":        {swap("3 2 3 4", "3 2 3 5"), "line 29: a face has the vertex 5, but there are 5"},
		"negative":     {swap("3 2 3 4", "3 2 3 -1"), "line 29: a face has the vertex -1"},
		"fraction":     {swap("3 2 3 4", "3 2 3 .5"), "line 29: a face has the vertex -1"},
		"line":         {swap("3 2 3 4", "2 2 3"), "line 29: a face of 2 corners"},
		"long face":    {swap("3 2 3 4", "2000 2 3"), "line 29: a list of 2000 items"},
		"cut":          {[]byte(plyASCII[:len(plyASCII)-3]), "the line has too few numbers"},
		"no faces":     {[]byte(strings.Split(plyASCII, "4 0 3 2 1")[0]), "line 26: face 0 of 5 is missing"},
		"binary cut":   {little[:len(little)-3], "edge 0: the file is cut off there"},
		"binary short": {little[:len(little)-40], "face 2: the file is cut off there"},
	} {
		if _, err := ReadPLY(bytes.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), "PLY, ") {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func FuzzReadPLY(f *testing.F) {
	f.Add([]byte(plyASCII))
	f.Add(plyBinary("binary_little_endian", binary.LittleEndian))
	f.Add(plyBinary("binary_big_endian", binary.BigEndian))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadPLY(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil {
			t.Errorf("accepted but invalid: %v", err)
		}
		frame := NewFrame(4, 1) // and it can be drawn
		frame.Clear(Camera{Focal: 8, Centre: 2})
		frame.Draw(m, Rotate(Turn(Vec{1}, 0)), Vec{0, 0, 3})
		for i := range 16 {
			frame.Shade(i%4, i/4, &white)
		}
	})
}
