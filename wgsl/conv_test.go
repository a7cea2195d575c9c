package wgsl_test

import (
	"fmt"
	"math"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/wgsl"
)

// convShapes are awkward: odd sizes, channels that fill no tile, one image,
// one channel, strides over odd and even sizes, and the models' own layers.
var convShapes = []wgsl.Conv{
	wgsl.SameConv(2, 4, 8, 8, 16, 3, 1),
	wgsl.SameConv(3, 5, 7, 7, 6, 3, 1),
	wgsl.SameConv(1, 1, 28, 28, 10, 5, 1),
	wgsl.SameConv(2, 3, 16, 12, 33, 5, 1),
	wgsl.SameConv(2, 64, 8, 8, 64, 3, 1),
	wgsl.SameConv(4, 10, 9, 5, 3, 1, 1),
	wgsl.SameConv(2, 16, 16, 16, 20, 3, 2),
	wgsl.SameConv(3, 7, 7, 7, 9, 3, 2),
	wgsl.SameConv(2, 3, 14, 10, 8, 5, 2),
	wgsl.SameConv(5, 6, 5, 3, 4, 3, 2),
	wgsl.SameConv(2, 200, 4, 4, 70, 3, 2),
}

// refConv is the definition: y[n,o,p] = Σ_i Σ_t x[n,i,p·s+t−pad]·w[o,i,t].
func refConv(c wgsl.Conv, x, w []float32) []float64 {
	y := make([]float64, c.N*c.OutC*c.OutH*c.OutW)
	eachTap(c, func(y_, x_, w_ int) { y[y_] += float64(x[x_]) * float64(w[w_]) })
	return y
}

// refDataGrad and refWeightGrad are the transposes of the definition.
func refDataGrad(c wgsl.Conv, dy, w []float32) []float64 {
	dx := make([]float64, c.N*c.InC*c.InH*c.InW)
	eachTap(c, func(y_, x_, w_ int) { dx[x_] += float64(dy[y_]) * float64(w[w_]) })
	return dx
}

func refWeightGrad(c wgsl.Conv, x, dy []float32) []float64 {
	dw := make([]float64, c.OutC*c.InC*c.KernelH*c.KernelW)
	eachTap(c, func(y_, x_, w_ int) { dw[w_] += float64(dy[y_]) * float64(x[x_]) })
	return dw
}

// eachTap visits the index triples (of y, x and w) that the forward pass multiplies.
func eachTap(c wgsl.Conv, visit func(y, x, w int)) {
	for n := range c.N {
		for o := range c.OutC {
			for i := range c.InC {
				for py := range c.OutH {
					for px := range c.OutW {
						for ky := range c.KernelH {
							for kx := range c.KernelW {
								iy, ix := py*c.Stride+ky-c.PadY, px*c.Stride+kx-c.PadX
								if iy >= 0 && iy < c.InH && ix >= 0 && ix < c.InW {
									visit(((n*c.OutC+o)*c.OutH+py)*c.OutW+px, ((n*c.InC+i)*c.InH+iy)*c.InW+ix, ((o*c.InC+i)*c.KernelH+ky)*c.KernelW+kx)
								}
							}
						}
					}
				}
			}
		}
	}
}

func operandsOf(c wgsl.Conv) (x, w, dy []float32) {
	return normals(1, c.N*c.InC*c.InH*c.InW), normals(2, c.OutC*c.InC*c.KernelH*c.KernelW), normals(3, c.N*c.OutC*c.OutH*c.OutW)
}

func TestSamePadding(t *testing.T) {
	for _, c := range []struct{ size, kernel, stride, before, out int }{
		{32, 3, 2, 0, 16}, {28, 3, 2, 0, 14}, {8, 3, 2, 0, 4}, {7, 3, 2, 1, 4}, {5, 3, 2, 1, 3}, {32, 3, 1, 1, 32}, {32, 5, 1, 2, 32}, {9, 1, 1, 0, 9},
	} {
		s := wgsl.SameConv(1, 1, c.size, c.size, 1, c.kernel, c.stride)
		if s.PadY != c.before || s.OutH != c.out {
			t.Errorf("%d, kernel %d, stride %d: %d rows before, %d out; want %d and %d", c.size, c.kernel, c.stride, s.PadY, s.OutH, c.before, c.out)
		}
	}
}

func TestConvForward(t *testing.T) {
	for _, c := range convShapes {
		x, w, _ := operandsOf(c)
		want := refConv(c, x, w)
		for _, p := range c.Plans(wgsl.Epilogue{}) {
			t.Run(name(p, c), func(t *testing.T) {
				got := runPlan(t, p, map[string][]float32{"x": x, "w": w, "y": make([]float32, len(want))}, "y")
				closeToSums(t, "y", got, want, c.InC*c.KernelH*c.KernelW)
			})
		}
	}
}

