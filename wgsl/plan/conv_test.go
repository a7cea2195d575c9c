package plan_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
	"pixelda-wgpu/wgsl/plan"
)

// The shapes have channels that fill no block or tile, more of them than one
// workgroup takes, and more patches too.
var (
	vectored = kernels.SameConv(33, 70, 8, 8, 17, 3, 1) // rows are read and written by vec4
	strided  = kernels.SameConv(5, 19, 8, 9, 70, 3, 2)  // padded after the rows, and around the columns
	odd      = kernels.SameConv(3, 5, 7, 7, 9, 3, 1)    // more output than input channels, and few of these
	tiny     = kernels.SameConv(1, 1, 4, 4, 3, 5, 1)    // one channel; the kernel reaches over the whole image
	head     = kernels.SameConv(1, 70, 4, 8, 2, 1, 1)   // a generator's head, with a weight gradient of one split
	sparse   = kernels.SameConv(2, 6, 5, 8, 3, 1, 2)    // data gradients of pixels that nobody saw are zero
	column   = kernels.SameConv(2, 4, 7, 1, 3, 3, 3)    // one column, and a stride that divides no tile

	convShapes = []kernels.Conv{vectored, strided, odd, tiny, head, sparse, column}
)

// Drivers compile an unrolled kernel for up to a second. So all plans run on one
// or two shapes, on the others one for each kind of adapter: that of the
// shortest code.
func few(t *testing.T, plans []plan.Plan) []plan.Plan {
	t.Helper()
	names(t, plans)
	length := func(p plan.Plan) (n int) {
		counted := map[string]bool{}
		for _, c := range p.Calls {
			if !counted[c.Kernel.Code()] {
				counted[c.Kernel.Code()] = true
				n += len(c.Kernel.Code())
			}
		}
		return n
	}
	shortest := map[bool]plan.Plan{}
	for _, p := range plans {
		if s, ok := shortest[p.Target.Software]; !ok || length(p) < length(s) {
			shortest[p.Target.Software] = p
		}
	}
	if len(shortest) == 0 {
		t.Error("no plans")
	}
	return slices.Collect(maps.Values(shortest))
}

