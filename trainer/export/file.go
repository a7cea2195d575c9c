package export

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/trainer/safetensors"
)

// maxPrograms limits the programs' JSON, so that a small file cannot unpack to more than memory
// holds.
const maxPrograms = 64 << 20

// Write writes the bundle, with its weights rounded to float16 if half is set.
func (b *Bundle) Write(w io.Writer, half bool) error {
	if err := b.check(); err != nil {
		return err
	}
	manifest, err := json.Marshal(b.Manifest)
	if err != nil {
		return origin.Errorf("%w", err)
	}
	programs, err := packPrograms(b.Programs)
	if err != nil {
		return origin.Errorf("%w", err)
	}
	f := safetensors.NewWriter(map[string]string{"format": format, "version": version, "manifest": string(manifest)})
	if err := b.addWeights(f, half); err != nil {
		return err
	}
	e := b.Example
	f.Bytes(exampleTensor, safetensors.U8, []int{e.Len(), e.Height, e.Width, e.Channels}, e.Pixels())
	f.Bytes(programTensor, safetensors.U8, []int{len(programs)}, programs)
	_, err = f.WriteTo(w)
	return err
}

// WriteWeights writes a safetensors file of the weights alone, under PyTorch's names, as float16 if
// half is set.
func (b *Bundle) WriteWeights(w io.Writer, half bool) error {
	manifest, err := json.Marshal(b.Generator)
	if err != nil {
		return origin.Errorf("%w", err)
	}
	f := safetensors.NewWriter(map[string]string{"format": "pt", "generator": string(manifest)})
	if err := b.addWeights(f, half); err != nil {
		return err
	}
	_, err = f.WriteTo(w)
	return err
}

func (b *Bundle) addWeights(f *safetensors.Writer, half bool) error {
	n, err := b.Generator.networks()
	if err != nil {
		return err
	}
	const largestHalf = 65504
	for _, v := range n.GeneratorVariables() {
		x := b.weights[v.Name]
		if !half {
			f.Float32s(v.Name, v.Dims, x)
			continue
		}
		if i := slices.IndexFunc(x, func(v float32) bool { return math.Abs(float64(v)) > largestHalf }); i >= 0 {
			return origin.Errorf("tensor %q holds %g, more than float16 can; leave out -f16", v.Name, x[i])
		}
		f.Float16s(v.Name, v.Dims, x)
	}
	return nil
}

// packPrograms is the JSON of the programs, compressed: they are shader text, which repeats itself
// twentyfold.
func packPrograms(programs []Program) ([]byte, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	e := json.NewEncoder(z)
	e.SetEscapeHTML(false)
	if err := errors.Join(e.Encode(programs), z.Close()); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// Open reads the bundle at path.
func Open(path string) (_ *Bundle, err error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := read(f)
	if err != nil {
		return nil, origin.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// Read reads a bundle of size bytes, called name in errors.
func Read(r io.ReaderAt, size int64, name string) (*Bundle, error) {
	f, err := safetensors.Read(r, size, name)
	if err != nil {
		return nil, err
	}
	b, err := read(f)
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	return b, nil
}

func read(f *safetensors.File) (*Bundle, error) {
	meta := f.Metadata()
	if meta["format"] != format {
		return nil, fmt.Errorf("this is no generator bundle: its format is %q, not %q", meta["format"], format)
	}
	if meta["version"] != version {
		return nil,
			fmt.Errorf("its version is %q and this program reads version %s; export it again, or use a newer program",
				meta["version"], version)
	}
	b := new(Bundle)
	if err := json.Unmarshal([]byte(meta["manifest"]), &b.Manifest); err != nil {
		return nil, fmt.Errorf("metadata manifest: %w", err)
	}
	n, err := b.Generator.networks()
	if err != nil {
		return nil, err
	}
	if b.weights, err = readWeights(n, f); err != nil {
		return nil, err
	}
	if b.Example, err = readExample(f); err != nil {
		return nil, err
	}
	if b.Programs, err = readPrograms(f); err != nil {
		return nil, err
	}
	return b, b.check()
}

func readExample(f *safetensors.File) (*datasets.Set, error) {
	shape, err := f.Shape(exampleTensor)
	if err != nil {
		return nil, err
	}
	if t, err := f.DType(exampleTensor); err != nil || t != safetensors.U8 || len(shape) != 4 {
		return nil, errors.Join(err, fmt.Errorf("tensor %q is %s %v; want U8 [images, height, width, channels]",
			exampleTensor, t, shape))
	}
	pixels, err := f.Bytes(exampleTensor)
	return datasets.Set{Name: exampleTensor, Height: shape[1], Width: shape[2], Channels: shape[3]}.Of(pixels),
		err
}

func readPrograms(f *safetensors.File) ([]Program, error) {
	packed, err := f.Bytes(programTensor)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", programTensor, err)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxPrograms+1))
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", programTensor, err)
	}
	if len(text) > maxPrograms {
		return nil, fmt.Errorf("tensor %q unpacks to more than %d bytes", programTensor, maxPrograms)
	}
	var programs []Program
	if err := json.Unmarshal(text, &programs); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", programTensor, err)
	}
	return programs, nil
}
