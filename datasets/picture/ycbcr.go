package picture

import "image"

// ycbcrToRGB converts the way libjpeg and libwebp do, so that pixels agree to a few levels with
// what other tools see: chroma is interpolated (image.YCbCr repeats it, up to 17 levels off on
// photographs), and video means the studio range of WebP, which image.YCbCr does not know
// (golang/go#40173).
func ycbcrToRGB(m *image.YCbCr, video bool) Picture {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	p := New(w, h, 3)
	cb, cr := make([]int32, w), make([]int32, w)
	for y := range h {
		chromaRow(cb, m, m.Cb, y, video)
		chromaRow(cr, m, m.Cr, y, video)
		at := m.YOffset(m.Rect.Min.X, m.Rect.Min.Y+y)
		row := p.Pixels[3*w*y:]
		for x, luma := range m.Y[at : at+w] {
			row[3*x], row[3*x+1], row[3*x+2] = toRGB(int32(luma), cb[x], cr[x], video)
		}
	}
	return p
}

// toRGB applies ITU-R BT.601: in libjpeg's 16-bit fixed point, or for video in libwebp's, which
// drops 8 bits of each product and keeps 6.
func toRGB(y, cb, cr int32, video bool) (r, g, b byte) {
	if video {
		luma := y * 19077 >> 8
		return clamp8((luma + cr*26149>>8 - 14234) >> 6), clamp8((luma - cb*6419>>8 - cr*13320>>8 + 8708) >> 6),
			clamp8((luma + cb*33050>>8 - 17685) >> 6)
	}
	cb, cr = cb-128, cr-128
	luma := y<<16 + 1<<15
	return clamp8((luma + 91881*cr) >> 16), clamp8((luma - 22554*cb - 46802*cr) >> 16), clamp8((luma + 116130*cb) >> 16)
}

func clamp8(v int32) byte { return byte(max(0, min(255, v))) }

// chromaRow fills dst with the chroma of pixel row y. Halved chroma is between two luma samples and
// weighted 3:1 by distance, with repeated edges; other subsamplings are repeated. The rounding
// alternates, as in libjpeg.
func chromaRow(dst []int32, m *image.YCbCr, plane []byte, y int, video bool) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	halfX := m.SubsampleRatio == image.YCbCrSubsampleRatio420 || m.SubsampleRatio == image.YCbCrSubsampleRatio422
	halfY := m.SubsampleRatio == image.YCbCrSubsampleRatio420 || m.SubsampleRatio == image.YCbCrSubsampleRatio440
	if !halfX && !halfY || m.Rect.Min != (image.Point{}) {
		for x := range dst {
			dst[x] = int32(plane[m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)])
		}
		return
	}
	near, far := y, y // the chroma row that holds y, and the other neighbour
	if halfY {
		near = y / 2
		far = max(0, min((h+1)/2-1, near-1+y%2*2))
	}
	a, b := plane[near*m.CStride:], plane[far*m.CStride:]
	if !halfX {
		for x := range dst {
			dst[x] = (3*int32(a[x]) + int32(b[x]) + 1 + int32(y&1)) >> 2
		}
		return
	}
	even, odd := int32(8), int32(7) // rounding, in sixteenths
	switch {
	case video:
		odd = 8
	case !halfY:
		even, odd = 4, 8
	}
	last := (w+1)/2 - 1
	column := func(i int) int32 { return 3*int32(a[i]) + int32(b[i]) } // in quarters
	left, here := column(0), column(0)
	for i := 0; i <= last; i++ {
		right := column(min(i+1, last))
		dst[2*i] = (3*here + left + even) >> 4
		if 2*i+1 < w {
			dst[2*i+1] = (3*here + right + odd) >> 4
		}
		left, here = here, right
	}
}
