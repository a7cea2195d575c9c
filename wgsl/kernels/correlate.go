package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// CorrelateTile is a register tile of correlate.wgsl: output and input channels.
type CorrelateTile struct{ Out, In int }

func (t CorrelateTile) String() string { return fmt.Sprintf("%d×%d", t.Out, t.In) }

// Correlation is what correlate.wgsl sums over: tiles or pixels, stride from four
// channels to the next, for each of so many frequencies or taps.
type Correlation struct {
	Frequencies   int
	Taps          bool
	Tiles, Stride int
	Half          Half
}

// Correlate is correlate.wgsl, the products of a weight gradient, as a share of the
// convolution's work, and into how many parts it divides the sums.
//
//	e or e_half  read        gradients [Frequencies or 1, OutC / 4, Stride]
//	v or v_half  read        inputs [Frequencies, InC / 4, Stride]
//	s            read_write  [parts, Frequencies, OutC, InC]
func Correlate(name string, c Conv, tile CorrelateTile, r Correlation, share float64) (k Kernel, parts int) {
	const enoughLanes, leastChunk, workgroup = 256, 256, 8
	blocks := CeilDiv(c.OutC, tile.Out) * CeilDiv(c.InC, tile.In)
	parts = min(CeilDiv(enoughLanes, blocks*r.Frequencies), CeilDiv(r.Tiles, leastChunk))
	chunk := CeilDiv(CeilDiv(r.Tiles, parts), 2) * 2
	parts = CeilDiv(r.Tiles, chunk)
	gradients := c.OutC
	if !r.Taps {
		gradients *= r.Frequencies
	}
	return New("conv weight "+name+" "+c.String(), "correlate.wgsl", expand.Params{
		"FREQUENCIES": r.Frequencies, "TAPS": r.Taps, "OUT_C": c.OutC, "IN_C": c.InC, "TILE_O": tile.Out,
		"TILE_I": tile.In, "STRIDE": r.Stride, "HALF": r.Half.On, "TILES": r.Tiles, "CHUNK": chunk, "PARTS": parts,
		"WORKGROUP": workgroup,
	}, [3]uint32{uint32(CeilDiv(blocks*parts, workgroup)), uint32(r.Frequencies), 1},
		c.FLOPs()*share, float64(4*r.Half.Floats(r.Tiles*(r.Frequencies*c.InC+gradients))+
			4*parts*r.Frequencies*c.OutC*c.InC)), parts
}
