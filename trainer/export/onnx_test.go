package export

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
)

// onnxTolerance is absolute, for values in [−1, 1]: float32 sums of some dozens
// of terms in two orders, a few layers deep, differ by some 1e-6.
const onnxTolerance = 1e-4

// TestONNX compares an exported model on ONNX Runtime, which also checks that it
// is valid, with the generator on the GPU, at batch sizes that no program has.
func TestONNX(t *testing.T) {
	if _, err := os.Stat("../../web/node_modules/onnxruntime-node"); err != nil {
		t.Fatalf("ONNX Runtime is not installed (%v); run make setup-web", err)
	}
	for name, change := range map[string]func(*recipe.Config){
		"with noise": nil, "plain": plain, "RGB-D": deep,
		"no blocks": func(c *recipe.Config) { c.Model.GBlocks = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := exported(t, change)
			dir := t.TempDir()
			model := filepath.Join(dir, "model.onnx")
			file, err := os.Create(model)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.WriteONNX(file); err != nil {
				t.Fatal(err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			for _, batch := range []int{1, 5} {
				x := randomInputs(b.Generator, batch)
				got, want := onRuntime(t, model, x), onGPU(t, b, x)
				worst := 0.0
				for i := range want {
					worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
				}
				t.Logf("batch %d: %.2g apart at worst", batch, worst)
				if !(worst <= onnxTolerance) {
					t.Errorf("batch %d: %g apart, more than %g", batch, worst, onnxTolerance)
				}
			}
		})
	}
}

// inputs of a generator.
type inputs struct {
	batch    int
	image, z []float32
	dims     [2]string // of both, as the script takes them
}

func randomInputs(a Architecture, batch int) inputs {
	r := rand.New(rand.NewPCG(5, uint64(batch)))
	uniform := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 2*r.Float32() - 1
		}
		return x
	}
	return inputs{
		batch, uniform(batch * a.SourceChannels * a.Size * a.Size), uniform(batch * a.NoiseDim),
		[2]string{fmt.Sprintf("%d,%d,%d,%d", batch, a.SourceChannels, a.Size, a.Size),
			fmt.Sprintf("%d,%d", batch, a.NoiseDim)},
	}
}

// onRuntime runs a model file on ONNX Runtime.
func onRuntime(t *testing.T, model string, x inputs) []float32 {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	args := []string{"testdata/onnx.mjs", model, out}
	for i, values := range [][]float32{x.image, x.z} {
		if len(values) == 0 {
			continue
		}
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, gpu.Bytes(values), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, []string{"image", "z"}[i], x.dims[i], path)
	}
	// Its warnings, of shapes that do not fit what it infers, fail the test too.
	if text, err := exec.Command("node", args...).CombinedOutput(); err != nil || len(text) > 0 {
		t.Fatalf("node %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, len(raw)/4)
	copy(gpu.Bytes(values), raw)
	return values
}

// onGPU runs the generator as a program made for the batch.
func onGPU(t *testing.T, b *Bundle, x inputs) []float32 {
	t.Helper()
	d := gputest.Device(t)
	n, err := b.Generator.networks()
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.Generate(x.batch, graph.RuleFor(d.Info()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Load(p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, values := range b.weights {
		if err := s.Write(b.Layout[name].Buffer, b.Layout[name].Offset, gpu.Bytes(values)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Write(sourceBuffer, 0, gpu.Bytes(x.image)); err != nil {
		t.Fatal(err)
	}
	if len(x.z) > 0 {
		if err := s.Write(noiseBuffer, 0, gpu.Bytes(x.z)); err != nil {
			t.Fatal(err)
		}
	}
	out := make([]float32, x.batch*b.Generator.TargetChannels*b.Generator.Size*b.Generator.Size)
	if err := s.Run(p.Name); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(imagesBuffer, 0, gpu.Bytes(out)); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestONNXMistakes keeps the builder's own checks from passing everything.
func TestONNXMistakes(t *testing.T) {
	for want, build := range map[string]func(g *onnxGraph){
		"two values are named": func(g *onnxGraph) { g.input("x", []int{1}); g.floats("x", []float32{1}, 1) },
		"not computed before":  func(g *onnxGraph) { g.node("Relu", "y", []int{1}, nil, "x") },
		"has 2 values for":     func(g *onnxGraph) { g.floats("w", []float32{1, 2}, 3) },
	} {
		g := &onnxGraph{shapes: map[string][]int{}}
		if build(g); g.err == nil || !strings.Contains(g.err.Error(), want) {
			t.Errorf("error %v, want %q", g.err, want)
		}
	}
}
