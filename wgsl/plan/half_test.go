package plan_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/kerneltest"
	"pixelda-wgpu/wgsl/plan"
)

// TestPackHalves: to the nearest of 11 bits whatever the driver's own rounding, down to
// steps of 2⁻²⁴, and never infinite.
func TestPackHalves(t *testing.T) {
	library, err := os.ReadFile("../pieces/half.wgsl")
	if err != nil {
		t.Fatal(err)
	}
	x := []float32{0, float32(math.Copysign(0, -1)), 65504, 65519, 65520, 1e9, -1e30, float32(math.Inf(1)),
		float32(math.Inf(-1)), 1 + 1.0/2048, 1 + 3.0/2048, -1 - 1.0/2048}
	for i, v := range kerneltest.Normals(6, 4096-len(x)) {
		x = append(x, v*float32(math.Ldexp(1, i%48-30))) // 2⁻³⁰ … 2¹⁷
	}
	y := make([]float32, len(x))
	kerneltest.Run(t, kerneltest.Tensors{"x": x, "y": y}, kernels.NewKernel("halves", string(library)+`
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    y[id.x] = unpack4(pack4(x[id.x]));
}
`, []expand.Binding{{Index: 0, Name: "x", Access: "read"}, {Index: 1, Name: "y", Access: "read_write"}},
		[3]uint32{uint32(len(x) / 256), 1, 1}))
	for i, v := range x {
		size := math.Min(math.Abs(float64(v)), 65504)
		_, exponent := math.Frexp(size)
		step, slack := math.Ldexp(1, max(exponent-11, -24)), 0.5
		if size < 1.0/(1<<14) {
			slack = 1 // the driver rounds
		}
		if want := math.Copysign(size, float64(v)); !(math.Abs(float64(y[i])-want) <= slack*step) {
			t.Errorf("%g becomes %g: off by more than %g of %g", v, y[i], slack, step)
		}
	}
}

// Halves round products by up to 2⁻¹¹, from both factors. Such errors add up as the
// sums themselves do, so that they keep their share; the transforms' cancelling makes it
// three times as much. The worst of 10⁵ sums lie at the tiles' corners, which the
// transform back multiplies most, and are off by twelve times the mean.
const (
	// root of mean squares: 1.7e-3. Seen were 1.5e-3, and 1.8e-3 with numbers cut off instead of rounded
	strayHalves = 3.5 / (1 << 11)
	worstHalves = 48.0 / (1 << 11)
)

// closeToHalves checks sums of halves by Winograd's algorithm.
func closeToHalves(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	var errors, squares, worst float64
	for i, w := range want {
		e := math.Abs(float64(got[i]) - w)
		errors += e * e
		squares += w * w
		if !(e <= worst) {
			worst = e
		}
	}
	size := math.Sqrt(squares / float64(len(want)))
	stray := math.Sqrt(errors / squares)
	t.Logf("%s: off by %.2g of the root mean square, at worst %.2g", what, stray, worst/size)
	if !(stray <= strayHalves && worst <= worstHalves*size) {
		t.Errorf("%s: off by %.2g, at worst %.2g, of the root mean square; more than %.2g or %.2g", what, stray,
			worst/size, strayHalves, worstHalves)
	}
}

// halved is the convolution with halves and the models' loss scale.
func halved(c kernels.Conv) kernels.Conv {
	c.Half = kernels.Half{On: true, DY: 12}
	return c
}

// TestHalvesAreTunedApart: a tuner keeps its choices by the names of operations.
func TestHalvesAreTunedApart(t *testing.T) {
	c := wholeTiles
	for what, plans := range map[string]func(kernels.Conv) []plan.Plan{
		"forward": func(c kernels.Conv) []plan.Plan {
			return convPlans(c, kernels.Epilogue{})
		}, "data": func(c kernels.Conv) []plan.Plan {
			return convPlans(c.DataGrad(), kernels.Epilogue{})
		}, "weights": weightPlans,
	} {
		if single, half := plans(c)[0].Op, plans(halved(c))[0].Op; half != single+" f16" {
			t.Errorf("%s: %s and %s", what, single, half)
		}
	}
}

func TestWinogradHalves(t *testing.T) {
	t.Parallel()
	c := wholeTiles // where tiles end, halves are as floats
	x, w, dy := operandsOf(c)
	for i := range dy {
		dy[i] *= 1e-5
	}
	testHalves(t, halved(c), x, w, dy, kerneltest.Normals(4, c.OutC), kerneltest.Normals(5, len(dy)))
}

// halvesEpilogue is behind the convolutions that store halves.
var halvesEpilogue = kernels.Epilogue{Bias: true, Residual: true, Act: kernels.LeakyReLU(0.2)}

// testHalves runs all plans of a convolution that store halves.
func testHalves(t *testing.T, c kernels.Conv, x, w, dy, bias, residual []float32) {
	t.Helper()
	want := refEpilogue(c, halvesEpilogue, refConv(c, x, w), bias, residual)
	operands := map[string][]float32{"x": x, "w": w, "bias": bias, "residual": residual}
	for _, p := range called(t, "winograd", convPlans(c, halvesEpilogue)) {
		t.Run(name(p, c), func(t *testing.T) {
			closeToHalves(t, "y", runPlan(t, p, operands, "y", len(want)), want)
		})
	}
	dx := refDataGrad(c, dy, w)
	// Beside the filter's, which is the same for all, its kernels are those of the sums above.
	for _, p := range few(t, called(t, "winograd", convPlans(c.DataGrad(), kernels.Epilogue{}))) {
		t.Run(fmt.Sprint("data ", name(p, c)), func(t *testing.T) {
			closeToHalves(t, "dx", runPlan(t, p, map[string][]float32{"x": dy, "w": w}, "y", len(dx)), dx)
		})
	}
	dw := refWeightGrad(c, x, dy)
	for _, p := range called(t, "winograd", weightPlans(c)) {
		t.Run(fmt.Sprint("weights ", name(p, c)), func(t *testing.T) {
			closeToHalves(t, "dw", runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(dw)), dw)
		})
	}
}

// TestRangeOfHalves: inputs of up to 10³ with gradients of 10⁻⁷, far below what a half
// can be; and what is too large saturates.
func TestRangeOfHalves(t *testing.T) {
	t.Parallel()
	c := halved(wholeTiles)
	x, w, dy := operandsOf(c)
	for i := range x {
		x[i] = 1e3 * min(max(x[i], -1), 1)
	}
	for i := range w {
		w[i] *= 0.02
	}
	for i := range dy {
		dy[i] *= 1e-7
	}
	bias, residual := make([]float32, c.OutC), make([]float32, len(dy))
	testHalves(t, c, x, w, dy, bias, residual)
	for i := range x {
		x[i] *= 1e5
	}
	operands := map[string][]float32{"x": x, "w": w, "bias": bias, "residual": residual}
	for _, p := range called(t, "winograd", convPlans(c, halvesEpilogue)) {
		for i, y := range runPlan(t, p, operands, "y", len(dy)) {
			if math.IsNaN(float64(y)) || math.IsInf(float64(y), 0) {
				t.Fatalf("%s: output %d of inputs beyond the range is %g", p.Name, i, y)
			}
		}
	}
}
