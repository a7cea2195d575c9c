package safetensors_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/trainer/safetensors"
)

func open(t *testing.T, data []byte) *safetensors.File {
	t.Helper()
	f, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), "test")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func encode(t *testing.T, w *safetensors.Writer) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := w.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo = %d, %v; wrote %d bytes", n, err, b.Len())
	}
	return b.Bytes()
}

// The committed traces were written by other code, so they check the format and not only a round trip.
func TestOpenTrace(t *testing.T) {
	f, err := safetensors.Open("../../testdata/traces/odd-20.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Metadata()["format"]; got != "pixelda-trace" {
		t.Errorf("format = %q", got)
	}
	shape, err := f.Shape("init.task.shared.fc1.weight")
	if err != nil || !slices.Equal(shape, []int{100, 48 * 5 * 5}) {
		t.Errorf("shape = %v, %v", shape, err)
	}
	images, err := f.Float32s("step0.d_source")
	if err != nil || len(images) != 5*3*20*20 {
		t.Fatalf("%d values, %v", len(images), err)
	}
	for _, v := range images {
		if !(v >= -1 && v <= 1) {
			t.Fatalf("pixel %g is outside [-1, 1]", v)
		}
	}
	loss, err := f.Float64s("step0.d_loss")
	if err != nil || len(loss) != 1 || !(loss[0] > 0) {
		t.Errorf("d_loss = %v, %v", loss, err)
	}
	labels, err := f.Int32s("step0.d_labels")
	if err != nil || len(labels) != 5 || slices.Min(labels) < 0 || slices.Max(labels) > 4 {
		t.Errorf("labels = %v, %v", labels, err)
	}
}

func TestEveryType(t *testing.T) {
	w := safetensors.NewWriter(map[string]string{"a": "<é>", "": ""})
	w.Float64s("f64", nil, []float64{math.Pi})
	w.Float32s("f32", []int{2, 1}, []float32{float32(math.Inf(-1)), 0x1p-149})
	w.Float16s("f16", []int{3}, []float32{-0.5, 65504, 1e6})
	w.Bytes("bf16", safetensors.BF16, []int{1}, []byte{0x80, 0xbf})
	w.Int64s("i64", []int{1}, []int64{math.MinInt64})
	w.Int32s("i32", []int{1, 2}, []int32{-7, math.MaxInt32})
	w.Bytes("u32", safetensors.U32, []int{1}, []byte{255, 255, 255, 255})
	w.Bytes("i16", safetensors.I16, []int{1}, []byte{0xfe, 0xff})
	w.Bytes("u16", safetensors.U16, []int{1}, []byte{0xfe, 0xff})
	w.Bytes("i8", safetensors.I8, []int{1}, []byte{0xff})
	w.Bytes("u8", safetensors.U8, []int{0, 3}, nil)
	f := open(t, encode(t, w))

	check := func(name string, got, want any, err error) {
		t.Helper()
		if err != nil || !equal(got, want) {
			t.Errorf("%s = %v, %v; want %v", name, got, err, want)
		}
	}
	f64, err := f.Float64s("f64")
	check("f64", f64, []float64{math.Pi}, err)
	f64, err = f.Float64s("f32")
	check("f32", f64, []float64{math.Inf(-1), 0x1p-149}, err)
	f32, err := f.Float32s("f16")
	check("f16", f32, []float32{-0.5, 65504, float32(math.Inf(1))}, err)
	f32, err = f.Float32s("bf16")
	check("bf16", f32, []float32{-1}, err)
	i64, err := f.Int64s("i64")
	check("i64", i64, []int64{math.MinInt64}, err)
	i64, err = f.Int64s("u32")
	check("u32", i64, []int64{math.MaxUint32}, err)
	i32, err := f.Int32s("i32")
	check("i32", i32, []int32{-7, math.MaxInt32}, err)
	i32, err = f.Int32s("i16")
	check("i16", i32, []int32{-2}, err)
	i32, err = f.Int32s("u16")
	check("u16", i32, []int32{65534}, err)
	i32, err = f.Int32s("i8")
	check("i8", i32, []int32{-1}, err)
	i32, err = f.Int32s("u8")
	check("u8", i32, []int32{}, err)
	shape, err := f.Shape("u8")
	check("shape of u8", shape, []int{0, 3}, err)

	if f.Metadata()["a"] != "<é>" || len(f.Metadata()) != 2 {
		t.Errorf("metadata = %q", f.Metadata())
	}
	want := []string{"f64", "i64", "f32", "i32", "u32", "bf16", "f16", "i16", "u16", "i8", "u8"}
	if got := f.Names(); !slices.Equal(got, want) {
		t.Errorf("names = %q, want %q", got, want)
	}
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case []float64:
		return slices.Equal(a, b.([]float64))
	case []float32:
		return slices.Equal(a, b.([]float32))
	case []int64:
		return slices.Equal(a, b.([]int64))
	case []int32:
		return slices.Equal(a, b.([]int32))
	case []int:
		return slices.Equal(a, b.([]int))
	}
	return false
}

func TestReadMistakes(t *testing.T) {
	w := safetensors.NewWriter(nil)
	w.Float64s("x", []int{2}, []float64{1, 2})
	f := open(t, encode(t, w))
	if _, err := f.Float32s("x"); err == nil ||
		err.Error() != `test: tensor "x": is F64, which is not read as float32` {
		t.Errorf("Float32s of F64: %v", err)
	}
	_, err := f.Shape("y")
	if !errors.Is(err, safetensors.ErrMissing) || !strings.Contains(err.Error(), `"y"`) {
		t.Errorf("Shape of a missing tensor: %v", err)
	}
	if f.Has("y") || !f.Has("x") {
		t.Error("Has is wrong")
	}
}

