package trainer_test

import (
	"path/filepath"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
)

func TestVerifyTraces(t *testing.T) {
	traces, err := filepath.Glob("../testdata/traces/*.safetensors")
	if err != nil || len(traces) < 3 {
		t.Fatalf("found %d traces, want at least 3: %v", len(traces), err)
	}
	d := gputest.Device(t)
	for _, path := range traces {
		t.Run(filepath.Base(path), func(t *testing.T) {
			trace, err := trainer.OpenTrace(path)
			if err != nil {
				t.Fatal(err)
			}
			defer trace.Close()
			checks, err := trainer.Verify(d, trace, graph.RuleFor(d.Info()))
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
