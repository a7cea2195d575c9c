package events

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The field numbers of the messages in use: TensorFlow's event.proto,
// summary.proto, tensor.proto and tensor_shape.proto, TensorBoard's
// hparams/plugin_data.proto, and protobuf's struct.proto.
const (
	eventWallTime    = 1
	eventStep        = 2
	eventFileVersion = 3
	eventSummary     = 5
	eventSessionLog  = 7

	sessionStatus = 1
	sessionStart  = 1 // the status START

	summaryValue = 1

	valueTag      = 1
	valueSimple   = 2
	valueImage    = 4
	valueTensor   = 8
	valueMetadata = 9

	imageHeight     = 1
	imageWidth      = 2
	imageColorspace = 3
	imageEncoded    = 4

	metadataPlugin = 1
	pluginName     = 1
	pluginContent  = 2

	tensorType   = 1
	tensorShape  = 2
	tensorString = 8
	shapeDim     = 2
	dimSize      = 1

	hparamsStart  = 3
	hparamsEnd    = 4
	startSettings = 1
	startTime     = 5
	endStatus     = 1
	endTime       = 2
	mapKey        = 1
	mapValue      = 2

	jsonNumber = 2
	jsonString = 3
	jsonBool   = 4
)

// The ways in which a field lies on the wire.
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)

// message is an encoded protobuf message; each method appends one field.
type message []byte

func (m message) key(field, wire int) message {
	return binary.AppendUvarint(m, uint64(field<<3|wire))
}

func (m message) varint(field int, v uint64) message {
	return binary.AppendUvarint(m.key(field, wireVarint), v)
}

func (m message) double(field int, v float64) message {
	return binary.LittleEndian.AppendUint64(m.key(field, wireFixed8), math.Float64bits(v))
}

func (m message) float(field int, v float32) message {
	return binary.LittleEndian.AppendUint32(m.key(field, wireFixed4), math.Float32bits(v))
}

func (m message) bytes(field int, v []byte) message {
	return append(binary.AppendUvarint(m.key(field, wireBytes), uint64(len(v))), v...)
}

func (m message) text(field int, v string) message { return m.bytes(field, []byte(v)) }

func (m message) embed(field int, v message) message { return m.bytes(field, v) }

// pluginData is the metadata that hands a value to one of TensorBoard's plugins.
func pluginData(name string, content message) message {
	plugin := message{}.text(pluginName, name)
	if content != nil {
		plugin = plugin.embed(pluginContent, content)
	}
	return message{}.embed(metadataPlugin, plugin)
}

// jsonValue is a google.protobuf.Value.
func jsonValue(v any) message {
	switch v := v.(type) {
	case bool:
		one := uint64(0)
		if v {
			one = 1
		}
		return message{}.varint(jsonBool, one)
	case int:
		return message{}.double(jsonNumber, float64(v))
	case float64:
		return message{}.double(jsonNumber, v)
	}
	return message{}.text(jsonString, fmt.Sprint(v))
}
