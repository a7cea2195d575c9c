//go:build !js

package gpu

import (
	"os"
	"testing"
	"time"
)

func openLoops(t testing.TB, dispatches int) (*Device, *Session) {
	t.Helper()
	d, err := Open(Options{Adapter: os.Getenv("PIXELDA_ADAPTER")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	p := &Program{
		Name: "loops",
		Modules: []Module{{Label: "loop", Code: `
@group(0) @binding(0) var<storage, read_write> o: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) g: vec3<u32>) {
	var a = f32(g.x);
	for (var i = 0; i < 10000; i++) { a = a * 0.999 + 1.0; }
	o[g.x] = a;
}`}},
		Buffers: []Buffer{{Name: "o", Size: 1 << 16}},
	}
	for i := range dispatches {
		p.Dispatches = append(p.Dispatches, Dispatch{
			Label:      "loop",
			Bindings:   []Binding{{Size: 1 << 16, Access: ReadWrite}},
			Workgroups: [3]uint32{1 + 63*uint32(i%2), 1, 1}, // 1, 64, 1, 64...
		})
	}
	s, err := d.Load(p)
	if err != nil {
		t.Fatal(err)
	}
	return d, s
}

// Adapters without timestamps are timed by the wall clock.
func TestProfileByWall(t *testing.T) {
	d, s := openLoops(t, 2)
	d.tick = -1
	durations, err := s.Profile(t.Context(), "loops", 1)
	if err != nil {
		t.Fatal(err)
	}
	// 64 groups against 1 take 64 times as long on one core; with many cores
	// or a GPU the single group leaves most of them idle.
	t.Logf("1 group %v, 64 groups %v", durations[0], durations[1])
	if durations[0] <= 0 || durations[1] <= durations[0]/2 || durations[1] > 200*durations[0] {
		t.Errorf("1 group takes %v, 64 take %v", durations[0], durations[1])
	}
}

// Software adapters stamp in nanoseconds, which calibrate must find.
func TestCalibrate(t *testing.T) {
	d, _ := openLoops(t, 1)
	if !d.info.Has(TimestampQuery) {
		t.Logf("%s has no timestamps", d.info)
		return
	}
	if !d.calibrate() {
		t.Fatal("timestamps do not advance")
	}
	t.Logf("a tick is %v ns", d.tick)
	if d.info.Software() && d.tick != 1 || d.tick < 0.1 || d.tick > 1000 {
		t.Errorf("a tick is %v ns", d.tick)
	}
}

// A profile of more dispatches than one submission has timestamps for.
func TestProfileManyDispatches(t *testing.T) {
	d, s := openLoops(t, 2)
	l := s.programs["loops"]
	for len(l.steps) < stampsPerSubmit/2+3 {
		l.steps = append(l.steps, l.steps[0])
	}
	l.ends = []int{5, len(l.steps)}
	if !d.info.Has(TimestampQuery) {
		d.tick = -1
	}
	durations, err := s.Profile(t.Context(), "loops", 1)
	if err != nil || len(durations) != stampsPerSubmit/2+3 {
		t.Fatalf("%d durations, %v", len(durations), err)
	}
	for i, v := range durations {
		if v < 0 || v > time.Second {
			t.Fatalf("dispatch %d takes %v", i, v)
		}
	}
}

// BenchmarkEncode times what the host does for a dispatch, the device idle.
func BenchmarkEncode(b *testing.B) {
	const dispatches = 1000
	_, s := openLoops(b, dispatches)
	b.ReportAllocs()
	for b.Loop() {
		commands, err := s.encode(s.programs["loops"].steps)
		if err != nil {
			b.Fatal(err)
		}
		commands.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*dispatches), "ns/dispatch")
}
