// Package export turns a trained generator into what others can use: a bundle (.pxda), which a web
// page or this program runs as it is, an ONNX model, or only the weights. docs/bundle.md describes
// the bundle for third parties.
package export

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
	"pixelda-wgpu/wgsl/plan"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/export"

// Extension is the ending of a bundle's file name.
const Extension = ".pxda"

// Metadata of a bundle, and its tensors apart from the weights.
const (
	format        = "pixelda-generator"
	version       = "1"
	exampleTensor = "example"
	programTensor = "programs"
)

// The buffers through which a host communicates with a bundle's programs.
const (
	sourceBuffer = model.GenerateProgram + ".source"
	noiseBuffer  = model.GenerateProgram + ".z"
	imagesBuffer = model.GenerateProgram + ".images"
	pixelsBuffer = model.GenerateProgram + ".pixels"
)

// batches are the batch sizes of a bundle's programs: one image at a time, as in a live view, and
// many.
var batches = []int{1, 16}

// Bundle is a generator with everything needed to use it.
type Bundle struct {
	Manifest
	Programs []Program
	Example  *datasets.Set // images to try it with, no larger than the generator's
	weights  map[string][]float32
	data     string // the folder of known sets that its run used
}

// Program runs the generator on a batch; its kernels suit one kind of driver.
type Program struct {
	Device string       `json:"device"` // "gpu", or "cpu" for software drivers
	Batch  int          `json:"batch"`
	Code   *gpu.Program `json:"program"`
}

// programName distinguishes programs for different batches, so that a session can hold several.
func programName(batch int) string { return fmt.Sprintf("%s %d", model.GenerateProgram, batch) }

// device spells the kind of an adapter as bundles do.
func device(cpu bool) string {
	if cpu {
		return "cpu"
	}
	return "gpu"
}

// FromCheckpoint makes a bundle of the generator in a checkpoint. SetExamples completes it.
func FromCheckpoint(path string) (_ *Bundle, err error) {
	f, st, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return FromFile(f, st, path)
}

// FromFile is FromCheckpoint for an open checkpoint, called path in errors.
func FromFile(f *safetensors.File, st checkpoint.State, path string) (*Bundle, error) {
	c := st.Config
	if c.Method != recipe.PixelDA {
		return nil, origin.Errorf("%s is of method %s, which has no generator; export a run of method %s", path,
			c.Method, recipe.PixelDA)
	}
	n, err := model.NewNetworks(model.Config(c.Model))
	if err != nil {
		return nil, err
	}
	b := &Bundle{
		Manifest: Manifest{
			Generator: architecture(c.Model),
			Input: Input{Size: c.Model.Size, Channels: c.Model.SourceChannels, Range: [2]float64{-1, 1},
				Resize: resizing},
			Trained: Origin{Source: c.Source, Target: c.Target, Step: st.Iteration, Seed: c.Seed},
			Layout:  map[string]Place{},
		},
		data: c.Data,
	}
	if b.weights, err = readWeights(n, f); err != nil {
		return nil, origin.Errorf("%s: %w", path, err)
	}
	for _, v := range n.GeneratorVariables() {
		b.Layout[v.Name] = Place{v.Buffer(), 4 * uint64(v.Offset)}
	}
	for _, target := range []*plan.Target{&plan.DiscreteGPU, &plan.SwiftShader} {
		for _, batch := range batches {
			p, err := n.Generate(batch, graph.Rule{For: target})
			if err != nil {
				return nil, err
			}
			p.Name = programName(batch)
			b.Programs = append(b.Programs, Program{device(target.Software), batch, p})
		}
	}
	return b, nil
}

// readWeights reads the generator's variables from a file.
func readWeights(n *model.Networks, f *safetensors.File) (map[string][]float32, error) {
	weights := map[string][]float32{}
	for _, v := range n.GeneratorVariables() {
		dims, err := f.Shape(v.Name)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(dims, v.Dims) {
			return nil, fmt.Errorf("tensor %q has shape %v; this generator's has %v", v.Name, dims, v.Dims)
		}
		x, err := f.Float32s(v.Name)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(x, func(f float32) bool {
			return math.IsNaN(float64(f)) || math.IsInf(float64(f), 0)
		}); i >= 0 {
			return nil, fmt.Errorf("tensor %q holds %g; the training diverged, take an earlier checkpoint", v.Name,
				x[i])
		}
		weights[v.Name] = x
	}
	return weights, nil
}

// OpenSource opens images for the generator: those of spec or, if that is empty, of the set that it
// was trained on. Known sets are in the folder data or, if that is empty, in the run's.
func (b *Bundle) OpenSource(spec, data string) (datasets.Splits, error) {
	if spec == "" {
		spec = b.Trained.Source
	}
	if data == "" {
		data = b.data
	}
	c := recipe.Config{Data: data, Seed: b.Trained.Seed}
	c.Model.Size, c.Model.SourceChannels = b.Input.Size, b.Input.Channels
	return engine.OpenSource(c, spec)
}

// exampleBytes limits the pixels of a bundle's examples after the first.
const exampleBytes = 256 << 10

// SetExamples takes the first image of each class, or the first images if they have no labels, as
// the images to try the generator with.
func (b *Bundle) SetExamples(images *datasets.Set) error {
	if images.Len() == 0 {
		return origin.Errorf("there are no images for examples")
	}
	most := max(1, exampleBytes/images.ImageBytes())
	var picked []int
	for class := range images.Classes {
		if i := slices.Index(images.Labels, uint32(class)); i >= 0 && len(picked) < most {
			picked = append(picked, i)
		}
	}
	if len(picked) == 0 {
		picked = []int{0}
	}
	b.Example = images.Subset(picked)
	b.Classes, b.Labels = b.Example.Classes, b.Example.Labels
	return b.check()
}

// Parameters is the number of values that were trained.
func (b *Bundle) Parameters() int {
	n := 0
	for name, x := range b.weights {
		if !strings.Contains(name, ".running_") {
			n += len(x)
		}
	}
	return n
}
