package wgsl_test

import (
	"fmt"
	"strings"
	"testing"

	"pixelda-wgpu/wgsl"
)

// Whole tiles; rows that begin nowhere and end within a tile; channels that fill no
// block, sums over several dispatches of images; the least layer.
var winogradShapes = []wgsl.Conv{
	wgsl.SameConv(3, 40, 32, 32, 36, 3, 1), wgsl.SameConv(2, 32, 18, 22, 44, 3, 1), wgsl.SameConv(5, 36, 7, 20, 32, 3, 1),
	wgsl.SameConv(48, 64, 32, 16, 32, 3, 1), wgsl.SameConv(1, 32, 8, 8, 32, 3, 1),
}

// called returns the plans of a kind.
func called(t *testing.T, kind string, plans []wgsl.Plan) (found []wgsl.Plan) {
	t.Helper()
	for _, p := range plans {
		if strings.HasPrefix(p.Name, kind) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no plan is called %s", kind)
	}
	return found
}

// lost is what the algorithm's transforms cost: they add and subtract multiples before
// they cancel what they added. The largest error seen was 0.9 times the bound of direct sums.
const lost = 2

func TestWinograd(t *testing.T) {
	for _, c := range winogradShapes {
		x, w, dy := operandsOf(c)
		bias := normals(4, c.OutC)
		e := wgsl.Epilogue{Bias: true, Act: wgsl.LeakyReLU(0.2)}
		want := refEpilogue(c, e, refConv(c, x, w), bias)
		for _, p := range called(t, "winograd", c.Plans(e)) {
			t.Run(name(p, c), func(t *testing.T) {
				closeToSums(t, "y", runPlan(t, p, map[string][]float32{"x": x, "w": w, "bias": bias}, "y", len(want)), want, lost*c.InC*9)
			})
		}
		dx := refDataGrad(c, dy, w)
		for _, p := range called(t, "winograd", c.DataGrad().Plans(wgsl.Epilogue{})) {
			t.Run(fmt.Sprint("data ", name(p, c)), func(t *testing.T) {
				closeToSums(t, "dx", runPlan(t, p, map[string][]float32{"x": dy, "w": w}, "y", len(dx)), dx, lost*c.OutC*9)
			})
		}
		dw := refWeightGrad(c, x, dy)
		for _, p := range called(t, "winograd", c.WeightGradPlans()) {
			t.Run(fmt.Sprint("weights ", name(p, c)), func(t *testing.T) {
				closeToSums(t, "dw", runPlan(t, p, map[string][]float32{"x": x, "dy": dy}, "dw", len(dw)), dw, lost*c.N*c.OutH*c.OutW)
			})
		}
	}
}
