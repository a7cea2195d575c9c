package recipe

import (
	"fmt"
	"strings"
)

// Presets lists the named configurations.
func Presets() []string {
	return []string{"mnist-mnistm", "mnist-usps", "small", "linemod", "linemod-masked", "linemod-small"}
}

// Suggested is the preset for an adapter: for a software adapter one that a processor trains in
// minutes, else the paper's.
func Suggested(software bool) string {
	if software {
		return "small"
	}
	return "mnist-mnistm"
}

// Preset returns a named configuration.
func Preset(name string) (Config, error) {
	m, err := PresetModel(name)
	if err != nil {
		return Config{}, err
	}
	c := Config{
		Method: PixelDA, Data: "data", Seed: 1, Model: m, Source: "mnist", Target: "mnist-m", TrainClasses: []string{},
		Iterations: 250_000, LogEvery: 50, EvalEvery: 1000, SampleEvery: 1000, CheckpointEvery: 1000, Keep: 3,
	}
	switch name {
	case "mnist-usps":
		c.Target = "usps"
		c.Iterations = 50_000
	case "small":
		c.Source, c.Target = "digits", "digits-m"
		c.Iterations, c.Baseline = 1500, 600
		c.EvalImages = 500
		c.LogEvery, c.EvalEvery, c.SampleEvery, c.CheckpointEvery = 20, 200, 200, 200
	case "linemod", "linemod-masked":
		c.Source, c.Target = "objects", "objects-m"
	case "linemod-small":
		c.Source, c.Target = "objects", "objects-m"
		c.Iterations, c.Baseline = 6000, 2000
		c.EvalImages = 500
		c.LogEvery, c.EvalEvery, c.SampleEvery, c.CheckpointEvery = 20, 500, 500, 500
	}
	return c, nil
}

// lossScale is in the middle of the range that works. The root mean squares of the gradients that
// are stored as f16, those of the residual blocks, began at 2·10⁻⁸ to 2·10⁻⁵ in mnist-mnistm; the
// transforms multiply them by about 8, and halves lose bits below 2⁻¹⁴, which they no longer do
// from a scale of 2⁹. With losses of weight 1 and few, small images (the trace wide-16), gradients
// are 10⁴ times as large and saturate from 2¹⁶.
const lossScale = 1 << 12

// PresetModel returns the model of a preset: the paper's digit scenarios, and one that a two-core
// processor trains in minutes; the paper's LineMod scenarios by its appendix B.3, without and with
// the masked content loss, and one for two cores. By that appendix the tower sees no source images
// and the generator gets no task loss. The small one trains as the paper's body says (Eq. 6): the
// tower on both domains, and with the task loss in the generator's step as in the original's code.
func PresetModel(name string) (Model, error) {
	m := Model{
		Size: 32, SourceChannels: 3, TargetChannels: 3, Classes: 10,
		NoiseDim: 10, GBlocks: 6, GFilters: 64, GResiduals: true, GHead: 1,
		DFilters: 64, DFinalSize: 4, NoiseStd: 0.2, DropoutKeep: 0.9, LeakySlope: 0.2,
		TaskTower: "mnist", TowerFilters: [2]int{32, 48}, TowerUnits: 100, TowerKeep: 1, PrivateLayers: 1,
		BNEpsilon: 1e-3, BNDecay: 0.9, InitStd: 0.02,
		DomainWeight: 0.135603587834, StyleWeight: 0.0113173311334, TaskInGWeight: 0.0100959947,
		TaskSourceWeight: 1, TaskAdaptedWeight: 1, PoseSourceWeight: 0.25, PoseAdaptedWeight: 0.125,
		Similarity: "mpse", SimilarityMargin: 0.4,
		Batch: 32, LR: 1e-3, LRDecay: 0.95, LRDecaySteps: 20000,
		Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8, ClipNorm: 5, DSteps: 1, GSteps: 1,
		Precision: "f32", LossScale: lossScale,
	}
	switch name {
	case "mnist-mnistm":
	case "mnist-usps":
		m.SourceChannels, m.TargetChannels = 1, 1
		m.DomainWeight, m.StyleWeight, m.TaskInGWeight, m.LR = 1, 1, 1, 2e-4
	case "small":
		m.GBlocks, m.GFilters, m.DFilters = 3, 16, 16
		m.TowerFilters, m.TowerUnits = [2]int{16, 32}, 64
		m.Batch, m.InitStd = 16, 0.05
	case "linemod", "linemod-masked", "linemod-small":
		m.lineMod(name)
	default:
		return Model{}, fmt.Errorf("no preset %q; there are %s", name, strings.Join(Presets(), ", "))
	}
	return m, nil
}

// lineMod turns the digit scenario into one with RGB-D images of eleven objects.
func (m *Model) lineMod(name string) {
	m.Size, m.SourceChannels, m.TargetChannels, m.Classes = 64, 4, 4, 11
	m.GBlocks, m.DropoutKeep = 4, 0.35
	m.TaskTower, m.TowerFilters, m.TowerUnits, m.TowerKeep = "pose-mini", [2]int{32, 64}, 128, 0.5
	m.DomainWeight, m.StyleWeight, m.TaskInGWeight = 0.004, 0.011, 0
	m.TaskSourceWeight, m.PoseSourceWeight, m.PoseAdaptedWeight = 0, 0, 0.2
	m.LR, m.LRDecay, m.LRDecaySteps = 2.2e-4, 0.75, 95_000
	switch name {
	case "linemod-masked":
		m.DomainWeight, m.PoseAdaptedWeight, m.LR = 0.0088, 0.29, 2.6e-4
		m.Similarity, m.SimilarityWeight = "masked-mpse", 22.9
	case "linemod-small":
		m.Size, m.GBlocks, m.GFilters, m.DFilters = 32, 2, 16, 16
		m.TowerFilters, m.TowerUnits = [2]int{16, 32}, 64
		m.TaskInGWeight, m.TaskSourceWeight = 0.01, 1
		// Orientations take longer to learn than classes and, with the paper's weights, longer than
		// this preset trains.
		m.PoseSourceWeight, m.PoseAdaptedWeight = 1, 1
		m.DropoutKeep, m.LR, m.Batch, m.InitStd = 0.9, 1e-3, 16, 0.05
	}
}

// Earlier is what a configuration file is read over: it holds the values that settings had before
// files stated them.
func Earlier() Config {
	return Config{
		Model: Model{
			TaskTower: "mnist", TowerKeep: 1, PrivateLayers: 1, SimilarityMargin: 0.4, Precision: "f32",
			LossScale: lossScale,
		},
		TrainClasses: []string{},
	}
}
