package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/recipe"
)

// sampled is a result with round numbers, on a device that does 20 operations in
// the time of a byte.
func sampled() *bench.Result {
	return &bench.Result{
		Peak: bench.Peak{Arithmetic: bench.Rate{Wall: 200e9}, Copy: bench.Rate{Wall: 10e9}},
		Kernels: []bench.Kernel{
			{Name: "conv direct 2×4 8×64", Operations: []string{"d_step a"}, Dispatches: 2, Seconds: 0.5, FLOPs: 50e9,
				Bytes: 1e9},
			{Name: "sum rows 7", Dispatches: 1, Seconds: 0.25, FLOPs: 1e9, Bytes: 2e9},
			{Name: "conv direct 4×4 8×32", Dispatches: 3, Seconds: 0.245, FLOPs: 20e9, Bytes: 1e9},
			{Name: "adam", Dispatches: 4, Seconds: 0.005, FLOPs: 20, Bytes: 1},
			{Name: "fill 3", Dispatches: 5}, // too short for the clock
		},
	}
}

func TestBenchKinds(t *testing.T) {
	kinds := sampled().Kinds()
	want := []bench.Kernel{
		{Name: "conv direct", Dispatches: 5, Seconds: 0.745, FLOPs: 70e9, Bytes: 2e9},
		{Name: "sum rows", Dispatches: 1, Seconds: 0.25, FLOPs: 1e9, Bytes: 2e9},
		{Name: "adam", Dispatches: 4, Seconds: 0.005, FLOPs: 20, Bytes: 1},
		{Name: "fill", Dispatches: 5},
	}
	same := func(a, b bench.Kernel) bool {
		return a.Name == b.Name && a.Dispatches == b.Dispatches && math.Abs(a.Seconds-b.Seconds) < 1e-12 &&
			a.FLOPs == b.FLOPs && a.Bytes == b.Bytes
	}
	if !slices.EqualFunc(kinds, want, same) {
		t.Errorf("the kinds are %+v, want %+v", kinds, want)
	}
	want = append(want[:2],
		bench.Kernel{Name: "others", Dispatches: 9, Seconds: 0.005, FLOPs: 20, Bytes: 1},
		bench.Kernel{Name: "all", Dispatches: 15, Seconds: 1, FLOPs: 71e9 + 20, Bytes: 4e9 + 1})
	if got := sampled().MainKinds(); !slices.EqualFunc(got, want, same) {
		t.Errorf("the main kinds are %+v, want %+v", got, want)
	}
}

func TestBenchLines(t *testing.T) {
	b := sampled()
	lines := b.Lines(b.Kernels)
	first := lines[0]
	first.Kernel = bench.Kernel{}
	want := bench.Line{Share: 0.5, FLOPRate: 100e9, OfPeak: 0.5, ByteRate: 2e9, OfCopy: 0.2,
		Bound: bench.ArithmeticBound}
	if first.Share != want.Share || first.FLOPRate != want.FLOPRate || first.OfPeak != want.OfPeak ||
		first.ByteRate != want.ByteRate || math.Abs(first.OfCopy-want.OfCopy) > 1e-12 || first.Bound != want.Bound {
		t.Errorf("the line is %+v, want %+v", first, want)
	}
	var bounds []bench.Bound
	shares := 0.0
	for _, l := range lines {
		bounds, shares = append(bounds, l.Bound), shares+l.Share
	}
	// 50, 0.5, 20 and 20 operations a byte where the device does 20; then nothing.
	if want := []bench.Bound{bench.ArithmeticBound, bench.MemoryBound, bench.ArithmeticBound, bench.ArithmeticBound,
		bench.NoBound}; !slices.Equal(bounds, want) {
		t.Errorf("the bounds are %q, want %q", bounds, want)
	}
	if math.Abs(shares-1) > 1e-9 {
		t.Errorf("the shares add up to %g", shares)
	}
	if _, err := json.Marshal(lines); err != nil { // not a number where a kernel took no time
		t.Error(err)
	}
}

// tiny is a model that has every part and little to do.
func tiny(t *testing.T) recipe.Model {
	t.Helper()
	m, err := recipe.PresetModel("small")
	if err != nil {
		t.Fatal(err)
	}
	m.Size, m.Batch, m.GBlocks, m.GFilters, m.DFilters = 8, 4, 1, 4, 4
	m.TowerFilters, m.TowerUnits = [2]int{4, 8}, 16
	return m
}

// TestBenchEnds ends a measurement from its own report of what it does.
func TestBenchEnds(t *testing.T) {
	d := gputest.Device(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var phases []string
	b, err := bench.Measure(ctx, d, tiny(t), bench.Options{
		Choose: graph.RuleFor(d.Info()),
		Phase: func(what string) {
			phases = append(phases, what)
			cancel()
		},
	})
	if b != nil || !errors.Is(err, context.Canceled) || len(phases) != 1 {
		t.Errorf("after %q it returned %v, %v", phases, b, err)
	}
}
