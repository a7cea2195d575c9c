// Package export turns a trained generator into what others use: a bundle
// (.pxda), which a web page or this program runs as it is, an ONNX model, or
// its plain weights. docs/bundle.md describes the bundle for third parties.
package export

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/safetensors"
)

// Extension is that of a bundle's file name.
const Extension = ".pxda"

// Metadata of a bundle, and its tensors besides the weights.
const (
	format        = "pixelda-generator"
	version       = "1"
	exampleTensor = "example"
	programTensor = "programs"
)

// The buffers through which a host speaks with a bundle's programs.
const (
	sourceBuffer = model.GenerateProgram + ".source"
	noiseBuffer  = model.GenerateProgram + ".z"
	imagesBuffer = model.GenerateProgram + ".images"
	pixelsBuffer = model.GenerateProgram + ".pixels"
)

// resizing names how images of another size are brought to the generator's: the
// mean over the covered area where they are larger, bilinear from the corner
// where they are smaller.
const resizing = "mean, corner-bilinear"

// batches are those of a bundle's programs: one image at once, as in a live
// view, and many.
var batches = []int{1, 16}

// Bundle is a generator with all that is needed to use it.
type Bundle struct {
	Manifest
	Programs []Program
	Example  *datasets.Set // images to try it with, no larger than the generator's
	weights  map[string][]float32
	data     string // the folder of known sets, as its run had it
}

// Manifest is what a bundle states about its generator.
type Manifest struct {
	Generator Architecture     `json:"generator"`
	Input     Input            `json:"input"`
	Classes   []string         `json:"classes"`
	Labels    []uint32         `json:"example_labels"` // of the examples, into Classes; none where they have no labels
	Trained   Origin           `json:"trained"`
	Layout    map[string]Place `json:"layout"` // of each tensor in the programs' buffers
}

// Architecture is the part of model.Config that shapes the generator, under the
// same names.
type Architecture struct {
	Size           int     `json:"size"`
	SourceChannels int     `json:"source_channels"`
	TargetChannels int     `json:"target_channels"`
	NoiseDim       int     `json:"noise_dim"`
	GBlocks        int     `json:"g_blocks"`
	GFilters       int     `json:"g_filters"`
	GResiduals     bool    `json:"g_residuals"`
	GHead          int     `json:"g_head_kernel"`
	BNEpsilon      float64 `json:"bn_epsilon"`
}

// Input says how an image becomes what a program reads, float32 [channels, size, size].
type Input struct {
	Size     int        `json:"size"`
	Channels int        `json:"channels"`
	Range    [2]float64 `json:"range"` // of the bytes 0 and 255
	Resize   string     `json:"resize"`
}

// Origin says where a generator was trained.
type Origin struct {
	Source string `json:"source"`
	Target string `json:"target"`
	Step   int    `json:"step"`
	Seed   uint64 `json:"seed"`
}

// Place is where a tensor lies, as float32, in a buffer of the programs.
type Place struct {
	Buffer string `json:"buffer"`
	Offset uint64 `json:"offset"` // bytes
}

// Program runs the generator on a batch; its kernels suit one kind of driver.
type Program struct {
	Device string       `json:"device"` // "gpu", or "cpu" for software drivers
	Batch  int          `json:"batch"`
	Code   *gpu.Program `json:"program"`
}

// programName tells programs of other batches apart, so that a session holds several.
func programName(batch int) string { return fmt.Sprintf("%s %d", model.GenerateProgram, batch) }

// device spells the kind of an adapter as bundles do.
func device(cpu bool) string {
	if cpu {
		return "cpu"
	}
	return "gpu"
}

// FromCheckpoint makes a bundle of the generator in a checkpoint. SetExamples
// completes it.
func FromCheckpoint(path string) (_ *Bundle, err error) {
	f, st, err := trainer.OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return FromFile(f, st, path)
}

