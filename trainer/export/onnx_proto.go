package export

import (
	"encoding/binary"

	"pixelda-wgpu/trainer/protobuf"
)

// The numbers of the fields of onnx.proto that are in use.
const (
	modelIRVersion = 1
	modelProducer  = 2
	modelDoc       = 6
	modelGraph     = 7
	modelOpset     = 8
	modelMetadata  = 14

	opsetDomain  = 1
	opsetVersion = 2
	entryKey     = 1
	entryValue   = 2

	graphNode        = 1
	graphName        = 2
	graphInitializer = 5
	graphInput       = 11
	graphOutput      = 12
	graphValue       = 13

	nodeInput     = 1
	nodeOutput    = 2
	nodeName      = 3
	nodeOp        = 4
	nodeAttribute = 5

	attributeName  = 1
	attributeFloat = 2
	attributeInt   = 3
	attributeInts  = 8
	attributeType  = 20

	tensorDims = 1
	tensorType = 2
	tensorName = 8
	tensorRaw  = 9

	valueName     = 1
	valueType     = 2
	typeTensor    = 1
	typeElement   = 1
	typeShape     = 2
	shapeDim      = 1
	dimSize       = 1
	dimName       = 2
	batchDim      = "batch"
	tensorFloat   = 1 // element types
	tensorInt64   = 7
	attrIsFloat   = 1 // attribute types
	attrIsInteger = 2
	attrIsInts    = 7
)

// attribute is an AttributeProto.
type attribute protobuf.Message

func float(name string, v float64) attribute {
	return attribute(protobuf.Message{}.Text(attributeName, name).Float(attributeFloat,
		float32(v)).Varint(attributeType, attrIsFloat))
}

func integer(name string, v int) attribute {
	return attribute(protobuf.Message{}.Text(attributeName, name).Varint(attributeInt, uint64(v)).Varint(attributeType,
		attrIsInteger))
}

func ints(name string, values ...int) attribute {
	m := protobuf.Message{}.Text(attributeName, name)
	for _, v := range values {
		m = m.Varint(attributeInts, uint64(v))
	}
	return attribute(m.Varint(attributeType, attrIsInts))
}

// valueInfo is the name, type and shape of a float tensor.
func valueInfo(name string, shape []int) protobuf.Message {
	var dims protobuf.Message
	for _, d := range shape {
		dim := protobuf.Message{}.Text(dimName, batchDim)
		if d != free {
			dim = protobuf.Message{}.Varint(dimSize, uint64(d))
		}
		dims = dims.Embed(shapeDim, dim)
	}
	tensor := protobuf.Message{}.Varint(typeElement, tensorFloat).Embed(typeShape, dims)
	return protobuf.Message{}.Text(valueName, name).Embed(valueType, protobuf.Message{}.Embed(typeTensor, tensor))
}

func appendInt64(b []byte, v int64) []byte { return binary.LittleEndian.AppendUint64(b, uint64(v)) }