// tiles adds to few the other CPU plans, but one of those that differ by the
// memory of the weights.
func tiles(t *testing.T, plans []plan.Plan) []plan.Plan {
	t.Helper()
	chosen := few(t, plans)
	seen := map[string]bool{}
	tile := func(p plan.Plan) string { return strings.TrimSuffix(p.Name, " uniform") }
	for _, p := range chosen {
		seen[tile(p)] = true
	}
	for _, p := range plans {
		if p.Target.Software && !seen[tile(p)] {
			seen[tile(p)] = true
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// refConv is the definition: y[n,o,p] = Σ_i Σ_t x[n,i,p·s+t−pad]·w[o,i,t].
func refConv(c kernels.Conv, x, w []float32) []float64 {
	y := make([]float64, c.N*c.OutC*c.OutH*c.OutW)
	eachTap(c, func(y_, x_, w_ int) { y[y_] += float64(x[x_]) * float64(w[w_]) })
	return y
}

// refEpilogue adds bias and residual, if there are, to the sums y and activates them, in
// place.
func refEpilogue(c kernels.Conv, e kernels.Epilogue, y []float64, bias, residual []float32) []float64 {
	for i := range y {
		if e.Bias {
			y[i] += float64(bias[i/(c.OutH*c.OutW)%c.OutC])
		}
		if e.Residual {
			y[i] += float64(residual[i])
		}
		y[i] = kerneltest.Acts[e.Act](y[i])
	}
	return y
}

// refDataGrad and refWeightGrad are the transposes of the definition.
func refDataGrad(c kernels.Conv, dy, w []float32) []float64 {
	dx := make([]float64, c.N*c.InC*c.InH*c.InW)
	eachTap(c, func(y_, x_, w_ int) { dx[x_] += float64(dy[y_]) * float64(w[w_]) })
	return dx
}

func refWeightGrad(c kernels.Conv, x, dy []float32) []float64 {
	dw := make([]float64, c.OutC*c.InC*c.KernelH*c.KernelW)
	eachTap(c, func(y_, x_, w_ int) { dw[w_] += float64(dy[y_]) * float64(x[x_]) })
	return dw
}

// eachTap visits the index triples (of y, x and w) that the forward pass multiplies.
func eachTap(c kernels.Conv, visit func(y, x, w int)) {
	for n := range c.N {
		for o := range c.OutC {
			for i := range c.InC {
				for py := range c.OutH {
					for px := range c.OutW {
						for ky := range c.KernelH {
							for kx := range c.KernelW {
								iy, ix := py*c.Stride+ky-c.PadY, px*c.Stride+kx-c.PadX
								if iy >= 0 && iy < c.InH && ix >= 0 && ix < c.InW {
									visit(((n*c.OutC+o)*c.OutH+py)*c.OutW+px, ((n*c.InC+i)*c.InH+iy)*c.InW+ix,
										((o*c.InC+i)*c.KernelH+ky)*c.KernelW+kx)
								}
							}
						}
					}
				}
			}
		}
	}
}

func operandsOf(c kernels.Conv) (x, w, dy []float32) {
	return kerneltest.Normals(1, c.N*c.InC*c.InH*c.InW), kerneltest.Normals(2, c.OutC*c.InC*c.KernelH*c.KernelW),
		kerneltest.Normals(3, c.N*c.OutC*c.OutH*c.OutW)
}

func TestSamePadding(t *testing.T) {
	for _, c := range []struct{ size, kernel, stride, before, out int }{
		{32, 3, 2, 0, 16}, {28, 3, 2, 0, 14}, {8, 3, 2, 0, 4}, {7, 3, 2, 1, 4}, {5, 3, 2, 1, 3}, {32, 3, 1, 1, 32},
		{32, 5, 1, 2, 32}, {9, 1, 1, 0, 9},
	} {
		s := kernels.SameConv(1, 1, c.size, c.size, 1, c.kernel, c.stride)
		if s.PadY != c.before || s.OutH != c.out {
			t.Errorf("%d, kernel %d, stride %d: %d rows before, %d out; want %d and %d", c.size, c.kernel, c.stride,
				s.PadY, s.OutH, c.before, c.out)
		}
	}
}

func TestConvForward(t *testing.T) {
	t.Parallel()
	for _, c := range convShapes {
		plans := convPlans(c, kernels.Epilogue{})
		if c == vectored {
			names(t, plans)
		} else {
			plans = few(t, plans)
		}
		x, w, _ := operandsOf(c)
		want := refConv(c, x, w)
		for _, p := range plans {
			t.Run(name(p, c), func(t *testing.T) {
				t.Parallel()
				got := runPlan(t, p, map[string][]float32{"x": x, "w": w}, "y", len(want))
				closeToSums(t, "y", got, want, c.InC*c.KernelH*c.KernelW)
			})
		}
	}
}

func TestConvDataGrad(t *testing.T) {
	t.Parallel()
	for _, c := range convShapes {
		plans := convPlans(c.DataGrad(), kernels.Epilogue{})
		if c == strided {
			plans = tiles(t, plans)
		} else {
			plans = few(t, plans)
		}
		_, w, dy := operandsOf(c)
		want := refDataGrad(c, dy, w)
		for _, p := range plans {
			t.Run(name(p, c), func(t *testing.T) {
				t.Parallel()
				got := runPlan(t, p, map[string][]float32{"x": dy, "w": w}, "y", len(want))
				closeToSums(t, "dx", got, want, c.OutC*c.KernelH*c.KernelW)
			})
		}
	}
}

func TestConvWeightGrad(t *testing.T) {
	t.Parallel()
	for _, c := range convShapes {
		plans := weightPlans(c)
		switch c {
		case vectored:
			names(t, plans)
		case odd:
			plans = tiles(t, plans)
		default:
			plans = few(t, plans)
		}
		x, _, dy := operandsOf(c)
		want := refWeightGrad(c, x, dy)
		for _, p := range plans {
			t.Run(name(p, c), func(t *testing.T) {
				t.Parallel()
				got := runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(want))
				closeToSums(t, "dw", got, want, c.N*c.OutH*c.OutW)
			})
		}
	}
}

// The plans that bring images, or their gradients, to a uniform buffer: several
// images a dispatch, windows of one image's channels, a stride with more input
// channels than a workgroup, lanes over output channels, rows that begin nowhere.
func TestConvUniform(t *testing.T) {
	t.Parallel()
	planned := func(what string, plans []plan.Plan, name string, test func(p plan.Plan)) {
		t.Run(what, func(t *testing.T) {
			i := slices.IndexFunc(plans, func(p plan.Plan) bool { return strings.Contains(p.Name, name) })
			if i < 0 {
				t.Fatal("no such plan")
			}
			test(plans[i])
		})
	}
	for _, c := range []kernels.Conv{
		kernels.SameConv(6, 32, 16, 16, 32, 3, 1), kernels.SameConv(12, 16, 16, 16, 40, 5, 2),
	} {
		x, w, dy := operandsOf(c)
		planned("forward "+c.String(), convPlans(c, kernels.Epilogue{}), "images", func(p plan.Plan) {
			closeToSums(t, c.String(), runPlan(t, p, map[string][]float32{"x": x, "w": w}, "y", len(dy)),
				refConv(c, x, w), c.InC*c.KernelH*c.KernelW)
		})
		planned("data "+c.String(), convPlans(c.DataGrad(), kernels.Epilogue{}), "images", func(p plan.Plan) {
			closeToSums(t, c.String(), runPlan(t, p, map[string][]float32{"x": dy, "w": w}, "y", len(x)),
				refDataGrad(c, dy, w), c.OutC*c.KernelH*c.KernelW)
		})
	}
	for _, c := range []kernels.Conv{
		kernels.SameConv(2, 16, 32, 32, 32, 3, 1), kernels.SameConv(2, 72, 32, 32, 32, 3, 2),
		kernels.SameConv(6, 16, 16, 16, 32, 5, 1),
		kernels.SameConv(9, 3, 32, 32, 16, 5, 1), kernels.SameConv(4, 16, 20, 16, 16, 3, 2),
	} {
		x, _, dy := operandsOf(c)
		planned("weights "+c.String(), weightPlans(c), "direct uniform", func(p plan.Plan) {
			want := refWeightGrad(c, x, dy)
			closeToSums(t, c.String(), runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(want)), want,
				c.N*c.OutH*c.OutW)
		})
	}
}

// TestConvUnfolded: rows of pixels that fill no quad, a kernel and stride that leave
// inputs out, two dispatches of images.
func TestConvUnfolded(t *testing.T) {
	t.Parallel()
	for _, c := range []kernels.Conv{
		kernels.SameConv(5, 20, 8, 9, 72, 3, 2), kernels.SameConv(2, 16, 13, 11, 20, 5, 3),
		kernels.SameConv(96, 16, 32, 32, 16, 3, 2),
	} {
		x, _, dy := operandsOf(c)
		want := refWeightGrad(c, x, dy)
		for _, p := range called(t, "unfolded", weightPlans(c)) {
			closeToSums(t, c.String(), runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(want)), want,
				c.N*c.OutH*c.OutW)
		}
	}
}

