package gpu

import "unsafe"

// Number is a type that a device buffer can hold.
type Number interface{ ~float32 | ~uint32 | ~int32 }

// Bytes views numbers as the bytes that the device sees, without copying: writing to one changes
// the other. All hosts of WebGPU are little-endian.
func Bytes[T Number](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*4)
}
