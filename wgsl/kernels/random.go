package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Random numbers come from a counter-based generator (random.wgsl): seed, step
// index, stream and element determine them, whatever the device and whatever
// ran before. A stream is one place in a program that draws; a backward pass
// repeats the draws of its forward pass by the same stream.

// FillUniform draws n numbers uniformly from (−1, 1).
//
//	0 step  uniform     Step
//	1 y     read_write  [n]
func FillUniform(n int, stream uint32) Kernel {
	return elementwise(fmt.Sprintf("uniform %d", n), "fill_random.wgsl",
		expand.Params{"STREAM": stream, "NORMAL": false, "SCALE": 1.0}, n, 1)
}

// FillNormal draws n numbers from the normal distribution with mean 0.
//
//	0 step  uniform     Step
//	1 y     read_write  [n]
func FillNormal(n int, std float64, stream uint32) Kernel {
	return elementwise(fmt.Sprintf("normal %d", n), "fill_random.wgsl",
		expand.Params{"STREAM": stream, "NORMAL": true, "SCALE": std}, n, 1)
}

// Dropout drops elements with probability 1 − Keep, scales the others by 1 / Keep and
// adds normal noise: the discriminator's regulariser (paper, appendix). With Keep 1
// only the noise is left, as in evaluation. The zero value does nothing.
type Dropout struct {
	Keep, Std float64
	Stream    uint32
}

// set adds the constants that dropout.wgsl reads.
func (d Dropout) set(p expand.Params) expand.Params {
	if d == (Dropout{}) {
		d.Keep = 1
	}
	p["KEEP"], p["STD"], p["STREAM"] = d.Keep, d.Std, d.Stream
	return p
}

// mask is the part of d that the gradient sees: noise has none.
func (d Dropout) mask() Dropout {
	if d.Std = 0; d.Keep == 1 {
		return Dropout{}
	}
	return d
}

func (d Dropout) String() string {
	if d == (Dropout{}) {
		return ""
	}
	return " dropout"
}

// DropoutNoise is y = x dropped and noisy.
//
//	0 x     read        [n]
//	1 y     read_write  [n]
//	9 step  uniform     Step
func DropoutNoise(n int, d Dropout) Kernel {
	return elementwise(fmt.Sprintf("dropout noise %d", n), "dropout_noise.wgsl", d.set(expand.Params{}), n, 2)
}

// DropoutNoiseGrad is the gradient of x: dy where the element was kept, scaled
// by 1 / Keep. For Keep 1 it is dy itself and needs no kernel.
//
//	0 dy    read        [n]
//	1 dx    read_write  [n]
//	9 step  uniform     Step
func DropoutNoiseGrad(n int, d Dropout) Kernel {
	return elementwise(fmt.Sprintf("dropout grad %d", n), "dropout_noise_grad.wgsl", d.mask().set(expand.Params{}), n,
		2)
}
