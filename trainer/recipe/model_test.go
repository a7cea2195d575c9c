package recipe_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pixelda-wgpu/model"
	_ "pixelda-wgpu/trainer/engine" // registers the methods
	"pixelda-wgpu/trainer/recipe"
)

func preset(t testing.TB, name string) recipe.Model {
	t.Helper()
	c, err := recipe.PresetModel(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPresetModels(t *testing.T) {
	for _, name := range recipe.Presets() {
		c := preset(t, name)
		if err := model.Config(c).Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := recipe.ParseModel(b, recipe.Model{}); back != c || err != nil {
			t.Errorf("%s is read back as %+v, %v", name, back, err)
		}
	}
	if _, err := recipe.PresetModel("mnist"); err == nil ||
		!strings.Contains(err.Error(),
			`no preset "mnist"; there are mnist-mnistm, mnist-usps, small, linemod, linemod-masked, linemod-small`) {
		t.Errorf("an unknown preset: %v", err)
	}
}

func TestParseModelKeepsTheBase(t *testing.T) {
	want := preset(t, "mnist-usps")
	want.Size, want.Similarity, want.TowerFilters = 28, model.MeanSquared, [2]int{5, 6}
	got, err := recipe.ParseModel([]byte(` {"size": 28, "similarity": "mse", "tower_filters": [5, 6]} `+"\n"),
		preset(t, "mnist-usps"))
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
		{[]int{plain.Size, plain.SourceChannels, plain.TargetChannels, plain.Classes, plain.GBlocks, plain.GFilters,
			plain.Batch}, []int{64, 4, 4, 11, 4, 64, 32}},
		{[]float64{plain.DropoutKeep, plain.NoiseStd, plain.LRDecay, plain.TaskSourceWeight, plain.TaskAdaptedWeight,
			plain.PoseSourceWeight}, []float64{0.35, 0.2, 0.75, 0, 1, 0}},
		{[]float64{plain.DomainWeight, plain.StyleWeight, plain.TaskInGWeight, plain.PoseAdaptedWeight,
			plain.SimilarityWeight, plain.LR}, []float64{0.004, 0.011, 0, 0.2, 0, 2.2e-4}},
		{[]float64{masked.DomainWeight, masked.StyleWeight, masked.TaskInGWeight, masked.PoseAdaptedWeight,
			masked.SimilarityWeight, masked.LR}, []float64{0.0088, 0.011, 0, 0.29, 22.9, 2.6e-4}},
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
		m, err := recipe.ParseModel([]byte(fmt.Sprintf(`{"%s": %s}`, name, value)), preset(t, "small"))
		if err == nil {
			err = model.Config(m).Validate()
		}
		return err
	}
	for f := range reflect.TypeFor[recipe.Model]().Fields() {
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
			if err := read(name, v); err == nil || !strings.HasPrefix(err.Error(), "configuration: ") ||
				!strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: %v", name, v, err)
			}
		}
	}
}

func TestParseModelErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                "EOF",
		"{":               "unexpected EOF",
		"[]":              "cannot unmarshal array",
		`{"sise": 32}`:    `unknown field "sise"`,
		`{"size": 32.5}`:  "size",
		`{"size": 32} {}`: "other data follows",
		`{"size": 32}]`:   "other data follows",
		`{"size": 7}`:     "size is 7; want 8 to 512",
		`{"lr": 1e400}`:   "lr",
	} {
		_, err := recipe.ParseModel([]byte(text), preset(t, "mnist-mnistm"))
		if err == nil || !strings.HasPrefix(err.Error(), "configuration: ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// What ParseModel accepts makes a model if its settings fit each other, and reads back as itself.
func FuzzParseModel(f *testing.F) {
	for _, name := range recipe.Presets() {
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
		c, err := recipe.ParseModel(text, base)
		if err != nil {
			if c != (recipe.Model{}) {
				t.Errorf("with the error %v comes %+v", err, c)
			}
			return
		}
		if model.Config(c).Validate() == nil {
			if _, err := model.NewNetworks(model.Config(c)); err != nil {
				t.Errorf("%s makes no networks: %v", text, err)
			}
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := recipe.ParseModel(b, recipe.Model{}); back != c || err != nil {
			t.Errorf("%s is read back as %+v, %v", b, back, err)
		}
	})
}
