package export

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// tiny is a run's configuration whose generator has every part.
func tiny(t testing.TB, change func(c *recipe.Config)) recipe.Config {
	t.Helper()
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	m := &c.Model
	m.Size, m.Batch, m.GBlocks, m.GFilters, m.DFilters = 12, 4, 2, 5, 4
	m.TowerFilters, m.TowerUnits = [2]int{4, 8}, 16
	if change != nil {
		change(&c)
	}
	return c
}

// plain is the generator at the other end: grey to grey, no noise, no
// residuals, a wide last layer.
func plain(c *recipe.Config) {
	m := &c.Model
	m.SourceChannels, m.TargetChannels, m.NoiseDim, m.GResiduals, m.GHead = 1, 1, 0, false, 3
}

// checkpointFile writes one whose variables are random, running moments too, and
// large enough that the images have contrast.
func checkpointFile(t testing.TB, c recipe.Config, change func(name string, x []float32)) string {
	t.Helper()
	n, err := model.NewNetworks(model.Config(c.Model))
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	f := safetensors.NewWriter(map[string]string{
		"format": "pixelda-checkpoint", "version": "1", "config": string(config), "step": "7", "seed": "1",
		"kernels": "{}",
	})
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range n.Stores() {
		for _, v := range s.Variables() {
			x := make([]float32, v.Len())
			for i := range x {
				x[i] = float32(r.NormFloat64()) * 0.3
				if strings.HasSuffix(v.Name, ".running_var") {
					x[i] = 0.5 + r.Float32()
				}
			}
			if change != nil {
				change(v.Name, x)
			}
			f.Float32s(v.Name, v.Dims, x)
		}
	}
	path := filepath.Join(t.TempDir(), "step-00000007.safetensors")
	if err := f.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// deep is a generator of RGB-D.
func deep(c *recipe.Config) { c.Model.SourceChannels, c.Model.TargetChannels = 4, 4 }

// digits are small images of the built-in set, to be enlarged by a fraction; with
// four channels their brightness is their depth too.
func digits(channels int) *datasets.Set {
	s := draw.Digits(1, 0, 60).Resize(9, 11)
	if channels < 4 {
		return s.WithChannels(channels)
	}
	deep := *s
	deep.Channels = 4
	var pixels []byte
	for i, v := range s.Pixels() {
		pixels = append(pixels, v, 255-v, byte(i), v)
	}
	return deep.Of(pixels)
}

// exported is a bundle of a random checkpoint.
func exported(t testing.TB, change func(c *recipe.Config)) (_ *Bundle, checkpointPath string) {
	t.Helper()
	path := checkpointFile(t, tiny(t, change), nil)
	b, err := FromCheckpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetExamples(digits(max(1, b.Input.Channels/4*4))); err != nil {
		t.Fatal(err)
	}
	return b, path
}
