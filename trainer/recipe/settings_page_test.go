package recipe_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pixelda-wgpu/trainer/recipe"
)

var update = flag.Bool("update", false, "write docs/settings.md anew")

// What stands between these lines of docs/settings.md follows from the settings.
const (
	tablesBegin = "<!-- tables: go test ./trainer/recipe -run SettingsPage -update -->\n"
	tablesEnd   = "<!-- end of tables -->\n"
)

// The page of settings states each with its bounds and the values of presets.
func TestSettingsPage(t *testing.T) {
	const page = "../../docs/settings.md"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(b), tablesBegin)
	_, after, foundEnd := strings.Cut(rest, tablesEnd)
	if !found || !foundEnd {
		t.Fatalf("%s lacks the lines that the tables stand between", page)
	}
	want := before + tablesBegin + tables(t) + tablesEnd + after
	switch {
	case want == string(b):
	case *update:
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is behind the settings: go test ./trainer/recipe -run SettingsPage -update", page)
	}
}

func tables(t *testing.T) string {
	t.Helper()
	shown := []string{"mnist-mnistm", "small", "linemod-masked", "linemod-small"}
	presets := make([]map[string]any, len(shown))
	for i, name := range shown {
		c, err := recipe.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &presets[i]); err != nil {
			t.Fatal(err)
		}
	}
	var text strings.Builder
	row := func(s recipe.Setting, values []string) {
		may := fmt.Sprintf("%g to %g", s.Min, s.Max)
		switch s.Kind {
		case "boolean":
			may = "true, false"
		case "choice":
			may = strings.Join(s.Choices, ", ")
		case "names":
			may = "a list of names"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", s.Name, strings.Join(values, " | "), may, s.About)
	}
	group := ""
	for _, s := range recipe.Settings() {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(&text, "\n### %s\n\n| setting | %s | may be | |\n| --- |%s --- | --- |\n", group,
				strings.Join(shown, " | "), strings.Repeat(" --- |", len(shown)))
		}
		var values []string
		for _, p := range presets {
			if s.Model {
				p = p["model"].(map[string]any)
			}
			v, err := json.Marshal(p[s.Name])
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, strings.Trim(string(v), `"`))
		}
		row(s, values)
	}
	baselineTable(t, &text, row)
	return text.String() + "\n"
}

// baselineTable lists what the methods that adapt by means of their own add to a
// preset, and what they change in it.
func baselineTable(t *testing.T, text *strings.Builder, row func(s recipe.Setting, values []string)) {
	fields := func(v any) (m map[string]any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	base, err := recipe.Preset("mnist-mnistm")
	if err != nil {
		t.Fatal(err)
	}
	methods := []recipe.Method{"dann", "mmd", "dsn", "cogan"}
	names := make([]string, len(methods))
	adaptations, models := make([]map[string]any, len(methods)), make([]map[string]any, len(methods))
	for i, m := range methods {
		c := base.WithMethod(m)
		names[i], adaptations[i], models[i] = string(m), fields(c.Adaptation), fields(c.Model)
	}
	fmt.Fprintf(text, "\n### Baselines\n\nEmpty: the method does not have it.\n\n"+
		"| setting | %s | may be | |\n| --- |%s --- | --- |\n", strings.Join(names, " | "),
		strings.Repeat(" --- |", len(methods)))
	for _, s := range recipe.AdaptationSettings() {
		values := make([]string, len(methods))
		for i, a := range adaptations {
			if v := fmt.Sprint(a[s.Name]); v != "0" && v != "[0 0]" {
				values[i] = strings.ReplaceAll(v, " ", ",")
			}
		}
		row(s, values)
	}
	text.WriteString("\nWhat a method changes in the preset `mnist-mnistm`, as its sources have it:\n\n")
	fmt.Fprintf(text, "| setting | mnist-mnistm | %s |\n| --- | --- |%s\n", strings.Join(names, " | "),
		strings.Repeat(" --- |", len(methods)))
	preset := fields(base.Model)
	for _, s := range recipe.ModelSettings() {
		var values []string
		differ := false
		for _, m := range models {
			values = append(values, fmt.Sprint(m[s.Name]))
			differ = differ || fmt.Sprint(m[s.Name]) != fmt.Sprint(preset[s.Name])
		}
		if differ {
			fmt.Fprintf(text, "| `%s` | %v | %s |\n", s.Name, preset[s.Name], strings.Join(values, " | "))
		}
	}
}
