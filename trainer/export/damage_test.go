package export

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/safetensors"
)

// written is a bundle's file.
func written(t testing.TB, b *Bundle) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := b.Write(&file, false); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// rewrite writes a bundle's file again with metadata and tensors changed.
func rewrite(t *testing.T, file []byte, change func(meta map[string]string, tensors map[string][]byte)) []byte {
	t.Helper()
	f, err := safetensors.Read(bytes.NewReader(file), int64(len(file)), "bundle")
	if err != nil {
		t.Fatal(err)
	}
	meta, tensors := maps.Clone(f.Metadata()), map[string][]byte{}
	for _, name := range f.Names() {
		if tensors[name], err = f.Bytes(name); err != nil {
			t.Fatal(err)
		}
	}
	change(meta, tensors)
	w := safetensors.NewWriter(meta)
	for name, raw := range tensors {
		dtype, err := f.DType(name)
		if err != nil {
			t.Fatal(err)
		}
		shape, err := f.Shape(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == programTensor {
			shape = []int{len(raw)}
		}
		w.Bytes(name, dtype, shape, raw)
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestRefusesDamage(t *testing.T) {
	made, _ := exported(t, nil)
	file := written(t, made)
	manifest := func(old, new string) func(map[string]string, map[string][]byte) {
		return func(meta map[string]string, _ map[string][]byte) {
			if !strings.Contains(meta["manifest"], old) {
				t.Fatalf("the manifest has no %s: %s", old, meta["manifest"])
			}
			meta["manifest"] = strings.Replace(meta["manifest"], old, new, 1)
		}
	}
	programs := func(change func(p []Program) []Program) func(map[string]string, map[string][]byte) {
		return func(_ map[string]string, tensors map[string][]byte) {
			b, err := Read(bytes.NewReader(file), int64(len(file)), "bundle")
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(change(b.Programs))
			if err != nil {
				t.Fatal(err)
			}
			tensors[programTensor] = zipped(t, text)
		}
	}
	for _, c := range []struct {
		want   string
		change func(meta map[string]string, tensors map[string][]byte)
	}{
		{`its format is "pixelda-checkpoint"`, func(m map[string]string, _ map[string][]byte) {
			m["format"] = "pixelda-checkpoint"
		}},
		{`its version is "2" and this program reads version 1`, func(m map[string]string, _ map[string][]byte) {
			m["version"] = "2"
		}},
		{"metadata manifest", func(m map[string]string, _ map[string][]byte) { m["manifest"] = "{" }},
		{"size is 100000", manifest(`"size":12`, `"size":100000`)},
		{`tensor "generator.noise.fc.weight" has shape [144 10]; this generator's has [144 11]`,
			manifest(`"noise_dim":10`, `"noise_dim":11`)},
		{`"generator.stem.bias": is not in the file`, func(_ map[string]string, x map[string][]byte) {
			delete(x, "generator.stem.bias")
		}},
		{"input is 12 pixels with 1 channels", manifest(`"channels":3`, `"channels":1`)},
		{"version 1 knows", manifest(`"range":[-1,1]`, `"range":[0,1]`)},
		{"version 1 knows", manifest(resizing, "nearest")},
		{"has no place in the layout", manifest(`"generator.head.bias":`, `"generator.head.bia":`)},
		{`of buffer "generator.value", which has 0`,
			manifest(`"buffer":"generator.values"`, `"buffer":"generator.value"`)},
		{`tensor "generator.head.bias": bytes 18446744073709551612+12`,
			manifest(`"generator.head.bias":{"buffer":"generator.values","offset":`,
				`"generator.head.bias":{"buffer":"generator.values","offset":18446744073709551612,"was":`)},
		{"example_labels", manifest(`"example_labels":[0,`, `"example_labels":[10,`)},
		{"example_labels", manifest(`"example_labels":[0,`, `"example_labels":[`)},
		{`"example": is not in the file`, func(_ map[string]string, x map[string][]byte) { delete(x, exampleTensor) }},
		{`tensor "programs": gzip`, func(_ map[string]string, x map[string][]byte) {
			x[programTensor] = []byte("plain text")
		}},
		{`tensor "programs": unexpected EOF`, func(_ map[string]string, x map[string][]byte) {
			x[programTensor] = x[programTensor][:len(x[programTensor])/2]
		}},
		{"unpacks to more than", func(_ map[string]string, x map[string][]byte) {
			x[programTensor] = zipped(t, make([]byte, maxPrograms+1))
		}},
		{"there are no programs", programs(func([]Program) []Program { return nil })},
		{`program 0: device "npu"`, programs(func(p []Program) []Program { p[0].Device = "npu"; return p })},
		{"program 1: a batch of 0", programs(func(p []Program) []Program { p[1].Batch = 0; return p })},
		{"a batch of 17 takes", programs(func(p []Program) []Program { p[1].Batch = 17; return p })},
		{"program 0: device", programs(func(p []Program) []Program { p[0].Code = nil; return p })},
		{"storage bindings", programs(func(p []Program) []Program {
			d := &p[0].Code.Dispatches[0]
			for i := range 9 {
				d.Bindings = append(d.Bindings, gpu.Binding{Index: uint32(20 + i), Buffer: 0, Size: 4,
					Access: gpu.Read})
			}
			return p
		})},
	} {
		damaged := rewrite(t, file, c.change)
		_, err := Read(bytes.NewReader(damaged), int64(len(damaged)), "digits.pxda")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "digits.pxda") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// FuzzRead wants any bytes to give a bundle that can be used, or an error.
func FuzzRead(f *testing.F) {
	made, _ := exported(f, plain)
	made.Programs = made.Programs[:1] // small, without shaders, so that mutations hit the rest
	for i := range made.Programs[0].Code.Modules {
		made.Programs[0].Code.Modules[i].Code = ""
	}
	file := written(f, made)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Read(bytes.NewReader(data), int64(len(data)), "fuzz")
		if err != nil {
			return
		}
		if err := b.check(); err != nil {
			t.Errorf("what was read is no bundle: %v", err)
		}
		var out bytes.Buffer
		if err := b.Write(&out, false); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
		if err := b.WriteONNX(&out); err != nil {
			t.Errorf("what was read makes no ONNX model: %v", err)
		}
	})
}
