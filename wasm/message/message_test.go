package message_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"pixelda-wgpu/wasm/message"
)

type note struct {
	Text   string         `json:"text,omitempty"`
	Bytes  message.Bytes  `json:"bytes,omitzero"`
	Floats message.Floats `json:"floats,omitzero"`
}

func TestEncode(t *testing.T) {
	var parts message.Parts
	for want, m := range map[string]note{
		`{"type":"note"}`:              {},
		`{"type":"note","text":"a<b"}`: {Text: "a<b"},
		`{"type":"note","bytes":{"$bytes":0},"floats":{"$floats":1}}`: {
			Bytes: parts.AddBytes([]byte{1, 2}), Floats: parts.AddFloats([]float32{1, -2.5})},
	} {
		text, err := message.Encode("note", m)
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(wanted)
		if string(a) != string(b) {
			t.Errorf("message is %s, want %s", a, b)
		}
	}
	if want := (message.Parts{{1, 2}, {0, 0, 128, 63, 0, 0, 32, 192}}); !slices.EqualFunc(parts, want, slices.Equal) {
		t.Errorf("parts are %v, want %v", parts, want)
	}
	if _, err := message.Encode("number", struct{ Value float64 }{math.NaN()}); err == nil {
		t.Error("a number that has no form in JSON was encoded")
	}
}

// Arrays come by the index that JavaScript gave them; one that is not there is nil.
func TestArraysReceived(t *testing.T) {
	parts := message.Parts{{7}, {0, 0, 128, 63, 0, 0, 32, 192}, {}}
	for text, want := range map[string]struct {
		bytes  []byte
		floats []float32
	}{
		`{"bytes":{"$part":0},"floats":{"$part":1}}`:  {bytes: []byte{7}, floats: []float32{1, -2.5}},
		`{"bytes":{"$part":2},"floats":{"$part":2}}`:  {bytes: []byte{}, floats: []float32{}},
		`{"bytes":{"$part":3},"floats":{"$part":-1}}`: {},
		`{"bytes":{}}`:                 {},
		`{"bytes":null,"floats":null}`: {},
		`{}`:                           {},
	} {
		var m note
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		b, f := parts.Bytes(m.Bytes), parts.Floats(m.Floats)
		if !slices.Equal(b, want.bytes) || (b == nil) != (want.bytes == nil) {
			t.Errorf("%s: bytes are %v, want %v", text, b, want.bytes)
		}
		if !slices.Equal(f, want.floats) || (f == nil) != (want.floats == nil) {
			t.Errorf("%s: floats are %v, want %v", text, f, want.floats)
		}
	}
}
