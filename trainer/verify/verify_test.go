package verify_test

import (
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/verify"
)

func TestVerifyTraces(t *testing.T) {
	traces, err := filepath.Glob("../../testdata/traces/*.safetensors")
	if err != nil || len(traces) < 3 {
		t.Fatalf("found %d traces, want at least 3: %v", len(traces), err)
	}
	t.Parallel()
	for _, path := range traces {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			d := gputest.Device(t)
			trace, err := verify.OpenTrace(path)
			if err != nil {
				t.Fatal(err)
			}
			defer trace.Close()
			checks, err := verify.Replay(d, trace, graph.RuleFor(d.Info()))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range checks {
				t.Logf("%-16s %.2g of %.2g", c.Name, c.Error, c.Tolerance)
				if !c.OK() {
					t.Errorf("%s strays by %g, more than %g", c.Name, c.Error, c.Tolerance)
				}
			}
		})
	}
}

// TestHalfPrecision: a training step in f16 strays from PyTorch's. Where only gradients
// are halves that is by their roundings. Where the forward pass is in halves too, each
// layer is off by 1.5e-3, so one in a thousand inputs of a ReLU falls on the other side of
// its kink and takes its whole gradient along: the root of a thousandth, 3 %, for each of
// the layers behind, eight of them in this model of six small images. Adam's first step
// is as long for the smallest gradient, whose sign rounding may turn, as for others, and
// what is inferred follows from the parameters.
func TestHalfPrecision(t *testing.T) {
	t.Parallel()
	trace, err := verify.OpenTrace("../../testdata/traces/wide-16.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Close()
	trace.Config.Precision = model.F16
	d := gputest.Device(t)
	backward := map[string]float64{"loss": 1e-4, "grad": 5e-3, "param": 0.05, "stats": 1e-4, "images": 5e-3,
		"logits": 5e-3}
	whole := map[string]float64{"loss": 5e-3, "grad": 0.2, "param": 0.5, "stats": 1e-4, "images": 0.1, "logits": 0.05}
	// The plans differ in the products of halves, which plan.TestWinogradHalves has all of.
	for turn, tolerances := range map[int]map[string]float64{1: backward, 0: whole} {
		checks, err := verify.Replay(d, trace, &graph.Turns{Turn: turn})
		if err != nil {
			t.Fatal(err)
		}
		rounded := false
		for _, c := range checks {
			tolerance := tolerances[c.Name[strings.LastIndexByte(c.Name, ' ')+1:]]
			t.Logf("%-16s %.2g of %.2g", c.Name, c.Error, tolerance)
			if !(c.Error <= tolerance) {
				t.Errorf("%s strays by %g, more than %g", c.Name, c.Error, tolerance)
			}
			rounded = rounded || !c.OK()
		}
		if !rounded {
			t.Errorf("turn %d computes as f32 does", turn)
		}
	}
}
