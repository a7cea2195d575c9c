// Package protobuf writes protobuf's wire format by hand, since the few messages of TensorBoard's
// events and of ONNX do not justify generated packages.
package protobuf

import (
	"encoding/binary"
	"math"
)

// The wire types of fields.
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)

// Message is an encoded message; each method appends one field.
type Message []byte

func (m Message) key(field, wire int) Message {
	return binary.AppendUvarint(m, uint64(field<<3|wire))
}

// Varint appends an integer, a bool or an enum.
func (m Message) Varint(field int, v uint64) Message {
	return binary.AppendUvarint(m.key(field, wireVarint), v)
}

// Double appends a float64.
func (m Message) Double(field int, v float64) Message {
	return binary.LittleEndian.AppendUint64(m.key(field, wireFixed8), math.Float64bits(v))
}

// Float appends a float32.
func (m Message) Float(field int, v float32) Message {
	return binary.LittleEndian.AppendUint32(m.key(field, wireFixed4), math.Float32bits(v))
}

// Bytes appends bytes.
func (m Message) Bytes(field int, v []byte) Message {
	return append(binary.AppendUvarint(m.key(field, wireBytes), uint64(len(v))), v...)
}

// Text appends a string.
func (m Message) Text(field int, v string) Message { return m.Bytes(field, []byte(v)) }

// Embed appends a message.
func (m Message) Embed(field int, v Message) Message { return m.Bytes(field, v) }
