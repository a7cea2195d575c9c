package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/trainer/safetensors"
)

// file returns a file of that header and so many bytes of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

// entry returns a header's field of one F32 tensor of n elements at begin.
func entry(name string, n, begin int) string {
	return fmt.Sprintf(`%q:{"dtype":"F32","shape":[%d],"data_offsets":[%d,%d]}`, name, n, begin, begin+4*n)
}

var valid = file("{ \"__metadata__\" : {\"k\": \"v\"},\n"+entry("b", 1, 8)+","+entry("a", 2, 0)+
	`,"e":{"data_offsets":[8,8],"extra":[{}],"shape":[3,0],"dtype":"U8"}}   `, 12)

func TestAcceptsAnyLegalHeader(t *testing.T) {
	f := open(t, valid)
	if got := f.Names(); !slices.Equal(got, []string{"a", "e", "b"}) {
		t.Errorf("names = %q", got)
	}
	if f.Metadata()["k"] != "v" {
		t.Errorf("metadata = %q", f.Metadata())
	}
	if got := open(t, file("{}", 0)).Names(); len(got) != 0 {
		t.Errorf("empty file names %q", got)
	}
}

func TestRefusesCorruptFiles(t *testing.T) {
	one := func(field string) []byte { return file(`{"a":{`+field+`}}`, 4) }
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "0 bytes hold no header"},
		{"short", []byte("1234567"), "7 bytes hold no header"},
		{"header too large", append(binary.LittleEndian.AppendUint64(nil, 100_000_001), '{'),
			"claims a header of 100000001 bytes"},
		{"header length overflows", bytes.Repeat([]byte{0xff}, 16), "claims a header of 18446744073709551615 bytes"},
		{"header past the end", valid[:40], "in a file of 40; the file is truncated"},
		{"data truncated", valid[:len(valid)-1],
			`tensor "b": ends at byte 12 of the data, which has 11; the file is truncated`},
		{"trailing bytes", append(slices.Clone(valid), 0), "1 bytes after the last tensor"},
		{"data but no tensor", file("{}", 3), "3 bytes after the last tensor"},
		{"no JSON", file("PK\x03\x04", 0), "header: "},
		{"empty header", file("", 0), "header: EOF"},
		{"list", file("[]", 0), "header: not a JSON object"},
		{"unclosed", file(`{"a":`, 0), "header: "},
		{"two objects", file(`{}{}`, 0), "header: 2 bytes after the JSON object"},
		{"not UTF-8", file("{\"\xff\":0}", 0), "header is not UTF-8"},
		{"duplicate tensor", file("{"+entry("a", 1, 0)+","+entry("a", 1, 4)+"}", 8), `header: "a" appears twice`},
		{"duplicate by escape", file("{"+entry("a", 1, 0)+`,"\u0061":0}`, 4), `header: "a" appears twice`},
		{"duplicate metadata", file(`{"__metadata__":{"k":"1","k":"2"}}`, 0), `__metadata__: "k" appears twice`},
		{"duplicate dtype", one(`"dtype":"F32","dtype":"F32"`), `tensor "a": "dtype" appears twice`},
		{"metadata no object", file(`{"__metadata__":[]}`, 0), "__metadata__: not a JSON object"},
		{"metadata no string", file(`{"__metadata__":{"k": 1}}`, 0), `__metadata__: "k" is not a string`},
		{"tensor no object", file(`{"a":3}`, 0), `tensor "a": not a JSON object`},
		{"unknown dtype", one(`"dtype":"F4","shape":[1],"data_offsets":[0,4]`), `tensor "a": dtype "F4" is none`},
		{"no dtype", one(`"shape":[1],"data_offsets":[0,4]`), `tensor "a": dtype "" is none`},
		{"dtype no string", one(`"dtype":4`), `tensor "a": dtype: `},
		{"no shape", one(`"dtype":"F32","data_offsets":[0,4]`), `tensor "a": shape is missing`},
		{"null shape", one(`"dtype":"F32","shape":null,"data_offsets":[0,4]`), `tensor "a": shape: not a list`},
		{"null dimension", one(`"dtype":"F32","shape":[null],"data_offsets":[0,4]`),
			`tensor "a": shape: null is not a size`},
		{"negative dimension", one(`"dtype":"F32","shape":[-1],"data_offsets":[0,4]`),
			`tensor "a": shape: -1 is not a size`},
		{"fractional dimension", one(`"dtype":"F32","shape":[1.0],"data_offsets":[0,4]`),
			`tensor "a": shape: 1.0 is not a size`},
		{"huge dimension", one(`"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]`),
			"9223372036854775808 is not a size"},
		{"shape overflows", one(`"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]`),
			"larger than any file"},
		{"shape overflows to 0", one(`"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]`),
			"larger than any file"},
		{"no offsets", one(`"dtype":"F32","shape":[1]`), "data_offsets has 0 numbers, not 2"},
		{"three offsets", one(`"dtype":"F32","shape":[1],"data_offsets":[0,4,8]`), "data_offsets has 3 numbers, not 2"},
		{"offsets reversed", one(`"dtype":"F32","shape":[1],"data_offsets":[4,0]`),
			"takes 4 bytes, data_offsets give -4"},
		{"size and shape differ", one(`"dtype":"F32","shape":[2],"data_offsets":[0,4]`),
			"F32 [2] takes 8 bytes, data_offsets give 4"},
		{"overlap", file("{"+entry("a", 2, 0)+","+entry("b", 2, 4)+"}", 12), `tensor "b": overlaps tensor "a"`},
		{"gap", file("{"+entry("a", 1, 0)+","+entry("b", 1, 8)+"}", 12), `tensor "b": 4 unused bytes before it`},
		{"gap at the start", file("{"+entry("a", 1, 4)+"}", 8), `tensor "a": 4 unused bytes before it`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.safetensors")
			if err := os.WriteFile(path, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := safetensors.Open(path)
			if err == nil {
				f.Close()
				t.Fatal("opened")
			}
			if !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q lacks %q", err, test.want)
			}
		})
	}
}

// FuzzRead: whatever Read accepts can be read through, and written and read again without change.
func FuzzRead(f *testing.F) {
	f.Add(valid)
	f.Add(file("{}", 0))
	f.Add(file(`{"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), "fuzz")
		if err != nil {
			return
		}
		w := safetensors.NewWriter(first.Metadata())
		for _, name := range first.Names() {
			dtype, _ := first.DType(name)
			shape, _ := first.Shape(name)
			raw, err := first.Bytes(name)
			if err != nil {
				t.Fatal(err)
			}
			w.Bytes(name, dtype, shape, raw)
		}
		second := open(t, encode(t, w))
		if len(second.Names()) != len(first.Names()) || len(second.Metadata()) != len(first.Metadata()) {
			t.Fatalf("%q became %q", first.Names(), second.Names())
		}
		for _, name := range first.Names() {
			before, _ := first.Bytes(name)
			after, err := second.Bytes(name)
			if err != nil || !bytes.Equal(before, after) {
				t.Fatalf("%q: %v became %v, %v", name, before, after, err)
			}
		}
	})
}
