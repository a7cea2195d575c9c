package kernels_test

import (
	"fmt"
	"math"
	"math/bits"
	"testing"

	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
)

// key is what a draw depends on besides its counter.
type key struct{ seedLo, seedHi, step, stream uint32 }

// uniform is the Step buffer of a key.
func (k key) uniform() []uint32 { return []uint32{k.seedLo, k.seedHi, k.step, 0, 0, 0, 0, 0} }

// draw is random.wgsl in Go.
func (k key) draw(counter uint32) [4]uint32 {
	x, y, z, w := k.seedLo, k.seedHi^k.stream*2654435769, k.step, counter
	x, y, z, w = x*1664525+1013904223, y*1664525+1013904223, z*1664525+1013904223, w*1664525+1013904223
	mix := func() {
		x += y * w
		y += z * x
		z += x * y
		w += y * z
	}
	mix()
	x, y, z, w = x^x>>16, y^y>>16, z^z>>16, w^w>>16
	mix()
	return [4]uint32{x, y, z, w}
}

// uniform01 is the number in (0, 1) that 32 bits stand for; float32 holds it exactly.
func uniform01(b uint32) float64 { return (float64(b>>9) + 0.5) / (1 << 23) }

func normal4(b [4]uint32) [4]float64 {
	var z [4]float64
	for i := range 2 {
		r, a := math.Sqrt(-2*math.Log(uniform01(b[i]))), 2*math.Pi*uniform01(b[i+2])-math.Pi
		z[i], z[i+2] = r*math.Cos(a), r*math.Sin(a)
	}
	return z
}

var keys = []key{{}, {1, 2, 3, 4}, {0xdeadbeef, 0x12345678, 499999, 17}, {7, 0, 0, 0}, {7, 0, 1, 0}, {7, 0, 0, 1}}

func TestFillUniform(t *testing.T) {
	for _, k := range keys {
		for _, n := range []int{1, 10, 5000} {
			y := make([]float32, n)
			kerneltest.Run(t, kerneltest.Tensors{"step": k.uniform(), "y": y}, kernels.FillUniform(n, k.stream))
			for i, v := range y {
				if want := 2*uniform01(k.draw(uint32(i / 4))[i%4]) - 1; float64(v) != want {
					t.Fatalf("%v: [%d] = %v, want %v, exactly", k, i, v, want)
				}
			}
		}
	}
}

// TestFoldedGrid fills more than a row of 65,535 workgroups can.
func TestFoldedGrid(t *testing.T) {
	const n = 65535*256 + 1000
	k := key{seedLo: 1, stream: 2}
	kernel := kernels.FillUniform(n, k.stream)
	if kernel.Workgroups[1] < 2 {
		t.Fatalf("%v workgroups do not fold", kernel.Workgroups)
	}
	y := make([]float32, n)
	kerneltest.Run(t, kerneltest.Tensors{"step": k.uniform(), "y": y}, kernel)
	for i := 0; i < n; i += 101 {
		if want := 2*uniform01(k.draw(uint32(i / 4))[i%4]) - 1; float64(y[i]) != want {
			t.Fatalf("[%d] = %v, want %v", i, y[i], want)
		}
	}
}

func TestFillNormal(t *testing.T) {
	for _, k := range keys {
		const n = 5003
		y, want := make([]float32, n), make([]float64, n)
		for i := range want {
			want[i] = 0.5 * normal4(k.draw(uint32(i / 4)))[i%4]
		}
		kerneltest.Run(t, kerneltest.Tensors{"step": k.uniform(), "y": y}, kernels.FillNormal(n, 0.5, k.stream))
		// Vulkan lets sine and cosine be off by 2^-11 and the log by 2^-21, which
		// the root raises to 2^-10 where the radius is almost 0.
		kerneltest.Near(t, fmt.Sprint(k), y, want, 1.0/(1<<11), 1.0/(1<<9))
	}
}