// Whole tiles; tiles that overhang the image; input channels in parts.
func TestConvEpilogue(t *testing.T) {
	t.Parallel()
	for _, c := range []kernels.Conv{kernels.SameConv(2, 3, 8, 8, 9, 1, 1), kernels.SameConv(2, 3, 6, 6, 9, 1, 1),
		kernels.SameConv(1, 320, 8, 8, 64, 3, 1)} {
		x, w, dy := operandsOf(c)
		bias := kerneltest.Normals(4, c.OutC)
		for _, e := range epilogues {
			want := refEpilogue(c, e, refConv(c, x, w), bias, dy)
			operands := map[string][]float32{"x": x, "w": w}
			if e.Bias {
				operands["bias"] = bias
			}
			if e.Residual {
				operands["residual"] = dy
			}
			plans := few(t, convPlans(c, e))
			if c.InC > 64 {
				if e != (kernels.Epilogue{Bias: true, Residual: true, Act: kernels.LeakyReLU(0.2)}) {
					continue // one is enough for so long a kernel
				}
				plans = called(t, "direct 4×4×16 uniform", convPlans(c, e))
			}
			for _, p := range plans {
				closeToSums(t, fmt.Sprint(c, p.Name, e), runPlan(t, p, operands, "y", len(want)), want,
					c.InC*c.KernelH*c.KernelW)
			}
		}
	}
}

