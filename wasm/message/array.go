// Package message defines how the page and the Go programs in it talk: in JSON, with arrays of
// numbers beside it, since as text these would be slow. It also holds what the messages of both
// programs have in common, the trainer in its worker and the gallery in its frame. The other half
// is web/src/worker/parts.ts.
package message

import (
	"encoding/binary"
	"encoding/json"
)

// Parts are the arrays that travel beside the JSON of a message.
type Parts [][]byte

// Bytes is an array of bytes, for which the JSON has an index into the parts: a Uint8Array of the
// page or, in requests, also a Blob. The zero value is no array.
type Bytes struct{ place int } // 1 is the first part

// Floats is an array of 32-bit floats: a Float32Array of the page. The zero value is no array.
type Floats struct{ place int }

// AddBytes puts an array beside the message. It is not copied before the message is posted.
func (p *Parts) AddBytes(b []byte) Bytes {
	*p = append(*p, b)
	return Bytes{len(*p)}
}

// AddFloats puts a copy of an array beside the message.
func (p *Parts) AddFloats(f []float32) Floats {
	b := make([]byte, 4*len(f))
	// It fails only if the length does not fit.
	_, _ = binary.Encode(b, binary.LittleEndian, f)
	*p = append(*p, b)
	return Floats{len(*p)}
}

// Bytes returns an array that came with a message, or nil if there is none.
func (p Parts) Bytes(at Bytes) []byte { return p.part(at.place) }

// Floats returns an array that came with a message, or nil if there is none.
func (p Parts) Floats(at Floats) []float32 {
	b := p.part(at.place)
	if b == nil {
		return nil
	}
	f := make([]float32, len(b)/4)
	_, _ = binary.Decode(b, binary.LittleEndian, f)
	return f
}

func (p Parts) part(place int) []byte {
	if place < 1 || place > len(p) {
		return nil
	}
	return p[place-1]
}

// MarshalJSON writes the index as web/src/worker/parts.ts expects it in an answer.
func (a Bytes) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]int{"$bytes": a.place - 1})
}

// MarshalJSON writes the index as web/src/worker/parts.ts expects it in an answer.
func (a Floats) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]int{"$floats": a.place - 1})
}

// UnmarshalJSON reads the index as web/src/worker/parts.ts writes it in a request.
func (a *Bytes) UnmarshalJSON(text []byte) (err error) {
	a.place, err = sent(text)
	return err
}

// UnmarshalJSON reads the index as web/src/worker/parts.ts writes it in a request.
func (a *Floats) UnmarshalJSON(text []byte) (err error) {
	a.place, err = sent(text)
	return err
}

func sent(text []byte) (place int, err error) {
	var part struct {
		Index *int `json:"$part"`
	}
	if err := json.Unmarshal(text, &part); err != nil || part.Index == nil {
		return 0, err
	}
	return *part.Index + 1, nil
}
