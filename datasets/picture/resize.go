package picture

// tap weights the input samples that make up one output sample; the weights are integers that add
// up to the axis's denominator.
type tap struct {
	from    int
	weights []uint64
}

// axis maps n input samples to m outputs and returns the taps with their denominator: the mean over
// the covered interval where it shrinks, linear interpolation between sample centres with repeated
// edges where it grows.
func axis(n, m int) ([]tap, uint64) {
	taps := make([]tap, m)
	for o := range taps {
		if m <= n {
			// Output o covers [o·n, (o+1)·n) in units of 1/m of an input sample.
			from, to := o*n, (o+1)*n
			first, last := from/m, (to-1)/m
			t := tap{from: first, weights: make([]uint64, last-first+1)}
			for i := first; i <= last; i++ {
				t.weights[i-first] = uint64(min(to, (i+1)*m) - max(from, i*m))
			}
			taps[o] = t
			continue
		}
		// The centre of output o is at ((2o+1)·n - m) / 2m input samples.
		at := min(max((2*o+1)*n-m, 0), 2*m*(n-1))
		first, rest := at/(2*m), uint64(at%(2*m))
		taps[o] = tap{from: first, weights: []uint64{uint64(2*m) - rest, rest}}
		if rest == 0 {
			taps[o].weights = taps[o].weights[:1]
		}
	}
	if m <= n {
		return taps, uint64(n)
	}
	return taps, uint64(2 * m)
}

// Resize scales to width × height without regard to the aspect ratio. Depth is that of the nearest
// pixel, since a mean would be between object and background. All sums are exact and rounded once,
// so every machine computes the same pixels, an unchanged size changes nothing and a flat image
// stays flat.
func (p Picture) Resize(width, height int) Picture {
	if width == p.Width && height == p.Height {
		return p
	}
	across, dx := axis(p.Width, width)
	down, dy := axis(p.Height, height)
	q := New(width, height, p.Channels)
	n := width * p.Channels
	var rows [2]struct { // the last two input rows, resized horizontally
		y    int
		sums []uint64
	}
	for i := range rows {
		rows[i].y, rows[i].sums = -1, make([]uint64, n)
	}
	sums := make([]uint64, n)
	for o, t := range down {
		clear(sums)
		for k, weight := range t.weights {
			y := t.from + k
			row := &rows[y&1]
			if row.y != y {
				row.y = y
				p.resizeRow(row.sums, y, across)
			}
			for i, v := range row.sums {
				sums[i] += weight * v
			}
		}
		for i, v := range sums {
			q.Pixels[o*n+i] = byte((v + dx*dy/2) / (dx * dy))
		}
	}
	if p.Channels == RGBD {
		for y := range height {
			for x := range width {
				near := (2*y+1)*p.Height/(2*height)*p.Width + (2*x+1)*p.Width/(2*width)
				q.Pixels[(y*width+x)*RGBD+3] = p.Pixels[near*RGBD+3]
			}
		}
	}
	return q
}

func (p Picture) resizeRow(dst []uint64, y int, taps []tap) {
	row := p.Pixels[y*p.Width*p.Channels : (y+1)*p.Width*p.Channels]
	for o, t := range taps {
		for c := range p.Channels {
			sum := uint64(0)
			for k, weight := range t.weights {
				sum += weight * uint64(row[(t.from+k)*p.Channels+c])
			}
			dst[o*p.Channels+c] = sum
		}
	}
}
