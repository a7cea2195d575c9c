package wgsl

import "fmt"

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
		Params{"STREAM": stream, "NORMAL": false, "SCALE": 1.0}, n, 1)
}

// FillNormal draws n numbers from the normal distribution with mean 0.
//
//	0 step  uniform     Step
//	1 y     read_write  [n]
func FillNormal(n int, std float64, stream uint32) Kernel {
	return elementwise(fmt.Sprintf("normal %d", n), "fill_random.wgsl",
		Params{"STREAM": stream, "NORMAL": true, "SCALE": std}, n, 1)
}

// DropoutNoise drops elements with probability 1 − keep, scales the others by
// 1 / keep and adds normal noise: the discriminator's regulariser (paper,
// appendix). With keep 1 only the noise is left, as in evaluation.
//
//	0 step  uniform     Step
//	1 x     read        [n]
//	2 y     read_write  [n]
func DropoutNoise(n int, keep, std float64, stream uint32) Kernel {
	return elementwise(fmt.Sprintf("dropout noise %d", n), "dropout_noise.wgsl",
		Params{"STREAM": stream, "KEEP": keep, "STD": std}, n, 2)
}

// DropoutNoiseGrad is the gradient of x: dy where the element was kept, scaled
// by 1 / keep. For keep 1 it is dy itself and needs no kernel.
//
//	0 step  uniform     Step
//	1 dy    read        [n]
//	2 dx    read_write  [n]
func DropoutNoiseGrad(n int, keep float64, stream uint32) Kernel {
	return elementwise(fmt.Sprintf("dropout grad %d", n), "dropout_noise_grad.wgsl",
		Params{"STREAM": stream, "KEEP": keep}, n, 2)
}
