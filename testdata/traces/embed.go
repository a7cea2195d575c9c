// Package traces holds a recorded run of the reference implementation, for
// programs to carry with them.
package traces

import _ "embed"

// GreyToRGB is the trace grey-to-rgb-16.safetensors, the smallest one.
//
//go:embed grey-to-rgb-16.safetensors
var GreyToRGB []byte

// GreyToRGBName is its file's name.
const GreyToRGBName = "grey-to-rgb-16.safetensors"
