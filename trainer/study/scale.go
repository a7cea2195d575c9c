package study

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
)

// Scale says at what size, relative to the paper, a study is repeated.
type Scale string

// The scales. Small is for two-core processors: it has the widths of the preset small and an hour's
// iterations. Tiny is for tests: its figures mean nothing.
const (
	Full  Scale = "full"
	Small Scale = "small"
	Tiny  Scale = "tiny-for-tests"
)

// Scales lists the scales.
func Scales() []Scale { return []Scale{Full, Small, Tiny} }

// Iterations at scale Small: an hour for a table on two cores, on which an iteration takes PixelDA
// and CoGAN 0.3 to 0.7 s, DSN 0.1 to 0.2 s, and a classifier by itself 0.02 to 0.05 s.
var (
	smallDigits = map[recipe.Method]int{
		recipe.PixelDA: 1500, engine.SourceOnly: 1500, engine.TargetOnly: 1500,
		engine.DANN: 1500, engine.MMD: 1500, engine.DSN: 1500, engine.CoGAN: 1500,
	}
	smallLineMod = map[recipe.Method]int{
		recipe.PixelDA: 3000, engine.SourceOnly: 1500, engine.TargetOnly: 1500,
		engine.DANN: 1500, engine.MMD: 1500, engine.DSN: 1500,
	}
)

// shorten gives a configuration that has already been narrowed the iterations of a scale; small are
// those of Small.
func (s Scale) shorten(c *recipe.Config, small map[recipe.Method]int) {
	full := c.Iterations
	const large = 1e-3 // few iterations need large steps
	switch s {
	case Full:
		return
	case Small:
		c.Iterations = small[c.Method]
		c.EvalImages = 500
		c.LogEvery = 25
		c.EvalEvery, c.CheckpointEvery, c.SampleEvery = c.Iterations/5, c.Iterations/5, c.Iterations
	case Tiny:
		m := &c.Model
		m.Size, m.Batch = 8, 4
		m.GBlocks, m.GFilters, m.DFilters = 1, 4, 4
		m.TowerFilters, m.TowerUnits = [2]int{4, 8}, 16
		if c.Method == engine.CoGAN {
			m.Size = 28 // which its networks require
		}
		c.SourceTrain, c.TargetTrain = 60, 60
		c.TargetLabelled = min(c.TargetLabelled, 20)
		c.Iterations, c.EvalImages = 4, 20
		c.LogEvery, c.EvalEvery, c.CheckpointEvery, c.SampleEvery = 2, 2, 2, 4
	}
	if !c.Method.Adapts() { // the others keep the rate that their sources state
		c.Model.LR = max(c.Model.LR, large)
	}
	c.Adaptation.Start = min(c.Adaptation.Start, c.Adaptation.Start*c.Iterations/full+1)
}

// narrowDigits gives a digit model the widths, batch and initial values of the preset small:
// narrower layers start with larger weights.
func narrowDigits(c *recipe.Config) {
	small, err := recipe.Preset("small")
	if err != nil {
		panic(err) // a bug in this package, which tests find
	}
	m, n := &c.Model, small.Model
	m.GBlocks, m.GFilters, m.DFilters = n.GBlocks, n.GFilters, n.DFilters
	m.TowerFilters, m.TowerUnits = n.TowerFilters, n.TowerUnits
	m.Batch, m.InitStd = n.Batch, n.InitStd
}

// narrowAdaptation narrows what a method adds to the model just as much.
func narrowAdaptation(c *recipe.Config) {
	switch a := &c.Adaptation; c.Method {
	case engine.DSN:
		a.PrivateFilters, a.DecoderFilters = [2]int{16, 32}, 8
	case engine.CoGAN:
		a.CoGenerator, a.CoUnits = 16, 200
		c.Model.Batch = 16
	}
}

// narrowLineMod is the preset linemod-small, which also has other loss weights.
func narrowLineMod(c *recipe.Config) {
	small, err := recipe.Preset("linemod-small")
	if err != nil {
		panic(err) // a bug in this package, which tests find
	}
	c.Model = small.Model
}

// unscaled settings do not depend on scale: which images, and how often a run is looked at.
var unscaled = []string{
	"seed", "data", "source", "target", "method", "log_every", "eval_every", "eval_images", "sample_every",
	"checkpoint_every", "keep",
}

// Shrunk says what distinguishes a configuration from the full one of the same cell: "iterations
// 250000 → 1500".
func Shrunk(full, c recipe.Config) []string {
	return changes(full, c, unscaled)
}

// difference says everything that distinguishes b from a.
func difference(a, b recipe.Config) string { return strings.Join(changes(a, b, nil), ", ") }

func changes(from, to recipe.Config, except []string) (all []string) {
	a, b := flat(from), flat(to)
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if !slices.Contains(except, name) && a[name] != b[name] {
			all = append(all, fmt.Sprintf("%s %s → %s", name, a[name], b[name]))
		}
	}
	return all
}

// flat is a configuration as names and JSON values, including those of its model and its
// adaptation.
func flat(c recipe.Config) map[string]string {
	all := map[string]string{}
	add := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // numbers and strings can be encoded
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(text, &fields); err != nil {
			panic(err) // it was encoded just above
		}
		for name, value := range fields {
			all[name] = strings.Trim(string(value), `"`)
		}
	}
	add(c)
	delete(all, "model")
	delete(all, "adaptation")
	add(c.Model)
	if c.Method.Adapts() {
		add(c.Adaptation)
	}
	return all
}
