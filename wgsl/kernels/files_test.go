package kernels_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/kernels"
)

var parameterRE = regexp.MustCompile(
	`(?m)^const (\w+)\s*:\s*(u32|i32|f32|bool)\s*=\s*(-?[\d.]+(?:e-?\d+)?|true|false)[uf]?;`)

// TestFiles compiles every kernel with the constants that its file states, and
// checks what the files promise: bindings numbered apart, workgroups that any
// adapter runs, a Dispatch line for the reader.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("*.wgsl")
	if err != nil || len(files) == 0 {
		t.Fatal("no kernels", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(src), "fn main(") {
			continue // a library
		}
		t.Run(file, func(t *testing.T) {
			if !strings.Contains(constructors(t), strconv.Quote(file)) {
				t.Error("no Go file of this folder makes a kernel of it")
			}
			if !strings.Contains(string(src), "Dispatch: ") {
				t.Error("the head comment has no Dispatch line")
			}
			p := expand.Params{}
			for _, m := range parameterRE.FindAllStringSubmatch(string(src), -1) {
				name, kind, value := m[1], m[2], m[3]
				switch kind {
				case "bool":
					p[name] = value == "true"
				case "f32":
					p[name], _ = strconv.ParseFloat(value, 64)
				default:
					n, err := strconv.Atoi(value)
					if err != nil {
						t.Fatal(err)
					}
					p[name] = n
				}
			}
			code, bindings, err := expand.Specialize(kernels.Library, file, p, false)
			if err != nil {
				t.Fatal(err)
			}
			d := gpu.Dispatch{Label: file, Workgroups: [3]uint32{1, 1, 1}}
			prog := &gpu.Program{Name: file, Modules: []gpu.Module{{Label: file, Code: code}}}
			storage := 0
			for i, b := range bindings {
				if i > 0 && bindings[i-1].Index == b.Index {
					t.Errorf("%s and %s share binding %d", bindings[i-1].Name, b.Name, b.Index)
				}
				if b.Access != "uniform" {
					storage++
				}
				prog.Buffers = append(prog.Buffers, gpu.Buffer{Name: b.Name, Size: kernels.MaxUniformBinding})
				d.Bindings = append(d.Bindings, gpu.Binding{Index: b.Index, Buffer: i, Size: kernels.MaxUniformBinding,
					Access: gpu.Access(b.Access)})
			}
			if storage > 8 {
				t.Errorf("%d storage buffers, more than 8", storage)
			}
			prog.Dispatches = []gpu.Dispatch{d}
			s, err := gputest.Device(t).Load(prog)
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
		})
	}
}

// constructors is the Go code of this folder, without tests.
func constructors(t *testing.T) string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(code)
	}
	return all.String()
}