// The bits behind the kernels' numbers, checked above to equal the device's,
// are tested for what training needs: an even distribution of every word's
// highest and lowest bits in use (of 23: pcg4d's lowest few show a pattern), and
// no correlation between neighbouring elements, the words of a draw, steps,
// streams or seeds. The bounds are 5 standard deviations.
func TestRandomBits(t *testing.T) {
	const n = 1 << 16
	for _, k := range keys {
		for word := range 4 {
			var high, low [256]float64
			for c := range uint32(n) {
				b := k.draw(c)[word]
				high[b>>24]++
				low[b>>9&255]++
			}
			for what, counts := range map[string][256]float64{"high": high, "low": low} {
				var chi2 float64
				for _, c := range counts {
					chi2 += (c - n/256) * (c - n/256) / (n / 256)
				}
				if z := (chi2 - 255) / math.Sqrt(2*255); math.Abs(z) > 5 {
					t.Errorf("%v: %s byte of word %d: χ² = %.0f of 255 degrees of freedom", k, what, word, chi2)
				}
			}
		}
	}
	shifted := map[string]func(k key, c uint32) (key, uint32){
		"next element":  func(k key, c uint32) (key, uint32) { return k, c + 1 },
		"16th element":  func(k key, c uint32) (key, uint32) { return k, c + 16 },
		"1024th":        func(k key, c uint32) (key, uint32) { return k, c + 1024 },
		"next step":     func(k key, c uint32) (key, uint32) { k.step++; return k, c },
		"step after":    func(k key, c uint32) (key, uint32) { k.step += 2; return k, c },
		"next stream":   func(k key, c uint32) (key, uint32) { k.stream++; return k, c },
		"stream + 16":   func(k key, c uint32) (key, uint32) { k.stream += 16; return k, c },
		"next seed":     func(k key, c uint32) (key, uint32) { k.seedLo++; return k, c },
		"next seed, hi": func(k key, c uint32) (key, uint32) { k.seedHi++; return k, c },
	}
	for what, shift := range shifted {
		for _, k := range keys {
			for a := range 4 {
				for b := range 4 {
					var product float64
					var equal int
					for c := range uint32(n) {
						u := k.draw(c)[a]
						k2, c2 := shift(k, c)
						v := k2.draw(c2)[b]
						product += (uniform01(u) - 0.5) * (uniform01(v) - 0.5) * 12
						equal += bits.OnesCount32(^(u ^ v) >> 9)
					}
					if z := product / math.Sqrt(n); math.Abs(z) > 5 {
						t.Errorf("%v: words %d and %d of %s: correlation %.4f", k, a, b, what, z/math.Sqrt(n))
					}
					if z := (float64(equal) - 11.5*n) / math.Sqrt(23.0/4*n); math.Abs(z) > 5 {
						t.Errorf("%v: words %d and %d of %s: %.5f of the bits agree", k, a, b, what,
							float64(equal)/(23*n))
					}
				}
			}
		}
	}
}

// TestNormalMoments draws a million kerneltest.Normals on the device: moments to the
// fourth and the distribution over 64 cells of equal probability.
func TestNormalMoments(t *testing.T) {
	const n = 1 << 20
	k := key{seedLo: 42, step: 1000, stream: 3}
	y := make([]float32, n)
	kerneltest.Run(t, kerneltest.Tensors{"step": k.uniform(), "y": y}, kernels.FillNormal(n, 1, k.stream))
	var m [5]float64
	var cells [64]float64
	for _, v := range y {
		p := 1.0
		for i := range m {
			m[i] += p / n
			p *= float64(v)
		}
		cells[int(64*0.5*math.Erfc(-float64(v)/math.Sqrt2))]++
	}
	// The variance of the mean of z^i is (E z^2i − (E z^i)²) / n.
	for i, want := range map[int]struct{ mean, variance float64 }{1: {0, 1}, 2: {1, 2}, 3: {0, 15}, 4: {3, 96}} {
		if z := (m[i] - want.mean) / math.Sqrt(want.variance/n); math.Abs(z) > 5 {
			t.Errorf("moment %d is %.5f, want %g: %.1f standard deviations", i, m[i], want.mean, z)
		}
	}
	var chi2 float64
	for _, c := range cells {
		chi2 += (c - n/64) * (c - n/64) / (n / 64)
	}
	if z := (chi2 - 63) / math.Sqrt(2*63); math.Abs(z) > 5 {
		t.Errorf("χ² = %.0f of 63 degrees of freedom", chi2)
	}
}

func TestDropoutNoise(t *testing.T) {
	for _, c := range []struct{ keep, std float64 }{{0.9, 0.2}, {0.35, 0.2}, {0.5, 0}, {1, 0.2}, {1, 0}} {
		for _, n := range []int{3, 8192 + 5} {
			k := key{seedLo: 5, seedHi: 6, step: 7, stream: 8}
			d := kernels.Dropout{Keep: c.keep, Std: c.std, Stream: k.stream}
			x, y, dy, dx := kerneltest.Normals(1, n), make([]float32, n), kerneltest.Normals(2, n), make([]float32, n)
			data := kerneltest.Tensors{"x": x, "y": y, "dy": dy, "dx": dx}
			if c.keep < 1 || c.std > 0 {
				data["step"] = k.uniform()
			}
			passes := []kernels.Kernel{kernels.DropoutNoise(n, d)}
			if c.keep < 1 {
				passes = append(passes, kernels.DropoutNoiseGrad(n, d))
			} else {
				delete(data, "dy")
				delete(data, "dx")
			}
			kerneltest.Run(t, data, passes...)
			wantY, wantDX, kept := make([]float64, n), make([]float64, n), 0
			for i := range x {
				counter := uint32(i / 4)
				if uniform01(k.draw(2 * counter)[i%4]) < float64(float32(c.keep)) {
					wantY[i], wantDX[i] = float64(x[i])/c.keep, float64(dy[i])/c.keep
					kept++
				}
				wantY[i] += c.std * normal4(k.draw(2*counter + 1))[i%4]
			}
			what := fmt.Sprintf("keep %g std %g n %d", c.keep, c.std, n)
			// As for the kerneltest.Normals, and a rounding of 1 / keep.
			kerneltest.Near(t, what+": y", y, wantY, 4*kerneltest.HalfULP, c.std*(1.0/(1<<9)+4.0/(1<<11)))
			if c.keep < 1 {
				kerneltest.Near(t, what+": dx", dx, wantDX, 4*kerneltest.HalfULP, 0)
			}
			if z := (float64(kept) - c.keep*float64(n)) / math.Sqrt(c.keep*(1-c.keep)*float64(n)); n > 1000 &&
				c.keep < 1 && math.Abs(z) > 5 {
				t.Errorf("%s: %d kept", what, kept)
			}
		}
	}
}
