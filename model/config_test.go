package model_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pixelda-wgpu/model"
)

func preset(t testing.TB, name string) model.Config {
	t.Helper()
	c, err := model.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPresets(t *testing.T) {
	for _, name := range model.Presets() {
		c := preset(t, name)
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := model.ReadConfig(bytes.NewReader(b), model.Config{}); back != c || err != nil {
			t.Errorf("%s is read back as %+v, %v", name, back, err)
		}
	}
	if _, err := model.Preset("mnist"); err == nil || !strings.Contains(err.Error(), `no preset "mnist"; there are mnist-mnistm, mnist-usps, small, linemod, linemod-masked, linemod-small`) {
		t.Errorf("an unknown preset: %v", err)
	}
}

func TestReadConfigKeepsTheBase(t *testing.T) {
	want := preset(t, "mnist-usps")
	want.Size, want.Similarity, want.TowerFilters = 28, model.MeanSquared, [2]int{5, 6}
	got, err := model.ReadConfig(strings.NewReader(` {"size": 28, "similarity": "mse", "tower_filters": [5, 6]} `+"\n"), preset(t, "mnist-usps"))
	if got != want || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// The values that the paper's appendix B.3 gives for LineMod.
func TestLineModPresets(t *testing.T) {
	plain, masked := preset(t, "linemod"), preset(t, "linemod-masked")
	for _, c := range []struct {
		got, want any
	}{
		{[]int{plain.Size, plain.SourceChannels, plain.TargetChannels, plain.Classes, plain.GBlocks, plain.GFilters, plain.Batch}, []int{64, 4, 4, 11, 4, 64, 32}},
		{[]float64{plain.DropoutKeep, plain.NoiseStd, plain.LRDecay, plain.TaskSourceWeight, plain.TaskAdaptedWeight, plain.PoseSourceWeight}, []float64{0.35, 0.2, 0.75, 0, 1, 0}},
		{[]float64{plain.DomainWeight, plain.StyleWeight, plain.TaskInGWeight, plain.PoseAdaptedWeight, plain.SimilarityWeight, plain.LR}, []float64{0.004, 0.011, 0, 0.2, 0, 2.2e-4}},
		{[]float64{masked.DomainWeight, masked.StyleWeight, masked.TaskInGWeight, masked.PoseAdaptedWeight, masked.SimilarityWeight, masked.LR}, []float64{0.0088, 0.011, 0, 0.29, 22.9, 2.6e-4}},
		{masked.Similarity, model.MaskedCode}, {plain.LRDecaySteps, 95_000},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

// Every number has bounds, and the error names it.
func TestConfigBounds(t *testing.T) {
	read := func(name, value string) error {
		_, err := model.ReadConfig(strings.NewReader(fmt.Sprintf(`{"%s": %s}`, name, value)), preset(t, "small"))
		return err
	}
	for f := range reflect.TypeFor[model.Config]().Fields() {
		name := f.Tag.Get("json")
		var bad []string
		switch f.Type.Kind() {
		case reflect.Int, reflect.Float64:
			bad = []string{"-1", "1000000000000000", `"1"`}
		case reflect.Array:
			bad = []string{"[-1, 5]", "[5, -1]", "[5]", "[5, 1000000000000000]"}
		case reflect.String:
			bad = []string{`"l2"`, `""`, "3"}
		case reflect.Bool:
			bad = []string{"1"}
		default:
			t.Fatalf("%s is of kind %v", name, f.Type.Kind())
		}
		for _, v := range bad {
			if err := read(name, v); err == nil || !strings.HasPrefix(err.Error(), "model: configuration: ") || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: %v", name, v, err)
			}
		}
	}
}

func TestReadConfigErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "EOF",
		"{":                    "unexpected EOF",
		"[]":                   "cannot unmarshal array",
		`{"sise": 32}`:         `unknown field "sise"`,
		`{"size": 32.5}`:       "size",
		`{"size": 32} {}`:      "other data follows",
		`{"size": 32}]`:        "other data follows",
		`{"g_head_kernel": 2}`: "g_head_kernel is 2; want an odd number",
		`{"size": 7}`:          "size is 7; want 8 to 512",
		`{"precision": "f64"}`: `precision is "f64"; want one of [f32 f16]`,
		`{"loss_scale": 3}`:    "loss_scale is 3; want a power of two",
		`{"lr": 1e400}`:        "lr",
		`{"similarity": "l2"}`: `similarity is "l2"; want one of [mpse mpse-paper masked-mpse masked-mpse-paper mse hinged-mse hinged-mae]`,
		`{"similarity": "masked-mpse", "similarity_weight": 1}`: "similarity masked-mpse masks by depth, so source_channels and target_channels must be 4, not 3 and 3",
		`{"task_tower": "svhn"}`:                                `task_tower is "svhn"; want one of [mnist pose-mini doubling]`,
		`{"task_tower": "doubling"}`:                            "tower_filters is [32 48]; the tower doubling has twice the filters in each layer: want [32 64]",
		`{"private_layers": 3}`:                                 "private_layers is 3; the tower mnist has 2 convolutions for images of 32 × 32",
		`{"task_tower": "doubling", "tower_filters": [4, 8], "size": 8, "private_layers": 2}`: "the tower doubling has 1 convolutions for images of 8 × 8",
		`{"private_layers": 0, "source_channels": 1}`:                                         "private_layers is 0 with source_channels 1 and target_channels 3",
		`{"similarity_weight": 1, "source_channels": 2, "target_channels": 3}`:                "similarity of 2 and 3 channels",
	} {
		_, err := model.ReadConfig(strings.NewReader(text), preset(t, "mnist-mnistm"))
		if err == nil || !strings.HasPrefix(err.Error(), "model: configuration: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// What ReadConfig accepts makes a model, and reads back as itself.
func FuzzReadConfig(f *testing.F) {
	for _, name := range model.Presets() {
		b, err := json.Marshal(preset(f, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"size": 9, "d_final_size": 64, "noise_dim": 0, "g_blocks": 0}`))
	f.Add([]byte(`{"tower_filters": [1, 2, 3], "lr": 1e-400}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		base := preset(t, "small")
		c, err := model.ReadConfig(bytes.NewReader(text), base)
		if err != nil {
			if c != (model.Config{}) {
				t.Errorf("with the error %v comes %+v", err, c)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s is accepted, though %v", text, err)
		}
		if _, err := model.NewNetworks(c); err != nil {
			t.Errorf("%s makes no networks: %v", text, err)
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := model.ReadConfig(bytes.NewReader(b), model.Config{}); back != c || err != nil {
			t.Errorf("%s is read back as %+v, %v", b, back, err)
		}
	})
}
