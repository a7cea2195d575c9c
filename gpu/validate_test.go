package gpu

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/fault"
)

// sound returns a program that validates; tests break it in one place each.
func sound() *Program {
	return &Program{
		Name:    "p",
		Modules: []Module{{Label: "m", Code: "fn main() {}"}},
		Buffers: []Buffer{{Name: "a", Size: 1024}, {Name: "b", Size: 1024}},
		Dispatches: []Dispatch{
			{Label: "first", Bindings: []Binding{{Index: 0, Buffer: 0, Size: 1024, Access: Read},
				{Index: 1, Buffer: 1, Size: 1024, Access: ReadWrite}}, Workgroups: [3]uint32{1, 1, 1}},
			{Label: "second", Bindings: []Binding{{Index: 1, Buffer: 0, Size: 256, Access: ReadWrite},
				{Index: 0, Buffer: 1, Offset: 256, Size: 256, Access: Read}}, Workgroups: [3]uint32{1, 2, 3},
				FLOPs: 1e9, Bytes: 2e9},
		},
	}
}

func TestValidate(t *testing.T) {
	if err := sound().Validate(Portable); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		spoil      func(p *Program)
	}{
		{"no name", "no name", func(p *Program) { p.Name = "" }},
		{"unnamed buffer", "buffer 1 has no name", func(p *Program) { p.Buffers[1].Name = "" }},
		{"same name", `two buffers are named "a"`, func(p *Program) { p.Buffers[1].Name = "a" }},
		{"empty buffer", `buffer "b" has 0 bytes`, func(p *Program) { p.Buffers[1].Size = 0 }},
		{"odd buffer", `buffer "b" has 1023 bytes`, func(p *Program) { p.Buffers[1].Size = 1023 }},
		{"vast buffer", `buffer "b" has 1099511627776 bytes and the device allows 268435456`, func(p *Program) {
			p.Buffers[1].Size = 1 << 40
		}},
		{"module", "dispatch 1 (second): module 7 does not exist", func(p *Program) { p.Dispatches[1].Module = 7 }},
		{"no workgroups", "dispatch 1 (second): 0 workgroups along y", func(p *Program) {
			p.Dispatches[1].Workgroups[1] = 0
		}},
		{"too many workgroups", "65536 workgroups along z; allowed are 1 to 65535", func(p *Program) {
			p.Dispatches[1].Workgroups[2] = 65536
		}},
		{"buffer index", "buffer -1 does not exist", func(p *Program) { p.Dispatches[0].Bindings[1].Buffer = -1 }},
		{"access", `buffer "b": access "write"`, func(p *Program) { p.Dispatches[0].Bindings[1].Access = "write" }},
		{"alignment", `buffer "b": offset 128`, func(p *Program) { p.Dispatches[1].Bindings[1].Offset = 128 }},
		{"nothing bound", "0 bytes bound", func(p *Program) { p.Dispatches[1].Bindings[1].Size = 0 }},
		{"odd binding", "6 bytes bound", func(p *Program) { p.Dispatches[1].Bindings[1].Size = 6 }},
		{"past the end", "bytes 256+1024 bound of 1024", func(p *Program) { p.Dispatches[1].Bindings[1].Size = 1024 }},
		{"wrapping around", "bound of 1024", func(p *Program) { p.Dispatches[1].Bindings[1].Size = 1<<64 - 256 }},
		{"large binding", "bound as read; the device allows 134217728", func(p *Program) {
			p.Buffers[0].Size = 200 << 20
			p.Dispatches[0].Bindings[0].Size = 200 << 20
		}},
		{"large uniform", "bound as uniform; the device allows 65536", func(p *Program) {
			p.Buffers[0].Size = 1 << 20
			p.Dispatches[0].Bindings[0].Size = 1 << 20
			p.Dispatches[0].Bindings[0].Access = Uniform
		}},
		{"index twice", "binding 1 is given twice", func(p *Program) { p.Dispatches[0].Bindings[0].Index = 1 }},
		{"read and written", `bindings 0 and 1: buffer "b": bound as read and as read_write`, func(p *Program) {
			p.Dispatches[0].Bindings[0].Buffer = 1
		}},
		{"written twice", `buffer "b": the ranges written overlap`, func(p *Program) {
			p.Dispatches = p.Dispatches[:1]
			b := p.Dispatches[0].Bindings
			b[0] = Binding{Index: 0, Buffer: 1, Offset: 256, Size: 256, Access: ReadWrite}
		}},
		{"storage bindings", "9 storage bindings; the device allows 8", func(p *Program) {
			for i := range uint32(7) {
				p.Dispatches[0].Bindings = append(p.Dispatches[0].Bindings,
					Binding{Index: 2 + i, Buffer: 0, Size: 4, Access: Read})
			}
		}},
		{"another layout",
			"module m was bound as [0:read 1:read_write] before and is bound as [0:uniform 1:read_write] here",
			func(p *Program) { p.Dispatches[1].Bindings[1].Access = Uniform }},
		{"workgroup memory", "module 0 (m) declares 20000 bytes of workgroup memory; the device allows 16384",
			func(p *Program) { p.Modules[0].Code = "var<workgroup> w: array<f32, 5000>;" }},
		{"large workgroups", "module 0 (m) has 512 invocations a workgroup; the device allows 256", func(p *Program) {
			p.Modules[0].Code = "@compute @workgroup_size(16, 32u) fn main() {}"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := sound()
			c.spoil(p)
			err := p.Validate(Portable)
			if err == nil || !strings.Contains(err.Error(), c.want) || fault.Of(err) == "" {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestValidateDisjointWrites(t *testing.T) {
	p := sound()
	p.Dispatches = p.Dispatches[:1]
	p.Dispatches[0].Bindings = []Binding{
		{Index: 0, Buffer: 1, Size: 256, Access: ReadWrite},
		{Index: 1, Buffer: 1, Offset: 256, Size: 256, Access: ReadWrite},
	}
	if err := p.Validate(Portable); err != nil {
		t.Error(err)
	}
}

func TestProgramJSON(t *testing.T) {
	data, err := json.Marshal(sound())
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadProgram(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, sound()) {
		t.Errorf("got %+v, want %+v", back, sound())
	}
	for _, bad := range []string{"", "{", `{"name":"p","colour":1}`, `{"name":"p"}x`} {
		if _, err := ReadProgram(strings.NewReader(bad)); err == nil || fault.Of(err) == "" {
			t.Errorf("ReadProgram(%q) = %v", bad, err)
		}
	}
}

func TestWorkgroupBytes(t *testing.T) {
	for _, c := range []struct {
		code string
		want uint64
	}{
		{"", 0},
		{"var<private> a: array<f32, 100>;", 0},
		{"var<workgroup> a: f32;", 16},
		{"var<workgroup> a: array<f32, 64>;\nvar<workgroup> b : array<vec4<f32>,16u>;", 256 + 256},
		{"// var<workgroup> a: array<f32, 64>;\n/* var<workgroup> b: f32; */var<workgroup> c: vec3<f32>;", 16},
		{"const N: u32 = 8u; var<workgroup> a: array<array<vec2<f32>, 3>, N>;", 192},
		// a vec3 in an array takes 16 bytes
		{"var<workgroup> a: array<vec3f, 2>;", 32},
		// three columns of 8
		{"var<workgroup> a: array<mat3x2<f32>, 2>;", 48},
		// two columns of 16
		{"var<workgroup> a: mat2x3f;", 32},
		// 0, 16, 28..36 -> 48
		{"struct S { a: f32, b: vec3<f32>, @align(4) c: array<u32, 2>, }\nvar<workgroup> s: array<S, 2>;", 96},
		{"var<workgroup> n: atomic<u32>;", 16},
		{"struct S { s: S }\nvar<workgroup> s: S;", 0},
	} {
		if got := workgroupBytes(c.code); got != c.want {
			t.Errorf("%s: got %d, want %d", c.code, got, c.want)
		}
	}
}

func TestWorkgroupInvocations(t *testing.T) {
	for code, want := range map[string]uint64{
		"":                      0,
		"@workgroup_size(64)":   64,
		"@workgroup_size(N, 8)": 8,
		"@workgroup_size ( 4u, 3, 2i ) fn a() {} // @workgroup_size(64)\n@workgroup_size(5) fn b() {}": 24,
	} {
		if got := workgroupInvocations(code); got != want {
			t.Errorf("%s: got %d, want %d", code, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		flops []float64
		want  []int
	}{
		{nil, nil},
		{[]float64{1, 1, 1}, []int{3}},
		{[]float64{10, 10, 10}, []int{3}},
		{[]float64{10, 10, 10, 10}, []int{2, 4}},
		{[]float64{100, 0, 100}, []int{1, 3}},
		{[]float64{0, 0, 100, 100}, []int{3, 4}},
		{[]float64{1, 1, 1, 1000, 1, 1, 1}, []int{3, 4, 7}},
	} {
		var d []Dispatch
		for _, f := range c.flops {
			d = append(d, Dispatch{FLOPs: f})
		}
		if got := split(d, 30); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.flops, got, c.want)
		}
	}
	if got := split([]Dispatch{{Bytes: 10}, {Bytes: 10}}, 30); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("bytes are not counted: %v", got)
	}
}

func TestChoose(t *testing.T) {
	list := []AdapterInfo{
		{Index: 0, Name: "NVIDIA GeForce RTX 3060", Type: Discrete},
		{Index: 1, Name: "Intel(R) UHD Graphics", Type: Integrated},
		{Index: 2, Name: "llvmpipe (LLVM 15.0.6)", Type: CPU},
	}
	for want, i := range map[string]int{"": 0, "1": 1, "intel": 1, "LLVM": 2, "3060": 0} {
		if got, err := Choose(list, want); got != i || err != nil {
			t.Errorf("Choose(%q) = %d, %v, want %d", want, got, err, i)
		}
	}
	_, err := Choose(list, "radeon")
	if err == nil || !strings.Contains(err.Error(), `"radeon"`) || !strings.Contains(err.Error(), "UHD") {
		t.Errorf("an unknown adapter: %v", err)
	}
}

func TestBestFirst(t *testing.T) {
	list := []AdapterInfo{{Name: "d", Type: CPU}, {Name: "c", Type: Other}, {Name: "b", Type: Integrated},
		{Name: "z", Type: Discrete}, {Name: "a", Type: Discrete}}
	slices.SortFunc(list, bestFirst)
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	if got := strings.Join(names, ""); got != "azbcd" {
		t.Errorf("order %s", got)
	}
}
