package export

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/gputest"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// pack writes a bundle and reads it back.
func pack(t testing.TB, b *Bundle, half bool) *Bundle {
	t.Helper()
	var file bytes.Buffer
	if err := b.Write(&file, half); err != nil {
		t.Fatal(err)
	}
	read, err := Read(bytes.NewReader(file.Bytes()), int64(file.Len()), "test.pxda")
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// TestSamePixels holds a bundle to its contract: what it makes of images is what
// its run makes of them, to a level of 255 (a level is where the two may round
// apart); float16 weights, 11 bits of them, move a pixel by some levels.
func TestSamePixels(t *testing.T) {
	d := gputest.Device(t)
	for _, c := range []struct {
		name     string
		change   func(c *recipe.Config)
		channels int
		half     bool
		device   string // the kernels to use; "" for the device's own
		levels   int
	}{
		{name: "grey images, RGB generator", channels: 1, levels: 1},
		{name: "RGB images", channels: 3, levels: 1},
		{name: "grey generator without noise", change: plain, channels: 1, levels: 1},
		{name: "RGB-D", change: deep, channels: 4, levels: 1},
		{name: "kernels for GPUs", channels: 3, device: "gpu", levels: 1},
		{name: "kernels for CPUs", channels: 3, device: "cpu", levels: 1},
		{name: "float16", channels: 3, half: true, levels: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, path := exported(t, c.change)
			b := pack(t, made, c.half)
			for _, p := range b.Programs {
				for _, m := range p.Code.Modules {
					if strings.Contains(m.Code, "enable ") {
						t.Errorf("%s needs a feature that other adapters may lack", m.Label)
					}
				}
			}
			b.Programs = slices.DeleteFunc(b.Programs, func(p Program) bool {
				return c.device != "" && p.Device != c.device
			})
			images := digits(c.channels).Slice(0, 35) // two full batches, and a rest
			run, err := checkpoint.OpenGenerator(d, path, model.Images{Width: images.Width, Height: images.Height,
				Channels: images.Channels}, graph.RuleFor(d.Info()))
			if err != nil {
				t.Fatal(err)
			}
			defer run.Close()
			want, err := run.Adapt(images, 5, 0)
			if err != nil {
				t.Fatal(err)
			}
			g, err := b.Load(d)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			got, err := g.Adapt(images, 5, 0)
			if err != nil {
				t.Fatal(err)
			}
			rest, err := g.Adapt(images.Slice(20, 35), 5, 20)
			if err != nil {
				t.Fatal(err)
			}
			if part := got.Slice(20, 35); !slices.Equal(rest.Pixels(), part.Pixels()) ||
				!slices.Equal(rest.Labels, part.Labels) {
				t.Error("adapted in parts, images are others")
			}
			if got.Width != 12 || got.Height != 12 || got.Channels != want.Channels ||
				len(got.Pixels()) != len(want.Pixels()) || !slices.Equal(got.Labels, images.Labels) {
				t.Fatalf("%d bytes of %d×%dx%d, want %d", len(got.Pixels()), got.Width, got.Height, got.Channels,
					len(want.Pixels()))
			}
			worst, low, high := 0, byte(255), byte(0)
			for i, p := range got.Pixels() {
				worst = max(worst, int(math.Abs(float64(p)-float64(want.Pixels()[i]))))
				low, high = min(low, p), max(high, p)
			}
			t.Logf("%d levels apart at worst; pixels from %d to %d", worst, low, high)
			if worst > c.levels {
				t.Errorf("pixels are up to %d levels apart, more than %d", worst, c.levels)
			}
			if high-low < 100 {
				t.Errorf("pixels from %d to %d show no errors", low, high)
			}
			if c.half && worst == 0 {
				t.Error("float16 rounds nothing")
			}
		})
	}
}

