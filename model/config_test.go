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
	if _, err := model.Preset("mnist"); err == nil || !strings.Contains(err.Error(), `no preset "mnist"; there are mnist-mnistm, mnist-usps, small`) {
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
		`{"lr": 1e400}`:        "lr",
		`{"similarity": "l2"}`: `similarity is "l2"; want one of [mpse mpse-paper mse]`,
		`{"similarity_weight": 1, "source_channels": 2, "target_channels": 3}`: "similarity of 2 and 3 channels",
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