func TestConvDataGrad(t *testing.T) {
	for _, c := range convShapes {
		_, w, dy := operandsOf(c)
		want := refDataGrad(c, dy, w)
		for _, p := range c.DataGrad().Plans(wgsl.Epilogue{}) {
			t.Run(name(p, c), func(t *testing.T) {
				got := runPlan(t, p, map[string][]float32{"x": dy, "w": w, "y": normals(9, len(want))}, "y")
				closeToSums(t, "dx", got, want, c.OutC*c.KernelH*c.KernelW)
			})
		}
	}
}

func TestConvWeightGrad(t *testing.T) {
	for _, c := range convShapes {
		x, _, dy := operandsOf(c)
		want := refWeightGrad(c, x, dy)
		for _, p := range c.WeightGradPlans() {
			t.Run(name(p, c), func(t *testing.T) {
				got := runPlan(t, p, map[string][]float32{"x": x, "dy": dy, "dw": make([]float32, len(want))}, "dw")
				closeToSums(t, "dw", got, want, c.N*c.OutH*c.OutW)
			})
		}
	}
}

func TestConvEpilogue(t *testing.T) {
	c := wgsl.SameConv(2, 3, 6, 6, 5, 3, 1)
	x, w, _ := operandsOf(c)
	bias := normals(4, c.OutC)
	for e, f := range map[wgsl.Epilogue]func(float64) float64{
		{Bias: true}:                           func(v float64) float64 { return v },
		{Bias: true, Act: wgsl.ReLU}:           func(v float64) float64 { return max(v, 0) },
		{Bias: true, Act: wgsl.LeakyReLU(0.2)}: func(v float64) float64 { return max(v, 0.2*v) },
		{Bias: true, Act: wgsl.Tanh}:           math.Tanh,
	} {
		want := refConv(c, x, w)
		for i := range want {
			want[i] = f(want[i] + float64(bias[i/(c.OutH*c.OutW)%c.OutC]))
		}
		for _, p := range c.Plans(e) {
			got := runPlan(t, p, map[string][]float32{"x": x, "w": w, "bias": bias, "y": make([]float32, len(want))}, "y")
			closeToSums(t, fmt.Sprint(p.Name, e), got, want, c.InC*9)
		}
	}
}

// BenchmarkConv times every plan of the models' layers, batch 32, and reports
// the arithmetic rate of the direct algorithm.
func BenchmarkConv(b *testing.B) {
	for _, c := range []wgsl.Conv{
		wgsl.SameConv(32, 64, 32, 32, 64, 3, 1),
		wgsl.SameConv(32, 16, 32, 32, 16, 3, 1),
		wgsl.SameConv(32, 4, 32, 32, 64, 3, 1),
		wgsl.SameConv(32, 64, 32, 32, 3, 1, 1),
		wgsl.SameConv(32, 64, 32, 32, 128, 3, 2),
		wgsl.SameConv(32, 256, 8, 8, 512, 3, 2),
		wgsl.SameConv(32, 3, 32, 32, 32, 5, 1),
		wgsl.SameConv(32, 32, 16, 16, 48, 5, 1),
	} {
		x, w, y := c.N*c.InC*c.InH*c.InW, c.OutC*c.InC*c.KernelH*c.KernelW, c.N*c.OutC*c.OutH*c.OutW
		for _, p := range c.Plans(wgsl.Epilogue{}) {
			benchPlan(b, "forward/"+name(p, c), p, map[string]int{"x": x, "w": w, "y": y}, c.FLOPs())
		}
		for _, p := range c.DataGrad().Plans(wgsl.Epilogue{}) {
			benchPlan(b, "data/"+name(p, c), p, map[string]int{"x": y, "w": w, "y": x}, c.FLOPs())
		}
		for _, p := range c.WeightGradPlans() {
			benchPlan(b, "weight/"+name(p, c), p, map[string]int{"x": x, "dy": y, "dw": w}, c.FLOPs())
		}
	}
}

func benchPlan(b *testing.B, title string, p wgsl.Plan, sizes map[string]int, flops float64) {
	b.Run(title, func(b *testing.B) {
		s, err := gputest.Device(b).Load(program(p, sizes))
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		for name, n := range sizes {
			if err := s.Write(name, 0, gpu.Bytes(normals(5, n))); err != nil {
				b.Fatal(err)
			}
		}
		run := func() {
			if err := s.Run("test"); err != nil {
				b.Fatal(err)
			}
			if err := s.Wait(); err != nil {
				b.Fatal(err)
			}
		}
		run() // drivers compile at the first dispatch
		b.ResetTimer()
		for range b.N {
			run()
		}
		b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	})
}
