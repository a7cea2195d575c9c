//go:build js

package main

import (
	"strconv"

	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/wasm/wire"
)

// drawElsewhere is a datasets.Drawer that starts copies of this program in other workers, each of
// which draws a share: a program in a browser has only one thread.
func drawElsewhere(name string, seed uint64, from, n int) (pixels []byte, err error) {
	shares, err := await(host.Call("draw", name, strconv.FormatUint(seed, 10), from, n))
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	total := 0
	for i := range shares.Length() {
		total += shares.Index(i).Length()
	}
	pixels = make([]byte, 0, total)
	for i := range shares.Length() {
		pixels = append(pixels, wire.Bytes(shares.Index(i))...)
	}
	return pixels, nil
}

// drawShare is what a copy does: it draws its share, n images starting with from, and ends.
func drawShare(name, seed string, from, n int) {
	number, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		panic(err) // drawElsewhere wrote the text
	}
	s, err := draw.Images(name, number, from, n)
	if err != nil {
		panic(err) // drawElsewhere knew the name
	}
	host.Call("drawn", wire.Array(s.Pixels()))
}