func TestWriteMistakes(t *testing.T) {
	tests := map[string]func(w *safetensors.Writer){
		`tensor "x": 3 values for shape [2]`: func(w *safetensors.Writer) {
			w.Float32s("x", []int{2}, make([]float32, 3))
		},
		`tensor "x": 0 values for shape []`:     func(w *safetensors.Writer) { w.Float32s("x", nil, nil) },
		`tensor "x": shape [-1] has a negative`: func(w *safetensors.Writer) { w.Int32s("x", []int{-1}, nil) },
		`larger than any file`: func(w *safetensors.Writer) {
			w.Int32s("x", []int{math.MaxInt, 4}, nil)
		},
		`tensor "__metadata__": not a name`: func(w *safetensors.Writer) {
			w.Int32s("__metadata__", []int{0}, nil)
		},
		`tensor "\xff": not a name`: func(w *safetensors.Writer) { w.Int32s("\xff", []int{0}, nil) },
		`tensor "x": dtype "F4" is none`: func(w *safetensors.Writer) {
			w.Bytes("x", "F4", []int{0}, nil)
		},
		`tensor "x": 3 bytes are no whole number of F`: func(w *safetensors.Writer) {
			w.Bytes("x", safetensors.F32, []int{0}, make([]byte, 3))
		},
		`tensor "x": added twice`: func(w *safetensors.Writer) {
			w.Int32s("x", []int{0}, nil)
			w.Int64s("x", []int{0}, nil)
		},
	}
	for want, add := range tests {
		w := safetensors.NewWriter(nil)
		add(w)
		w.Float32s("fine", []int{1}, []float32{1})
		var b bytes.Buffer
		if _, err := w.WriteTo(&b); err == nil || fault.Of(err) == "" ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if b.Len() > 0 {
			t.Errorf("%s: wrote %d bytes", want, b.Len())
		}
	}
}

func TestSave(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.safetensors")
	for _, v := range []float32{1, 2} { // the second replaces the first
		w := safetensors.NewWriter(nil)
		w.Float32s("x", []int{1}, []float32{v})
		if err := w.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	wrong := safetensors.NewWriter(nil)
	wrong.Float32s("x", []int{2}, nil)
	if err := wrong.Save(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("saving a mistake: %v", err)
	}
	if err := safetensors.NewWriter(nil).Save(filepath.Join(folder, "none", "a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("saving in a missing folder: %v", err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if x, err := f.Float32s("x"); err != nil || x[0] != 2 {
		t.Errorf("x = %v, %v", x, err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v left behind, %v", entries, err)
	}
}

type failing struct{ room int }

func (f *failing) Write(p []byte) (int, error) {
	n := min(len(p), f.room)
	f.room -= n
	if n < len(p) {
		return n, errors.New("disk is full")
	}
	return n, nil
}

func TestWriteToFailure(t *testing.T) {
	w := safetensors.NewWriter(nil)
	w.Float32s("x", []int{100}, make([]float32, 100))
	for _, room := range []int{0, 20, 200} {
		n, err := w.WriteTo(&failing{room})
		if n != int64(room) || err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("room %d: %d, %v", room, n, err)
		}
	}
}

var types = []safetensors.DType{
	safetensors.Bool, safetensors.U8, safetensors.I8, safetensors.U16, safetensors.I16, safetensors.F16,
	safetensors.BF16,
	safetensors.U32, safetensors.I32, safetensors.F32, safetensors.U64, safetensors.I64, safetensors.F64,
}

// Any tensors come back as they were, each aligned to its element, and the order of adding them
// leaves no mark.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type entry struct {
			dtype safetensors.DType
			shape []int
			raw   []byte
		}
		entries := map[string]entry{}
		for range rapid.IntRange(0, 8).Draw(t, "count") {
			e := entry{dtype: rapid.SampledFrom(types).Draw(t, "dtype")}
			e.shape = rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
			size := e.dtype.Size()
			for _, n := range e.shape {
				size *= n
			}
			e.raw = rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "raw")
			name := rapid.String().Draw(t, "name")
			if name != "__metadata__" {
				entries[name] = e
			}
		}
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
		write := func(names []string) []byte {
			w := safetensors.NewWriter(metadata)
			for _, name := range names {
				e := entries[name]
				w.Bytes(name, e.dtype, e.shape, e.raw)
			}
			var b bytes.Buffer
			if _, err := w.WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		var names []string
		for name := range entries {
			names = append(names, name)
		}
		data := write(names)
		slices.Reverse(names)
		if !bytes.Equal(data, write(names)) {
			t.Fatal("the order of adding shows")
		}
		f, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), "test")
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Names()) != len(entries) || len(f.Metadata()) != len(metadata) {
			t.Fatalf("%d tensors, %d metadata", len(f.Names()), len(f.Metadata()))
		}
		for key, value := range metadata {
			if f.Metadata()[key] != value {
				t.Fatalf("metadata %q = %q, want %q", key, f.Metadata()[key], value)
			}
		}
		for name, e := range entries {
			dtype, _ := f.DType(name)
			shape, _ := f.Shape(name)
			raw, err := f.Bytes(name)
			if err != nil || dtype != e.dtype || !slices.Equal(shape, e.shape) || !bytes.Equal(raw, e.raw) {
				t.Fatalf("%q = %s %v %v, %v; want %s %v %v", name, dtype, shape, raw, err, e.dtype, e.shape, e.raw)
			}
		}
	})
}
