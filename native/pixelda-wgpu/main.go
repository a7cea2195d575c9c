// Command pixelda-wgpu trains PixelDA on any GPU through WebGPU, and looks
// after what goes with it: data sets, the adapters of a machine, whether they
// compute correctly and how fast. Package native holds its commands; this one
// gives the program the name under which it is installed.
package main

import (
	"os"

	"pixelda-wgpu/native"
)

func main() { os.Exit(native.Main()) }
