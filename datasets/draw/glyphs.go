package draw

import (
	"fmt"
	"strconv"
	"strings"

	"pixelda-wgpu/datasets/random"
)

// point is a place in a glyph's unit box, y downwards, or on the canvas.
type point struct{ x, y float64 }

// stroke is one movement of the pen: points on a smooth curve, some of them corners where the
// direction changes abruptly.
type stroke struct {
	points  []point
	corners []bool
}

// glyph is one way to write a digit, weighted by how common it is.
type glyph struct {
	weight  float64
	strokes []stroke
}

// glyphs holds the ways to write each digit. A stroke is a list of "x,y" in
// hundredths of the box; "!" marks a corner, "/" lifts the pen.
var glyphs = [10][]glyph{
	{ // 0: round, narrow, begun on the right, overshooting, as a spiral
		pen(4, "55,3 25,10 8,45 20,88 50,98 80,85 92,48 78,12 52,3"),
		pen(3, "60,2 35,8 22,40 28,85 50,98 70,88 78,50 72,15 48,4"),
		pen(2, "75,12 45,2 15,25 8,60 28,95 62,95 88,65 85,25 62,6 40,10"),
		pen(1, "40,12 18,35 12,70 38,98 75,88 90,50 76,12 50,4 34,14"),
		pen(1, "68,8 40,0 14,20 8,62 30,96 65,96 90,68 88,28 70,6 48,14 44,22"),
	},
	{ // 1: bare, with flag, with flag and foot, with foot
		pen(6, "50,2 50,35 50,65 50,98"),
		pen(3, "30,22 42,14 54,2! 53,40 52,98"),
		pen(1.2, "28,25 42,14 54,2! 54,40 53,96 / 22,97 50,96 82,96"),
		pen(.6, "50,2 50,50 50,96 / 25,97 50,96 78,97"),
		pen(1.2, "46,2 52,30 50,66 54,98"),
	},
	{ // 2: with base, looped, rounded into the base, angular
		pen(4, "14,24 30,6 60,2 82,20 76,46 48,72 10,96! 40,93 92,95"),
		pen(3, "12,22 34,4 66,6 80,28 66,58 36,86 14,92 10,80 26,74 48,88 70,98 92,88"),
		pen(2, "16,18 42,2 74,10 76,38 52,66 22,90 42,92 66,97 90,88"),
		pen(1, "14,12 48,3 82,10 78,30 45,62 12,95! 50,96 90,94"),
		pen(1.5, "10,30 24,8 54,2 72,18 68,44 46,70 16,88 8,98 24,92 46,90 72,98 94,92"),
	},
	{ // 3: two bowls, pointed or looped middle, flat top
		pen(4, "16,14 42,2 74,10 76,32 42,46! 80,58 86,80 54,98 14,88"),
		pen(3, "18,12 48,2 76,16 66,38 46,47 72,54 84,74 64,95 34,97 12,84"),
		pen(1.3, "16,6 50,5 82,5! 64,24 44,42! 78,54 84,80 52,98 14,88"),
		pen(1.5, "18,16 46,2 74,14 66,36 46,46 38,42 50,40 76,56 82,80 50,98 16,90"),
		pen(1, "22,8 54,3 74,18 58,38 36,44! 70,50 78,72 58,92 26,98 8,90"),
	},
	{ // 4: open, closed, in one stroke, sharp
		pen(4, "26,4 20,28 12,54 40,56 88,52 / 76,6 72,50 66,98"),
		pen(3, "60,2 34,30 8,62! 50,63 94,60 / 66,4 64,50 62,98"),
		pen(2, "22,4 18,34 24,54 52,56 76,44 84,6! 78,50 70,98"),
		pen(1.5, "30,2 20,30 14,52! 50,54 82,50 / 80,20 72,56 62,98"),
		pen(1, "70,4 40,30 10,56 30,60 62,54 74,30 72,4! 70,50 64,98"),
	},
	{ // 5: stem, bowl, and a bar drawn first, last or in one go
		pen(4, "82,4 50,5 26,6! 22,26 18,44! 50,38 82,54 82,82 50,98 12,88"),
		pen(3, "28,8 22,40! 54,38 80,58 74,86 42,98 12,86 / 28,8 58,8 88,3"),
		pen(2, "86,6 58,4 34,12 24,32 44,46 68,60 72,82 46,98 14,90"),
		pen(1, "80,3 48,5 28,10! 18,46 46,42 70,52 72,76 50,94 24,96 10,86"),
		pen(1, "30,4 26,24 24,42 52,44 76,60 70,88 40,98 12,90 / 32,5 62,8 90,6"),
	},
	{ // 6: long or short stem, large or small loop
		pen(4, "66,2 36,22 16,56 20,88 50,98 78,84 76,62 48,54 22,70"),
		pen(3, "54,2 28,34 16,72 36,97 68,92 80,70 60,56 34,64 20,80"),
		pen(1.5, "78,6 46,10 20,40 14,76 40,98 76,88 84,62 56,48 26,60"),
		pen(1.5, "46,2 34,36 28,74 42,97 64,90 68,68 52,60 34,74 30,86"),
		pen(1, "70,4 34,14 12,50 20,90 58,98 86,74 70,50 38,54 26,76 44,80"),
	},
	{ // 7: plain, barred, with hook, curved
		pen(5, "10,8 46,8 88,5! 66,40 40,98"),
		pen(1.8, "10,10 46,8 88,5! 66,40 42,98 / 34,52 58,50 84,48"),
		pen(1.6, "12,26 12,8! 50,9 88,5! 62,46 46,98"),
		pen(2, "8,14 30,4 60,10 90,6 78,30 56,60 50,98"),
		pen(1, "10,12 36,4 84,8! 82,40 74,70 66,98"),
	},
	{ // 8: one crossing stroke, two loops, open at the top
		pen(4, "74,14 48,2 24,14 32,36 62,56 78,78 52,98 24,84 36,58 66,38 78,16"),
		pen(2, "52,46 26,32 30,8 56,2 76,18 66,40 44,50 22,70 32,95 62,98 80,78 70,56 46,48"),
		pen(1.5, "50,2 30,10 30,34 52,46 72,34 72,12 48,2 / 50,46 24,60 22,86 50,98 78,86 76,60 48,47"),
		pen(2, "80,8 50,4 22,18 36,40 66,56 74,82 46,98 22,82 40,56 64,38 84,14"),
		pen(1, "78,20 60,4 34,8 30,30 56,48 68,70 54,96 32,90 34,68 54,46 70,28 70,10"),
	},
	{ // 9: straight stem, curved stem, hooked, open
		pen(4, "78,20 52,4 22,18 18,42 44,52 72,38 80,12! 76,54 68,98"),
		pen(3, "76,26 54,3 24,14 18,40 42,54 70,40 78,20 80,50 68,82 36,98 16,92"),
		pen(2, "66,6 34,8 22,32 40,50 66,38 72,10 68,52 56,98"),
		pen(1.2, "70,14 40,4 18,26 32,50 62,44 80,8! 70,48 48,98"),
		pen(1, "82,8 50,2 20,22 26,48 58,46 80,20 82,8! 80,54 78,98"),
	},
}

// pen parses the strokes of a glyph.
func pen(weight float64, text string) glyph {
	g := glyph{weight: weight}
	for part := range strings.SplitSeq(text, "/") {
		var s stroke
		for field := range strings.FieldsSeq(part) {
			field, corner := strings.CutSuffix(field, "!")
			x, y, _ := strings.Cut(field, ",")
			px, errX := strconv.ParseFloat(x, 64)
			py, errY := strconv.ParseFloat(y, 64)
			if errX != nil || errY != nil {
				panic(fmt.Sprintf("datasets: glyph point %q", field)) // a typing error in the table above
			}
			s.points = append(s.points, point{px / 100, py / 100})
			s.corners = append(s.corners, corner)
		}
		g.strokes = append(g.strokes, s)
	}
	return g
}

// pick chooses a way to write the digit.
func pick(digit int, r *random.Source) *glyph {
	total := 0.0
	for i := range glyphs[digit] {
		total += glyphs[digit][i].weight
	}
	at := r.Float() * total
	for i := range glyphs[digit] {
		if at -= glyphs[digit][i].weight; at < 0 {
			return &glyphs[digit][i]
		}
	}
	return &glyphs[digit][0]
}
