package study

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
)

// TestDefinitions holds what every study has to be: runs that validate, each row
// and column filled, and one folder for one run.
func TestDefinitions(t *testing.T) {
	folders := map[string]Cell{}
	names := map[string]bool{}
	var all []Study
	for _, o := range ObjectSets() {
		all = append(all, List(o)...)
	}
	for _, s := range all {
		if names[s.Name+s.Objects] && s.Objects != "" || !slices.Contains(order, s.Name) || s.Title == "" ||
			s.About == "" || len(s.Rows) == 0 || len(s.Columns) == 0 {
			t.Errorf("study %q: a name that is taken, or something without words, rows or columns", s.Name)
		}
		names[s.Name+s.Objects] = true
		for _, r := range s.Rows {
			if len(r.Paper) > len(s.Columns) {
				t.Errorf("%s, %s: %d figures for %d columns", s.Name, r.Key, len(r.Paper), len(s.Columns))
			}
		}
		for _, scale := range Scales() {
			cells := s.Cells(scale, 2, "studies", "data")
			done := map[string]bool{}
			for _, c := range cells {
				if err := c.Config.Validate(); err != nil {
					t.Errorf("%s, %s, %s: %v", s.Name, scale, c.Key(), err)
				}
				if c.Config.Iterations < 1 || c.Config.Seed != c.Seed || c.Config.Data != "data" ||
					c.Config.Baseline != 0 {
					t.Errorf("%s, %s, %s: %+v", s.Name, scale, c.Key(), c.Config)
				}
				if c.Uses != "" && !done[c.Uses] {
					t.Errorf("%s: %s comes before %s, which it uses", s.Name, c.Key(), c.Uses)
				}
				if done[c.Key()] {
					t.Errorf("%s: two cells %s", s.Name, c.Key())
				}
				done[c.Key()] = true
				folder := Folder("studies", scale, c.Key())
				if other, shared := folders[folder]; shared && (other.Work != c.Work ||
					!reflect.DeepEqual(other.Config, c.Config)) {
					t.Errorf("%s: studies want different runs in %s: %v", s.Name, folder,
						Shrunk(other.Config, c.Config))
				}
				folders[folder] = c
			}
			for _, r := range s.Rows {
				for _, col := range s.Columns {
					for seed := range 2 {
						if !done[key(col.Scenario, r.Key, uint64(seed)+1)] {
							t.Errorf("%s, %s: no cell for %s in %s, seed %d", s.Name, scale, r.Key, col.Scenario,
								seed+1)
						}
					}
				}
			}
		}
	}
	if _, err := Find("table9", ObjectSets()[0]); err == nil || !strings.Contains(err.Error(), "table1") {
		t.Errorf("an unknown study: %v", err)
	}
}

// TestFullIsThePapers checks settings of the full scale that the original's README
// and the paper's appendix state.
func TestFullIsThePapers(t *testing.T) {
	s, err := Find("table1", ObjectSets()[0])
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range s.Cells(Full, 1, "studies", "data") {
		m := c.Config.Model
		got[c.Scenario+" "+c.Row] = fmt.Sprint(c.Config.Iterations, m.LR, m.Batch, m.GBlocks, m.GFilters, m.DFilters,
			m.TowerFilters, m.TowerUnits)
	}
	for name, want := range map[string]string{
		"mnist-usps source-only":   "22000 0.0001 32 6 64 64 [32 48] 100",
		"mnist-usps target-only":   "67000 0.001 32 6 64 64 [32 48] 100",
		"mnist-usps pixelda":       "50000 0.0002 32 6 64 64 [32 48] 100",
		"mnist-mnistm source-only": "105000 0.0001 32 6 64 64 [32 48] 100",
		"mnist-mnistm target-only": "139400 0.001 32 6 64 64 [32 48] 100",
		"mnist-usps coral":         "22000 0.0001 32 6 64 64 [32 48] 100",
		"mnist-mnistm coral":       "105000 0.0001 32 6 64 64 [32 48] 100",
		"mnist-mnistm dann":        "105000 0.0117249 32 6 64 64 [32 48] 100",
		"mnist-mnistm dsn":         "105000 0.01 32 6 64 64 [32 48] 100",
		"mnist-mnistm cogan":       "10000 0.0002 64 6 64 64 [32 48] 100",
		"mnist-mnistm pixelda":     "250000 0.001 32 6 64 64 [32 48] 100",
	} {
		if got[name] != want {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
}

func TestShrunk(t *testing.T) {
	full, err := recipe.Preset("mnist-mnistm")
	if err != nil {
		t.Fatal(err)
	}
	c := full
	c.Seed, c.Data, c.Source = 7, "elsewhere", "digits" // are no matter of scale
	if changes := Shrunk(full, c); len(changes) != 0 {
		t.Errorf("nothing shrank, but %v", changes)
	}
	c.Iterations, c.Model.GFilters, c.Model.TowerFilters = 10, 16, [2]int{1, 2}
	want := []string{"g_filters 64 → 16", "iterations 250000 → 10", "tower_filters [32,48] → [1,2]"}
	if got := Shrunk(full, c); !slices.Equal(got, want) {
		t.Errorf("shrunk %q, want %q", got, want)
	}
}

// TestState follows a cell through all that may be in its folder.
func TestState(t *testing.T) {
	s, _ := Find("fig3", ObjectSets()[0])
	c := s.Cells(Tiny, 1, "", "")[0]
	folder := filepath.Join(t.TempDir(), "cell")
	state := func(want State) *Outcome {
		t.Helper()
		got, o, err := c.State(folder)
		if err != nil || got != want {
			t.Errorf("state %q, %v; want %q", got, err, want)
		}
		return o
	}
	state(ToDo)
	if err := c.Fail(folder, "no data"); err != nil {
		t.Fatal(err)
	}
	if o := state(Failed); o.Error != "no data" {
		t.Errorf("it failed for %q", o.Error)
	}
	if err := c.Retry(folder); err != nil {
		t.Fatal(err)
	}
	state(ToDo)
	w, err := rundir.Create(folder, c.Config, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	state(Begun)
	other := c
	other.Config.Iterations++
	if _, _, err := other.State(folder); err == nil || !strings.Contains(err.Error(), "iterations 4 → 5") ||
		!strings.Contains(err.Error(), folder) {
		t.Errorf("a folder of another run: %v", err)
	}
	o := Outcome{Work: c.Work, Config: c.Config, Accuracy: 0.5}
	if err := o.Write(folder); err != nil {
		t.Fatal(err)
	}
	state(Begun) // the picture is missing
	o.Pictures = map[Extra]string{Neighbours: "neighbours.png"}
	if err := o.Write(folder); err != nil {
		t.Fatal(err)
	}
	if got := state(Finished); got.Accuracy != 0.5 {
		t.Errorf("the outcome is %+v", got)
	}
	c.Config.Data = "elsewhere" // the same images
	state(Finished)
	if _, _, err := other.State(folder); err == nil {
		t.Error("the outcome of another run is taken")
	}
	if err := os.WriteFile(filepath.Join(folder, outcomeFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.State(folder); err == nil || !strings.Contains(err.Error(), outcomeFile) {
		t.Errorf("a damaged outcome: %v", err)
	}
}
