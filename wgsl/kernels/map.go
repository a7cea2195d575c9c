package kernels

import "fmt"

// Map is the shape of an activation: N images of C channels of H × W floats,
// NCHW. Features are maps of one pixel.
type Map struct{ N, C, H, W int }

// Len is the number of elements.
func (m Map) Len() int { return m.N * m.C * m.H * m.W }

func (m Map) String() string { return fmt.Sprintf("%d×%d×%d×%d", m.N, m.C, m.H, m.W) }

func (m Map) plane() int { return m.H * m.W }

// Width is how many neighbours of a channel a reduction reads at once: vec4
// loads need planes that are a multiple of four.
func (m Map) Width() int {
	if m.plane()%4 == 0 {
		return 4
	}
	return 1
}

// units is the number of loads a channel takes at that width.
func (m Map) units() int { return m.N * m.plane() / m.Width() }

// Chunk is how many units one workgroup of a reduction over a channel takes, a
// multiple of its 64 lanes: 16 for each of them, fewer where there are no more,
// or so many that there are at most 64 parts. The few numbers of a feature are
// one part.
func (m Map) Chunk() int {
	if m.plane() == 1 {
		return 64 * CeilDiv(m.N, 64)
	}
	return max(64*min(16, CeilDiv(m.units(), 64)), 64*CeilDiv(m.units(), 64*64))
}

// Parts is the number of partial results that the first stage of a reduction
// over N, H and W leaves for each channel.
func (m Map) Parts() int { return CeilDiv(m.units(), m.Chunk()) }