// FromFile is FromCheckpoint for an open checkpoint, which errors call path.
func FromFile(f *safetensors.File, st trainer.State, path string) (*Bundle, error) {
	c := st.Config
	if c.Method != trainer.PixelDA {
		return nil, fmt.Errorf("export: %s is of method %s, which has no generator; export a run of method %s", path, c.Method, trainer.PixelDA)
	}
	n, err := model.NewNetworks(c.Model)
	if err != nil {
		return nil, err
	}
	b := &Bundle{
		Manifest: Manifest{
			Generator: architecture(c.Model),
			Input:     Input{Size: c.Model.Size, Channels: c.Model.SourceChannels, Range: [2]float64{-1, 1}, Resize: resizing},
			Trained:   Origin{Source: c.Source, Target: c.Target, Step: st.Iteration, Seed: c.Seed},
			Layout:    map[string]Place{},
		},
		data: c.Data,
	}
	if b.weights, err = readWeights(n, f); err != nil {
		return nil, fmt.Errorf("export: %s: %w", path, err)
	}
	for _, v := range n.GeneratorVariables() {
		b.Layout[v.Name] = Place{v.Buffer(), 4 * uint64(v.Offset)}
	}
	for _, cpu := range []bool{false, true} {
		for _, batch := range batches {
			p, err := n.Generate(batch, graph.FirstPlan{CPU: cpu})
			if err != nil {
				return nil, err
			}
			p.Name = programName(batch)
			b.Programs = append(b.Programs, Program{device(cpu), batch, p})
		}
	}
	return b, nil
}

// architecture takes the generator's part out of a configuration.
func architecture(c model.Config) Architecture {
	return Architecture{c.Size, c.SourceChannels, c.TargetChannels, c.NoiseDim, c.GBlocks, c.GFilters, c.GResiduals, c.GHead, c.BNEpsilon}
}

// networks lays out the variables of the architecture. The other networks,
// which a bundle has not, are the smallest.
func (a Architecture) networks() (*model.Networks, error) {
	c, err := model.Preset("small")
	if err != nil {
		return nil, err
	}
	c.Size, c.SourceChannels, c.TargetChannels, c.NoiseDim = a.Size, a.SourceChannels, a.TargetChannels, a.NoiseDim
	c.GBlocks, c.GFilters, c.GResiduals, c.GHead, c.BNEpsilon = a.GBlocks, a.GFilters, a.GResiduals, a.GHead, a.BNEpsilon
	c.SimilarityWeight, c.DFilters, c.TowerFilters, c.TowerUnits = 0, 1, [2]int{1, 1}, 1
	return model.NewNetworks(c)
}

// readWeights takes the generator's variables out of a file.
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
		if i := slices.IndexFunc(x, func(f float32) bool { return math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) }); i >= 0 {
			return nil, fmt.Errorf("tensor %q holds %g; the training diverged, take an earlier checkpoint", v.Name, x[i])
		}
		weights[v.Name] = x
	}
	return weights, nil
}

// OpenSource opens images for the generator: those of spec, or of the set that
// it was trained on where spec is empty. Known sets lie in the folder data; if
// that is empty, in the run's.
func (b *Bundle) OpenSource(spec, data string) (datasets.Splits, error) {
	if spec == "" {
		spec = b.Trained.Source
	}
	if data == "" {
		data = b.data
	}
	c := trainer.Config{Data: data, Seed: b.Trained.Seed}
	c.Model.Size, c.Model.SourceChannels = b.Input.Size, b.Input.Channels
	return trainer.OpenSource(c, spec)
}

// exampleBytes bounds the pixels of a bundle's examples, beyond the first.
const exampleBytes = 256 << 10

// SetExamples takes the first image of each class, or the first of all where
// images have no labels, as the images to try the generator with.
func (b *Bundle) SetExamples(images *datasets.Set) error {
	if images.Len() == 0 {
		return fmt.Errorf("export: there are no images for examples")
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
