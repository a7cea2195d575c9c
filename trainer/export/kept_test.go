package export

import (
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/trainer/safetensors"
)

const kept = "../../testdata/kept"

// The bundle that commit 1a0b63a wrote (testdata/kept) states what it stated, has the
// weights of the checkpoint that it was made from, and by each of its kinds of kernels
// makes the images that it made, to a level of 255: drivers differ in the last bits of a
// tanh.
func TestKeptBundle(t *testing.T) {
	b, err := Open(filepath.Join(kept, "generator.pxda"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Architecture{
		Size: 16, SourceChannels: 3, TargetChannels: 3, NoiseDim: 3,
		GBlocks: 1, GFilters: 4, GResiduals: true, GHead: 1, BNEpsilon: 1e-3,
	}); b.Generator != want {
		t.Errorf("architecture %+v", b.Generator)
	}
	if want := (Origin{Source: "source.pxds", Target: "target.pxds", Step: 2, Seed: 7}); b.Trained != want {
		t.Errorf("trained %+v", b.Trained)
	}
	if !slices.Equal(b.Classes, []string{"cross", "ring"}) || !slices.Equal(b.Labels, []uint32{0, 1}) ||
		b.Example.Len() != 2 || b.Example.Width != 16 || b.Example.Channels != 1 {
		t.Errorf("%d examples of classes %v in %v", b.Example.Len(), b.Labels, b.Classes)
	}
	if len(b.weights) != 16 || b.Parameters() != 256*3+256+4*4*9+4+2*(4*4*9+4)+3*4+3 {
		t.Errorf("%d tensors of %d parameters", len(b.weights), b.Parameters())
	}
	checkpoint, err := safetensors.Open(filepath.Join(kept, "run", "checkpoints", "step-00000002.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer checkpoint.Close()
	for name, got := range b.weights {
		if want, err := checkpoint.Float32s(name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is not the checkpoint's (%v)", name, err)
		}
	}

	sources, err := open.Splits(filepath.Join(kept, "source.pxds"), datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, programs := gputest.Device(t), b.Programs
	for _, device := range []string{"gpu", "cpu"} {
		b.Programs = slices.DeleteFunc(slices.Clone(programs), func(p Program) bool { return p.Device != device })
		g, err := b.Load(d)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		for from, n := range []int{1, 16} { // both batches
			images, err := g.Adapt(sources.Train.Slice(from, from+min(n, 15)), 3, from)
			if err != nil {
				t.Fatal(err)
			}
			want := picture(t, []string{"000000.png", "000001.png"}[from])
			for i, p := range images.Image(0) {
				if d := int(p) - int(want[i]); max(d, -d) > 1 {
					t.Fatalf("%s: image %d, byte %d is %d, was %d", device, from, i, p, want[i])
				}
			}
		}
	}
}

// picture is an image that the bundle made when it was written: its bytes as Set.Pixels.
func picture(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(kept, "adapted", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	var pixels []byte
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			r, g, b, _ := m.At(x, y).RGBA()
			pixels = append(pixels, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return pixels
}
