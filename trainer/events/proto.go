package events

import (
	"fmt"

	"pixelda-wgpu/trainer/protobuf"
)

// The numbers of the fields in use, from TensorFlow's event.proto, summary.proto, tensor.proto and
// tensor_shape.proto, TensorBoard's hparams/plugin_data.proto, and protobuf's struct.proto.
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

// pluginData is the metadata that hands a value to one of TensorBoard's plugins.
func pluginData(name string, content protobuf.Message) protobuf.Message {
	plugin := protobuf.Message{}.Text(pluginName, name)
	if content != nil {
		plugin = plugin.Embed(pluginContent, content)
	}
	return protobuf.Message{}.Embed(metadataPlugin, plugin)
}

// jsonValue is a google.protobuf.Value.
func jsonValue(v any) protobuf.Message {
	switch v := v.(type) {
	case bool:
		one := uint64(0)
		if v {
			one = 1
		}
		return protobuf.Message{}.Varint(jsonBool, one)
	case int:
		return protobuf.Message{}.Double(jsonNumber, float64(v))
	case float64:
		return protobuf.Message{}.Double(jsonNumber, v)
	}
	return protobuf.Message{}.Text(jsonString, fmt.Sprint(v))
}
