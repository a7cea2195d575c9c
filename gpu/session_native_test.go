//go:build !js

package gpu_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
)

const addCode = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<uniform> scale: vec4<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) g: vec3<u32>) {
	if (g.x < arrayLength(&b)) { b[g.x] += scale.x * a[g.x]; }
}`

const n = 256 // numbers in a buffer of the tests

// add is a program with b += scale[at] * a, where scale holds vec4s at
// multiples of 256 bytes.
func add(name, a, b string, at uint64) *gpu.Program {
	return &gpu.Program{
		Name:    name,
		Modules: []gpu.Module{{Label: "add", Code: addCode}},
		Buffers: []gpu.Buffer{{Name: a, Size: 4 * n}, {Name: b, Size: 4 * n}, {Name: "scale", Size: 1024}},
		Dispatches: []gpu.Dispatch{{Label: "add " + a + " to " + b, Workgroups: [3]uint32{n / 64, 1, 1},
			Bindings: []gpu.Binding{
				{Index: 0, Buffer: 0, Size: 4 * n, Access: gpu.Read},
				{Index: 1, Buffer: 1, Size: 4 * n, Access: gpu.ReadWrite},
				{Index: 2, Buffer: 2, Offset: at * 256, Size: 16, Access: gpu.Uniform},
			}}},
	}
}

func load(t testing.TB, programs ...*gpu.Program) *gpu.Session {
	t.Helper()
	s, err := gputest.Device(t).Load(programs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, s *gpu.Session, name string, offset uint64, v ...float32) {
	t.Helper()
	check(t, s.Write(name, offset, gpu.Bytes(v)))
}

func read(t testing.TB, s *gpu.Session, name string, offset uint64) float32 {
	t.Helper()
	v := []float32{-1}
	check(t, s.Read(name, offset, gpu.Bytes(v)))
	return v[0]
}

// Two programs that share buffers, one shader and one uniform buffer with a
// vec4 for each.
func TestRunSharedBuffers(t *testing.T) {
	pipelines := 0
	d := gputest.Device(t)
	d.OnPipeline = func(done, total int) { pipelines = total }
	s := load(t, add("one", "x", "y", 0), add("two", "y", "z", 2))
	d.OnPipeline = nil
	if pipelines != 1 {
		t.Errorf("compiled %d pipelines for one shader", pipelines)
	}
	if got, want := s.BytesHeld(), uint64(3*4*n+1024); got != want {
		t.Errorf("holds %d bytes, want %d", got, want)
	}
	for i := range uint64(n) {
		if v := read(t, s, "z", 4*i); v != 0 {
			t.Fatalf("a new buffer holds %v", v)
		}
	}
	write(t, s, "scale", 0, 2)
	write(t, s, "scale", 512, 10)
	write(t, s, "x", 12, 1, 5)
	check(t, s.Run("one"))
	check(t, s.Run("two"))
	write(t, s, "x", 12, 3) // seen by the next replay only
	check(t, s.Run("one"))
	check(t, s.Run("two"))
	if y, z := read(t, s, "y", 12), read(t, s, "z", 12); y != 8 || z != 100 {
		t.Errorf("y = %v, z = %v, want 8 and 100", y, z)
	}
	if z := read(t, s, "z", 16); z != 300 {
		t.Errorf("z = %v, want 300", z)
	}
	if z := read(t, s, "z", 4*n-4); z != 0 {
		t.Errorf("z ends in %v, want 0", z)
	}
}

func TestLoadTakesTheLargestSize(t *testing.T) {
	small, large := add("small", "x", "y", 0), add("large", "x", "y", 0)
	large.Buffers[0].Size = 8 * n
	s := load(t, small, large)
	write(t, s, "x", 8*n-4, 7)
	if v := read(t, s, "x", 8*n-4); v != 7 {
		t.Errorf("got %v, want 7", v)
	}
}

func TestTransferInParts(t *testing.T) {
	p := add("add", "x", "y", 0)
	p.Buffers = append(p.Buffers, gpu.Buffer{Name: "large", Size: 40 << 20})
	s := load(t, p)
	in := make([]uint32, 10<<20)
	for i := range in {
		in[i] = uint32(i) * 2654435761
	}
	check(t, s.Write("large", 0, gpu.Bytes(in)))
	out := make([]uint32, len(in))
	check(t, s.Read("large", 0, gpu.Bytes(out)))
	if !slices.Equal(in, out) {
		t.Error("40 MiB come back changed")
	}
}

// Replays in pieces give what replays in one submission give.
func TestLongProgramIsSplit(t *testing.T) {
	p := add("add", "x", "y", 0)
	for range 9 {
		p.Dispatches = append(p.Dispatches, p.Dispatches[0])
	}
	for i := range p.Dispatches {
		p.Dispatches[i].FLOPs = 1e12
	}
	s := load(t, p)
	write(t, s, "scale", 0, 1)
	write(t, s, "x", 0, 1)
	check(t, s.Run("add"))
	check(t, s.Run("add"))
	if y := read(t, s, "y", 0); y != 20 {
		t.Errorf("y = %v, want 20", y)
	}
}

func TestReadAsync(t *testing.T) {
	s := load(t, add("add", "x", "y", 0))
	write(t, s, "scale", 0, 1)
	write(t, s, "x", 0, 1)
	var got []float32
	for i := range 5 {
		check(t, s.Run("add"))
		check(t, s.ReadAsync("y", 0, 4, func(data []byte, err error) {
			check(t, err)
			got = append(got, slices.Clone(floats(data))...)
			if i == 4 { // a callback may use the session
				check(t, s.Run("add"))
				got = append(got, read(t, s, "y", 0))
			}
		}))
	}
	check(t, s.Wait())
	if want := []float32{1, 2, 3, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	called := false
	check(t, s.ReadAsync("y", 0, 0, func(data []byte, err error) { called = len(data) == 0 && err == nil }))
	for start := time.Now(); !called; check(t, s.Poll()) {
		if time.Since(start) > 10*time.Second {
			t.Fatal("an empty read never arrives")
		}
	}
}

func floats(data []byte) []float32 {
	v := make([]float32, len(data)/4)
	copy(gpu.Bytes(v), data)
	return v
}

func TestSessionErrors(t *testing.T) {
	s := load(t, add("add", "x", "y", 0))
	four := make([]byte, 4)
	for want, err := range map[string]error{
		`no buffer "z"`:                       s.Write("z", 0, four),
		`buffer "x": bytes 1024+4 of 1024`:    s.Write("x", 4*n, four),
		`buffer "x": bytes 2+4; offset`:       s.Write("x", 2, four),
		`buffer "x": bytes 0+3; offset`:       s.Read("x", 0, four[:3]),
		`buffer "y": bytes 1023996+4 of 1024`: s.Read("y", 1023996, four),
		`bytes 18446744073709551612+4 of`:     s.ReadAsync("x", 1<<64-4, 4, nil),
		`no program "subtract"`:               s.Run("subtract"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	s.Close()
	for _, err := range []error{s.Run("add"), s.Write("x", 0, four), s.Read("x", 0, four), s.Wait(), s.Poll()} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("a closed session says %v", err)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	code := func(c string) func(p *gpu.Program) {
		return func(p *gpu.Program) { p.Modules[0].Code = c }
	}
	for _, c := range []struct {
		name  string
		spoil func(p *gpu.Program)
		want  []string
	}{
		{"syntax", code("fn main( { }"), []string{"module add does not compile: expected identifier, found '{'\n",
			"wgsl:1:10"}},
		{"type", code("@compute @workgroup_size(1) fn main() { let x: f32 = 1u; }"),
			[]string{"module add does not compile", "f32"}},
		{"entry point", code("@compute @workgroup_size(1) fn other() {}"),
			[]string{"module add does not compile: Error matching shader requirements against the pipeline: Unable " +
				"to find entry point 'main'"}},
		{"workgroup size", code("@compute @workgroup_size(4096) fn main() {}"),
			[]string{"module 0 (add) has 4096 invocations a workgroup"}},
		{"missing binding", func(p *gpu.Program) {
			p.Dispatches[0].Bindings = p.Dispatches[0].Bindings[:2]
		}, []string{"module add does not compile"}},
		{"access", func(p *gpu.Program) {
			p.Dispatches[0].Bindings[1].Access = gpu.Read
		}, []string{"module add does not compile"}},
		{"short binding", func(p *gpu.Program) {
			p.Dispatches = append(p.Dispatches, p.Dispatches[0])
			p.Dispatches[1].Label = "short"
			p.Dispatches[1].Bindings = slices.Clone(p.Dispatches[1].Bindings)
			p.Dispatches[1].Bindings[2].Size = 8
		}, []string{"dispatch 1 (short): Buffer is bound with size 8 where the shader expects 16"}},
		{"validation", func(p *gpu.Program) {
			p.Dispatches[0].Workgroups[0] = 70000
		}, []string{"program add", "70000 workgroups"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := add("add", "x", "y", 0)
			c.spoil(p)
			s, err := gputest.Device(t).Load(p)
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			for _, want := range append(c.want, "program add") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			}
		})
	}
	if _, err := gputest.Device(t).Load(add("add", "x", "y", 0), add("add", "x", "y", 0)); err == nil {
		t.Error("two programs of one name load")
	}
	load(t, add("add", "x", "y", 0)) // the device works still
}

func TestCheck(t *testing.T) {
	d := gputest.Device(t)
	check(t, d.Check(add("add", "x", "y", 0).Modules[0]))
	for code, want := range map[string]string{
		"fn main( { }": "module m does not compile: expected identifier, found '{'",
		"@compute @workgroup_size(1) fn main() { let x: f32 = 1u; }": "module m does not compile",

		"@compute @workgroup_size(4096) fn main() { }": "module m has 4096 invocations a workgroup",

		"var<workgroup> w: array<vec4<f32>, 100000>;\n" +
			"@compute @workgroup_size(1) fn main() { w[0] = vec4<f32>(); }": "module m declares 1600000 bytes " +
			"of workgroup memory",
	} {
		if err := d.Check(gpu.Module{Label: "m", Code: code}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", code, err, want)
		}
	}
}

// The library maps buffers through memory of C: a collection at any moment
// leaves it intact. With the binding's own callbacks this dies in a few rounds.
func TestReadsUnderGarbageCollection(t *testing.T) {
	s := load(t, add("add", "x", "y", 0))
	write(t, s, "scale", 0, 1)
	write(t, s, "x", 0, 1)
	var keep []*uint64
	for i := range 100 {
		check(t, s.Run("add"))
		arrived := false
		check(t, s.ReadAsync("y", 0, 4, func(data []byte, err error) {
			arrived = err == nil && floats(data)[0] == float32(i+1)
		}))
		runtime.GC()
		for range 2000 { // take the slots that the collection freed
			v := uint64(0xdeadbeef)
			keep = append(keep, &v)
		}
		check(t, s.Wait())
		if !arrived {
			t.Fatalf("read %d did not arrive", i)
		}
		keep = keep[:0]
	}
}

// What Run allocates is the binding's and does not grow with the program.
func TestRunAllocations(t *testing.T) {
	count := func(dispatches int) float64 {
		p := add("add", "x", "y", 0)
		for len(p.Dispatches) < dispatches {
			p.Dispatches = append(p.Dispatches, p.Dispatches[0])
		}
		s := load(t, p)
		return testing.AllocsPerRun(20, func() { check(t, s.Run("add")) })
	}
	few, many := count(1), count(200)
	t.Logf("%v allocations for 1 dispatch, %v for 200", few, many)
	if many > few+2 || few > 30 {
		t.Errorf("%v allocations for 1 dispatch, %v for 200; want at most 30, and as many", few, many)
	}
}

func TestProfile(t *testing.T) {
	const code = `