// Colours alone are no input of a generator that reads depth.
func TestDepthIsNeeded(t *testing.T) {
	b, _ := exported(t, deep)
	if err := b.SetExamples(digits(1)); err == nil ||
		!strings.Contains(err.Error(), "want at least one, up to 12×12 with 1 (of fewer than 4) or 4") {
		t.Errorf("grey examples: %v", err)
	}
	g, err := b.Load(gputest.Device(t))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for _, channels := range []int{1, 3} {
		if _, err := g.Adapt(digits(channels), 1, 0); err == nil ||
			!strings.Contains(err.Error(), "the generator takes up to 12×12 with 4") {
			t.Errorf("images of %d channels: %v", channels, err)
		}
	}
}

func TestManifest(t *testing.T) {
	made, _ := exported(t, nil)
	b := pack(t, made, false)
	if want := (Architecture{12, 3, 3, 10, 2, 5, true, 1, 1e-3}); b.Generator != want {
		t.Errorf("architecture %+v", b.Generator)
	}
	if want := (Origin{"digits", "digits-m", 7, 1}); b.Trained != want {
		t.Errorf("trained %+v", b.Trained)
	}
	if len(b.Classes) != 10 || b.Example.Len() != 10 || b.Example.Width != 9 || b.Example.Height != 11 ||
		!slices.Equal(b.Labels, []uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("%d examples of classes %v in %v", b.Example.Len(), b.Labels, b.Classes)
	}
	var batches []string
	for _, p := range b.Programs {
		batches = append(batches, p.Device+" "+p.Code.Name)
	}
	if got := strings.Join(batches, ", "); got != "gpu generate 1, gpu generate 16, cpu generate 1, cpu generate 16" {
		t.Errorf("programs %s", got)
	}
	if want := 144*10 + 144 + 5*4*9 + 5 + 4*(5*5*9+5) + 5*3 + 3; b.Parameters() != want {
		t.Errorf("%d parameters, want %d", b.Parameters(), want)
	}
}

// Writing twice gives the same bytes: bundles can be compared and cached.
func TestWriteRepeats(t *testing.T) {
	b, _ := exported(t, nil)
	var first, second bytes.Buffer
	if err := b.Write(&first, true); err != nil {
		t.Fatal(err)
	}
	if err := pack(t, b, true).Write(&second, true); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("%d and %d bytes differ", first.Len(), second.Len())
	}
}

func TestWriteWeights(t *testing.T) {
	b, _ := exported(t, nil)
	var file bytes.Buffer
	if err := b.WriteWeights(&file, false); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), "weights")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range b.weights {
		if got, err := f.Float32s(name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(f.Names()) != len(b.weights) || f.Metadata()["format"] != "pt" {
		t.Errorf("%d tensors, metadata %v", len(f.Names()), f.Metadata())
	}
}

func TestCheckpointsWithoutGenerator(t *testing.T) {
	baseline := tiny(t, func(c *recipe.Config) { c.Method = engine.SourceOnly })
	diverged := func(name string, x []float32) {
		if name == "generator.head.bias" {
			x[1] = float32(math.NaN())
		}
	}
	large := func(name string, x []float32) { x[0] *= 1e6 }
	for _, c := range []struct {
		path, want string
	}{
		{checkpointFile(t, baseline, nil), "method source-only, which has no generator"},
		{checkpointFile(t, tiny(t, nil), diverged), `"generator.head.bias" holds NaN; the training diverged`},
		{"nowhere.safetensors", "nowhere.safetensors"},
	} {
		if _, err := FromCheckpoint(c.path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	b, err := FromCheckpoint(checkpointFile(t, tiny(t, nil), large))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.WriteWeights(&bytes.Buffer{}, true); err == nil || !strings.Contains(err.Error(), "leave out -f16") {
		t.Errorf("weights beyond float16: %v", err)
	}
	if err := b.Write(&bytes.Buffer{}, false); err == nil || !strings.Contains(err.Error(), "example") {
		t.Errorf("no examples: %v", err)
	}
}
