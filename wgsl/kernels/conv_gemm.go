package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// GEMMTile is a tile of conv_gemm.wgsl, conv_gemm_weight.wgsl and winograd_gemm.wgsl: rows
// and columns of the product that a workgroup takes, and an invocation.
type GEMMTile struct{ M, O, ThreadM, ThreadO int }

func (t GEMMTile) String() string {
	return fmt.Sprintf("%d×%d %d×%d", t.M, t.O, t.ThreadM, t.ThreadO)
}

// ConvGEMM are the dispatches of conv_gemm.wgsl, the convolution as a matrix product of
// pixels by output channels, whose operands the kernel gathers tile by tile: one for each
// phase of a dilated convolution, whose outputs see the same taps. The weights come packed
// in one block of ⌈OutC / 4⌉ · 4 channels, the channels last.
//
//	x                             read        [N, InC, InH, InW]
//	pack                          read        the block
//	bias, residual                read        if the epilogue has them
//	y                             read_write  [N, OutC, OutH, OutW]
func ConvGEMM(name string, c Conv, t GEMMTile, e Epilogue) (all []Kernel) {
	tileK := 16
	for tileK > 4 && tileK >= 2*c.InC {
		tileK /= 2
	}
	for p := range c.Dilate * c.Dilate {
		y, x := phaseOf(c.OutH, c.KernelH, c.PadY, c.Dilate, p/c.Dilate),
			phaseOf(c.OutW, c.KernelW, c.PadX, c.Dilate, p%c.Dilate)
		if y.size == 0 || x.size == 0 {
			continue
		}
		m := c.N * y.size * x.size
		all = append(all, New("conv "+name+" "+c.String(), "conv_gemm.wgsl", e.set(c.set(expand.Params{
			"OUT_STEP": c.Dilate, "PHASE_Y": p / c.Dilate, "PHASE_X": p % c.Dilate, "ROWS": y.size, "COLS": x.size,
			"OFFSET_Y": y.offset, "OFFSET_X": x.offset, "TAPS_Y": y.taps, "TAPS_X": x.taps, "TAP_Y": y.tap,
			"TAP_X": x.tap, "TAP_STEP": c.Dilate, "BLOCK": CeilDiv(c.OutC, 4) * 4,
			"TILE_M": t.M, "TILE_O": t.O, "TILE_K": tileK, "THREAD_M": t.ThreadM, "THREAD_O": t.ThreadO,
		})), [3]uint32{uint32(CeilDiv(m, t.M)), uint32(CeilDiv(c.OutC, t.O)), 1},
			2*float64(m*c.OutC)*float64(c.InC*y.taps*x.taps), c.Bytes()/float64(c.Dilate*c.Dilate)))
	}
	return all
}

// phase is one axis of the outputs p·dilate + phase of a dilated convolution:
// they see every dilate-th tap, from tap on, at inputs p + offset, p + offset + 1…
type phase struct{ size, taps, tap, offset int }

func phaseOf(size, kernel, pad, dilate, first int) phase {
	tap := ((pad-first)%dilate + dilate) % dilate
	p := phase{size: CeilDiv(size-first, dilate), tap: tap, offset: (first + tap - pad) / dilate}
	if tap < kernel {
		p.taps = CeilDiv(kernel-tap, dilate)
	}
	return p
}

// ConvGEMMWeight is conv_gemm_weight.wgsl, the gradient of the weights as a matrix product of
// output channels by taps of input channels, summed over the pixels in so many splits.
//
//	x         read        [N, InC, InH, InW]
//	dy        read        [N, OutC, OutH, OutW]
//	partials  read_write  [splits, OutC, InC, KernelH, KernelW]
func ConvGEMMWeight(name string, c Conv, t GEMMTile, splits int) Kernel {
	return New("conv weight "+name+" "+c.String(), "conv_gemm_weight.wgsl", c.set(expand.Params{
		"PAD_Y": c.PadY, "PAD_X": c.PadX,
		"TILE_O": t.M, "TILE_J": t.O, "TILE_K": 16, "THREAD_O": t.ThreadM, "THREAD_J": t.ThreadO, "SPLITS": splits,
	}), [3]uint32{uint32(CeilDiv(c.OutC, t.M)), uint32(CeilDiv(c.InC*c.Taps(), t.O)), uint32(splits)},
		c.FLOPs(), c.Bytes())
}
