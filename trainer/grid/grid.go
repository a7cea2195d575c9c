// Package grid draws sample grids: what the generator makes of fixed source images, with the target
// images nearest to it, so that a person can see whether it learned the target's look or copies its
// images.
package grid

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/grid"

// Row is one row of images of a grid.
type Row struct {
	Caption  string // drawn at the left
	Width    int
	Height   int
	Channels int    // 1 grey, 3 RGB; of more, the first three are shown
	Pixels   []byte // image after image, row by row, channels interleaved
}

// Channel is the row of a single channel of the images, in grey.
func (row Row) Channel(c int, caption string) Row {
	one := Row{Caption: caption, Width: row.Width, Height: row.Height, Channels: 1}
	for at := c; at < len(row.Pixels); at += row.Channels {
		one.Pixels = append(one.Pixels, row.Pixels[at])
	}
	return one
}

const (
	columns = 16
	gap     = 1 // between images, in the grid's pixels
	margin  = 4
)

var (
	paper = color.RGBA{R: 24, G: 24, B: 24, A: 255}
	ink   = color.RGBA{R: 230, G: 230, B: 230, A: 255}
)

// Draw puts the rows below each other, each pixel scale × scale, with at most 16 images per row;
// further images go into bands below. All rows hold equally many images of the same size.
func Draw(rows []Row, scale int) (image.Image, error) {
	count, err := check(rows, scale)
	if err != nil {
		return nil, err
	}
	face := basicfont.Face7x13
	left := 0
	for _, row := range rows {
		left = max(left, font.MeasureString(face, row.Caption).Ceil())
	}
	left += 2 * margin
	cellW, cellH := rows[0].Width*scale+gap, max(rows[0].Height*scale, face.Height)+gap
	bands := (count + columns - 1) / columns
	bandH := len(rows)*cellH + margin
	grid := image.NewRGBA(image.Rect(0, 0, left+min(count, columns)*cellW-gap+margin, margin+bands*bandH))
	draw.Draw(grid, grid.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for r, row := range rows {
		for i := range count {
			x, y := left+i%columns*cellW, margin+i/columns*bandH+r*cellH
			if i%columns == 0 {
				baseline := y + (cellH-gap+face.Ascent-face.Descent)/2
				label := font.Drawer{Dst: grid, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(margin, baseline)}
				label.DrawString(row.Caption)
			}
			row.paint(grid, x, y, i, scale)
		}
	}
	return grid, nil
}

// paint draws image i with its top left corner at x, y.
func (row Row) paint(grid *image.RGBA, x, y, i, scale int) {
	size := row.Width * row.Height * row.Channels
	pixels := row.Pixels[i*size : (i+1)*size]
	for v := range row.Height * scale {
		line := grid.Pix[grid.PixOffset(x, y+v):]
		for u := range row.Width * scale {
			p := pixels[(v/scale*row.Width+u/scale)*row.Channels:]
			c := [3]byte{p[0], p[0], p[0]}
			if row.Channels >= 3 {
				copy(c[1:], p[1:3])
			}
			copy(line[4*u:], c[:])
		}
	}
}

// check returns how many images each row holds.
func check(rows []Row, scale int) (int, error) {
	if len(rows) == 0 || scale < 1 {
		return 0, origin.Errorf("%d rows at scale %d; both have to be at least 1", len(rows), scale)
	}
	first, count := rows[0], 0
	for i, row := range rows {
		size := row.Width * row.Height * row.Channels
		if row.Width < 1 || row.Height < 1 || row.Channels < 1 || len(row.Pixels)%size != 0 || len(row.Pixels) == 0 {
			return 0, origin.Errorf("row %q: %d bytes do not hold images of %d×%d with %d channels",
				row.Caption, len(row.Pixels), row.Width, row.Height, row.Channels)
		}
		n := len(row.Pixels) / size
		if i == 0 {
			count = n
		}
		if n != count || row.Width != first.Width || row.Height != first.Height {
			return 0, origin.Errorf("row %q holds %d images of %d×%d, row %q %d of %d×%d",
				row.Caption, n, row.Width, row.Height, first.Caption, count, first.Width, first.Height)
		}
	}
	return count, nil
}

// Pixels converts images from the network's form, [n, channels, height, width] with values in [-1,
// 1], to bytes with interleaved channels. Values out of range are clipped; NaN becomes black.
func Pixels(nchw []float32, channels, height, width int) []byte {
	area := height * width
	pixels := make([]byte, len(nchw))
	for i := range pixels {
		n, rest := i/(area*channels), i%(area*channels)
		at, c := rest/channels, rest%channels
		v := (nchw[(n*channels+c)*area+at] + 1) * 127.5
		if v > 0 { // also excludes NaN
			pixels[i] = byte(math.Round(float64(min(v, 255))))
		}
	}
	return pixels
}

// Pick copies images of size bytes each out of a set, for example for the row of nearest targets.
func Pick(images []byte, size int, indices []int) []byte {
	picked := make([]byte, 0, len(indices)*size)
	for _, i := range indices {
		picked = append(picked, images[i*size:(i+1)*size]...)
	}
	return picked
}