@group(0) @binding(0) var<storage, read_write> o: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) g: vec3<u32>) {
	var a = f32(g.x);
	for (var i = 0; i < 20000; i++) { a = a * 0.999 + 1.0; }
	o[g.x] = a;
}`
	bind := []gpu.Binding{{Buffer: 0, Size: 1 << 16, Access: gpu.ReadWrite}}
	p := &gpu.Program{
		Name: "loops", Modules: []gpu.Module{{Label: "loop", Code: code}},
		Buffers: []gpu.Buffer{{Name: "o", Size: 1 << 16}},
		Dispatches: []gpu.Dispatch{
			{Label: "short", Bindings: bind, Workgroups: [3]uint32{8, 1, 1}},
			{Label: "long", Bindings: bind, Workgroups: [3]uint32{128, 1, 1}},
		},
	}
	s := load(t, p)
	durations, err := s.Profile(t.Context(), "loops", 3)
	check(t, err)
	if len(durations) != 2 {
		t.Fatalf("%d durations for 2 dispatches", len(durations))
	}
	best := time.Duration(1 << 62)
	for range 3 {
		start := time.Now()
		check(t, s.Run("loops"))
		check(t, s.Wait())
		best = min(best, time.Since(start))
	}
	t.Logf("short %v, long %v, together by the wall %v", durations[0], durations[1], best)
	if !(durations[0] > 0 && durations[1] > durations[0]) {
		t.Errorf("8 groups take %v, 128 take %v", durations[0], durations[1])
	}
	// A factor of 3 covers other work on the machine between the two readings; a
	// wrong unit of time would be off by 10 or more.
	if sum := durations[0] + durations[1]; sum > 3*best || 3*sum < best && best > 5*time.Millisecond {
		t.Errorf("dispatches take %v in sum, the program %v by the wall", sum, best)
	}
	if _, err := s.Profile(t.Context(), "no", 1); err == nil {
		t.Error("an unknown program has a profile")
	}
}

func BenchmarkRun(b *testing.B) {
	for _, count := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("dispatches=%d", count), func(b *testing.B) {
			p := add("add", "x", "y", 0)
			for len(p.Dispatches) < count {
				p.Dispatches = append(p.Dispatches, p.Dispatches[0])
			}
			s := load(b, p)
			b.ReportAllocs()
			for b.Loop() {
				check(b, s.Run("add"))
			}
			check(b, s.Wait())
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/dispatch")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	s := load(b, add("add", "x", "y", 0))
	dst := make([]byte, 4)
	for b.Loop() {
		check(b, s.Read("y", 0, dst))
	}
}
