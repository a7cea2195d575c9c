package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// ImageLoad turns bytes into the numbers of a network: [0, 255] becomes [low, 1], low
// being −1 or 0, one channel is repeated, and another size is interpolated as TensorFlow 1 does
// (bilinear, no half-pixel centres). The bytes are those of images of in's size
// with interleaved channels, in's one or as many as out's.
//
//	0 pixels  read        [N, in.H, in.W, in.C] bytes
//	1 y       read_write  out
func ImageLoad(in, out Map, low float64) Kernel {
	return New(fmt.Sprintf("image load %v", out), "image_load.wgsl",
		expand.Params{"N": out.N, "IN_C": in.C, "IN_H": in.H, "IN_W": in.W, "OUT_C": out.C, "OUT_H": out.H,
			"OUT_W": out.W, "LOW": low, "STEP": (1 - low) / 255},
		Grid(CeilDiv(out.N*out.plane(), 64)), 8*float64(out.Len()), float64(in.Len()+4*out.Len()))
}

// ImageStore is the inverse of ImageLoad without resizing: bytes of RGB
// (channels 3) or RGBA (4) from maps of one, three or four channels; of four the
// last is left out.
//
//	0 x       read        [N, C, H, W]
//	1 pixels  read_write  [N, H, W, channels] bytes
func ImageStore(x Map, channels int) Kernel {
	bytes := x.N * x.plane() * channels
	return New(fmt.Sprintf("image store %v", x), "image_store.wgsl",
		expand.Params{"N": x.N, "C": x.C, "HW": x.plane(), "OUT_C": channels},
		Grid(CeilDiv(bytes, 256)), 4*float64(bytes), float64(4*x.Len()+bytes))
}
