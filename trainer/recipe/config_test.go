package recipe_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/trainer/recipe"
)

// A run's config.json must read back as what was asked for.
func TestConfigRoundTrip(t *testing.T) {
	for _, name := range recipe.Presets() {
		c, err := recipe.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := recipe.ParseConfig(b, recipe.Config{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Errorf("%s: read back as %+v", name, got)
		}
	}
}

func TestSetField(t *testing.T) {
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range [][2]string{{"source", "photos/day"}, {"g_filters", "24"}, {"tower_filters", "[8,12]"},
		{"keep", "7"}, {"train_classes", "1,7"}, {"target", "3"}} {
		if c, err = recipe.SetField(c, set[0], set[1]); err != nil {
			t.Error(err)
		}
	}
	if c.Target != "3" || !slices.Equal(c.TrainClasses, []string{"1", "7"}) || c.Source != "photos/day" ||
		c.Model.GFilters != 24 || c.Model.TowerFilters != [2]int{8, 12} || c.Keep != 7 {
		t.Errorf("got %+v", c)
	}
	for _, set := range [][2]string{{"g_filter", "24"}, {"g_filters", "many"}, {"iterations", "1.5"}, {"model", "x"}} {
		if _, err := recipe.SetField(c, set[0], set[1]); err == nil {
			t.Errorf("%s=%s is taken", set[0], set[1])
		}
	}
}

func TestParseConfigErrors(t *testing.T) {
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{"sead":1}`: "unknown field", `{`: "unexpected EOF", `{} {}`: "something follows",
		`{"method":"gan"}`: "want one of",
		`{"keep":0}`:       "keep is 0", `{"source":" "}`: "names no data set",
		`{"target_labelled":-1}`:                       "target_labelled is -1",
		`{"target_labelled":5,"method":"target-only"}`: "its target_train chooses how many",
		`{"train_classes":"1"}`:                        "train_classes", `{"model":{"batch":0}}`: "batch is 0",
		`{"model":{"similarity":"l3"}}`:                            "similarity",
		`{"method":"dann","adaptation":{"domain_units":0}}`:        "domain_units is 0; want 1 to 8192",
		`{"method":"dsn","adaptation":{"private_filters":[32,0]}}`: "private_filters is 0; want 1 to 1024",
	} {
		if _, err := recipe.ParseConfig([]byte(text), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// The staircase of the original (lr 1e-3, 0.95 each 20,000 updates).
func TestLearningRate(t *testing.T) {
	c, err := recipe.Preset("mnist-mnistm")
	if err != nil {
		t.Fatal(err)
	}
	for step, want := range map[int]float64{0: 1e-3, 19999: 1e-3, 20000: 9.5e-4, 100000: 7.7378e-4, 200000: 5.9874e-4,
		400000: 3.5849e-4} {
		if got := c.Model.LearningRate(step); got < want*0.9999 || got > want*1.0001 {
			t.Errorf("at update %d the rate is %g, want %g", step, got, want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	c, err := recipe.Preset("small")
	if err != nil {
		f.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"model":{"size":16},"seed":18446744073709551615}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := recipe.ParseConfig(b, c)
		if err == nil && got.Validate() != nil {
			t.Errorf("%s: an invalid configuration is taken", b)
		}
	})
}
