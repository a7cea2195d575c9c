// Command pixelda-wgpu trains PixelDA on any GPU through WebGPU, and does what goes with it: it
// looks after data sets, lists the adapters of a machine, and checks whether they compute correctly
// and how fast. Package native holds its commands; this one gives the program the name that it is
// installed under.
package main

import (
	"os"

	"pixelda-wgpu/native"
)

func main() { os.Exit(native.Main()) }
