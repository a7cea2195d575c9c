package recipe_test

import (
	"errors"
	"strings"
	"testing"

	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// The particular goes before the general: single settings before what is given by name, that before a
// file, a file before the preset.
func TestRequest(t *testing.T) {
	source, iterations, baseline, seed := "photos", 77, 0, uint64(9)
	c, err := recipe.Request{
		Preset: "small", File: []byte(`{"iterations": 5, "log_every": 6, "source": "file", "model": {"batch": 7}}`),
		Name:   "x.json",
		Method: "dann", Source: &source, Iterations: &iterations, Baseline: &baseline, Seed: &seed,
		Set: []string{"gamma=0.5", "start=3", "gamma=0.75", "g_filters=12"},
	}.Config()
	if err != nil {
		t.Fatal(err)
	}
	if c.Iterations != 77 || c.LogEvery != 6 || c.Source != "photos" || c.Target != "digits-m" || c.Baseline != 0 ||
		c.Seed != 9 {
		t.Errorf("got %+v", c)
	}
	if c.Model.Batch != 7 || c.Model.LR != 0.0117249 || c.Model.GFilters != 12 || c.Adaptation.Gamma != 0.75 ||
		c.Adaptation.Start != 3 {
		t.Errorf("the model is %+v, the adaptation %+v", c.Model, c.Adaptation)
	}
}

// Without anything asked for, the images are built in and the preset suits the adapter.
func TestNothingAskedFor(t *testing.T) {
	for software, want := range map[bool][2]int{true: {1500, 600}, false: {10_000, 2_000}} {
		c, err := recipe.Request{Software: software}.Config()
		if err != nil || c.Source != "digits" || c.Target != "digits-m" || c.Iterations != want[0] ||
			c.Baseline != want[1] {
			t.Errorf("software %v: %+v, %v", software, c, err)
		}
	}
	c, err := recipe.Request{Preset: "mnist-mnistm"}.Config()
	if err != nil || c.Source != "mnist" || c.Iterations != 250_000 {
		t.Errorf("a preset by name: %+v, %v", c, err)
	}
}

// What is wrong with a flag is told from what is wrong with a file or with the whole.
func TestRequestErrors(t *testing.T) {
	var unknown *recipe.UnknownSettingError
	var value *recipe.ValueError
	for want, r := range map[string]recipe.Request{
		`no preset "x"`:                           {Preset: "x"},
		"-set batch: give NAME=VALUE":             {Set: []string{"batch"}},
		`-set sise=3: there is no setting "sise"`: {Set: []string{"sise=3"}},
		"-set batch=many: many is no value of":    {Set: []string{"batch=many"}},
	} {
		_, err := r.Config()
		var usage *recipe.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q as an error of usage", err, want)
		}
		if errors.As(err, &unknown) != strings.Contains(want, "there is no") ||
			errors.As(err, &value) != strings.Contains(want, "no value") {
			t.Errorf("%v has another type", err)
		}
	}
	for want, r := range map[string]recipe.Request{
		"x.json: configuration: ": {File: []byte(`{"sise": 3}`), Name: "x.json"},
		"batch is 0":              {Set: []string{"batch=0"}},
		"want one of":             {Method: "gan"},
	} {
		_, err := r.Config()
		if usage := (*recipe.UsageError)(nil); errors.As(err, &usage) || err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Flat names every setting once: those of config.json, of the model and, where there is one, of the
// adaptation.
func TestFlat(t *testing.T) {
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	flat := c.Flat()
	for _, s := range recipe.Settings() {
		if _, ok := flat[s.Name]; !ok {
			t.Errorf("%s is missing", s.Name)
		}
	}
	if flat["batch"] != 16 || flat["method"] != recipe.PixelDA || flat["model"] != nil || flat["gamma"] != nil {
		t.Errorf("got %v", flat)
	}
	if flat = c.WithMethod("dann").Flat(); flat["gamma"] != 0.251175 {
		t.Errorf("gamma is %v", flat["gamma"])
	}
}

// The choices that are described are those that the networks know.
func TestChoices(t *testing.T) {
	base, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range recipe.ModelSettings() {
		for _, choice := range append(s.Choices, "none of them") {
			c, err := recipe.SetField(base, s.Name, choice)
			if len(s.Choices) == 0 {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			unknown := model.Config(c.Model).Validate()
			told := unknown != nil && strings.Contains(unknown.Error(), s.Name+" is")
			if told != (choice == "none of them") {
				t.Errorf("%s=%s: %v", s.Name, choice, unknown)
			}
		}
	}
}
