package recipe_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pixelda-wgpu/trainer/recipe"
)

// TestSettingsAreComplete compares the settings with the fields of a
// configuration: each has its description, and none is described that is not.
func TestSettingsAreComplete(t *testing.T) {
	c, err := recipe.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	of := map[bool][]string{}
	for _, s := range recipe.Settings() {
		of[s.Model] = append(of[s.Model], s.Name)
		if s.About == "" || s.Group == "" || s.Kind == "" {
			t.Errorf("%s lacks a description", s.Name)
		}
	}
	// Data sets have controls of their own; folders and files are the command's.
	elsewhere := []string{"source", "target", "data", "keep", "model"}
	for model, fields := range map[bool]map[string]any{true: fields["model"].(map[string]any), false: fields} {
		want := slices.DeleteFunc(slices.Collect(maps.Keys(fields)), func(s string) bool {
			return !model && slices.Contains(elsewhere, s)
		})
		slices.Sort(want)
		slices.Sort(of[model])
		if !slices.Equal(want, of[model]) {
			t.Errorf("model %v: settings %v; fields %v", model, of[model], want)
		}
	}
}

// Every setting of the JSON is described, and none besides.
func TestAdaptationSettings(t *testing.T) {
	fields := jsonNames[recipe.Adaptation]()
	for _, s := range recipe.AdaptationSettings() {
		i := slices.Index(fields, s.Name)
		if i < 0 || s.About == "" {
			t.Errorf("%s is no setting, or says nothing", s.Name)
			continue
		}
		fields = slices.Delete(fields, i, i+1)
	}
	if len(fields) > 0 {
		t.Errorf("not described: %s", fmt.Sprint(fields))
	}
}

func jsonNames[T any]() (names []string) {
	for f := range reflect.TypeFor[T]().Fields() {
		names = append(names, f.Tag.Get("json"))
	}
	return names
}
