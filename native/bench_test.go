package native

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/trainer/bench"
)

// TestBench measures a tiny model for real.
func TestBench(t *testing.T) {
	line := "bench -json -steps 1 -batch 2 -preset small -set size=8 -set g_blocks=1 -set g_filters=4 -set " +
		"d_filters=4 -set tower_filters=[4,4] -set tower_units=8"
	out := succeeds(t, append(strings.Fields(line), "-adapter", adapter())...)
	b := new(bench.Result)
	if err := json.Unmarshal([]byte(out), b); err != nil {
		t.Fatal(err)
	}
	i := b.Iteration()
	if len(b.Programs) != 2 || b.Config.Batch != 2 || b.Samples != 1 || b.BytesHeld == 0 {
		t.Errorf("the result is %+v", b)
	}
	for what, v := range map[string]float64{
		"time": i.Time.Wall, "host time": i.Host, "FLOPs": i.FLOPs, "bytes": i.Bytes,
		"peak": b.Peak.Arithmetic.Wall, "copy": b.Peak.Copy.Wall, "operations a second": i.Rates().Wall,
	} {
		if !(v > 0) {
			t.Errorf("%s is %g", what, v)
		}
	}
	if share := i.Rates().Wall / b.Peak.Arithmetic.Wall; share >= 1 {
		t.Errorf("the step does %g times what the adapter can", share)
	}
	dispatches, flops := 0, 0.0
	for _, k := range b.Kernels {
		dispatches, flops = dispatches+k.Dispatches, flops+k.FLOPs
	}
	// Both are sums of the same numbers in another order.
	if dispatches != i.Dispatches || flops < i.FLOPs*(1-1e-9) || flops > i.FLOPs*(1+1e-9) {
		t.Errorf("kernels have %d dispatches and %g operations, steps %d and %g", dispatches, flops, i.Dispatches,
			i.FLOPs)
	}
}

// TestSeries measures a tiny model for real.
func TestSeries(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "a.svg")
	line := "bench -json -steps 1 -vary batch=2,4 -preset small -set size=8 -set g_blocks=1 -set g_filters=4 -set " +
		"d_filters=4 -set tower_filters=[4,4] -set tower_units=8"
	out := succeeds(t, append(strings.Fields(line), "-adapter", adapter(), "-plot", picture)...)
	s := new(bench.Series)
	if err := json.Unmarshal([]byte(out), s); err != nil {
		t.Fatal(err)
	}
	if s.Setting != "batch" || s.Samples != 1 || s.Config.Batch != 2 || len(s.Points) != 2 ||
		!(s.Peak.Arithmetic.Wall > 0) {
		t.Fatalf("the result is %+v", s)
	}
	for i, p := range s.Points {
		it := p.Iteration()
		if p.Value != float64(p.Batch) || p.Batch != 2<<i || len(p.Programs) != 2 || p.BytesHeld == 0 ||
			p.Error != "" ||
			it.Dispatches == 0 || !(it.Time.Wall > 0) || !(it.Host > 0) || !(it.FLOPs > 0) {
			t.Errorf("point %d is %+v", i, p)
		}
	}
	// All but the optimiser's few grow with the batch.
	if ratio := s.Points[1].Iteration().FLOPs / s.Points[0].Iteration().FLOPs; ratio < 1.9 || ratio > 2 {
		t.Errorf("twice the batch is %g times the work", ratio)
	}
	if _, err := os.Stat(picture); err != nil {
		t.Error(err)
	}
}