// Every plan keeps to the limits of any adapter, and a layer of any size has one
// while its dispatch has at most 65,535 workgroups along an axis.
func TestConvPlansFit(t *testing.T) {
	for _, c := range []struct {
		name  string
		plans []plan.Plan
		want  bool
	}{
		{"full model, batch 256", convPlans(kernels.SameConv(256, 64, 32, 32, 64, 3, 1), kernels.Epilogue{}), true},
		{"1,024 channels", convPlans(kernels.SameConv(1, 1024, 4, 4, 2048, 3, 2), kernels.Epilogue{}), true},
		{"the gradient of its images", convPlans(kernels.SameConv(1, 1024, 4, 4, 3, 3, 1), kernels.Epilogue{}), true},
		{"its weights", weightPlans(kernels.SameConv(1, 1024, 4, 4, 2048, 3, 2)), true},
		{"weights of one output channel", weightPlans(kernels.SameConv(2, 64, 8, 8, 1, 1, 1)), true},
		{"weights of many taps", weightPlans(kernels.SameConv(2, 64, 8, 8, 3, 7, 1)), true},
		{"4,096 images of 512 × 512", convPlans(kernels.SameConv(4096, 1, 512, 512, 1, 1, 1), kernels.Epilogue{}),
			false},
	} {
		if (len(c.plans) > 0) != c.want {
			t.Errorf("%s: %d plans", c.name, len(c.plans))
		}
		names(t, c.plans)
		for _, p := range c.plans {
			for _, call := range p.Calls {
				for _, b := range call.Kernel.Bindings() {
					if o := call.Operand(b); b.Access == "uniform" && o.Size*4 > kernels.MaxUniformBinding ||
						o.Offset%64 != 0 {
						t.Errorf("%s: %s: %s takes %d floats at %d", c.name, p.Name, b.Name, o.Size, o.Offset)
					}
				}
				if !call.Kernel.Fits() {
					t.Errorf("%s: %s: %v workgroups", c.name, p.Name, call.Kernel.Workgroups)
				}
			}
		}
	}
}

// BenchmarkConv times every plan of the models' layers, batch 32, also of those that
// store halves, and reports the arithmetic rate of the direct algorithm.
func BenchmarkConv(b *testing.B) {
	for _, c := range []kernels.Conv{
		kernels.SameConv(32, 64, 32, 32, 64, 3, 1),
		kernels.SameConv(32, 16, 32, 32, 16, 3, 1),
		kernels.SameConv(32, 4, 32, 32, 64, 3, 1),
		kernels.SameConv(32, 64, 32, 32, 3, 1, 1),
		kernels.SameConv(32, 64, 32, 32, 128, 3, 2),
		kernels.SameConv(32, 128, 16, 16, 256, 3, 2),
		kernels.SameConv(32, 256, 8, 8, 512, 3, 2),
		kernels.SameConv(32, 3, 32, 32, 32, 5, 1),
		kernels.SameConv(32, 32, 16, 16, 48, 5, 1),
	} {
		x, w, y := c.N*c.InC*c.InH*c.InW, c.OutC*c.InC*c.KernelH*c.KernelW, c.N*c.OutC*c.OutH*c.OutW
		for _, c := range []kernels.Conv{c, halved(c)} {
			for _, of := range []struct {
				kind  string
				plans []plan.Plan
				sizes map[string]int
			}{
				{"forward", convPlans(c, kernels.Epilogue{}), map[string]int{"x": x, "w": w, "y": y}},
				{"data", convPlans(c.DataGrad(), kernels.Epilogue{}), map[string]int{"x": y, "w": w, "y": x}},
				{"weight", weightPlans(c), map[string]int{"x": x, "dy": y, "dw": w}},
			} {
				for _, p := range of.plans {
					if p.Winograd || !c.Half.On {
						benchPlan(b, of.kind+"/"+name(p, c), p, of.sizes, c.FLOPs())
					}
				}
			}
		}
	}
}

func benchPlan(b *testing.B, title string, p plan.Plan, sizes map[string]int, flops float64) {
	b.Run(title, func(b *testing.B) {
		s, err := gputest.Device(b).Load(program(p, sizes))
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		for name, n := range sizes {
			if err := s.Write(name, 0, gpu.Bytes(kerneltest.Normals(5, n))); err != nil {
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
