package export

import (
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// Manifest is what a bundle states about its generator.
type Manifest struct {
	Generator Architecture     `json:"generator"`
	Input     Input            `json:"input"`
	Classes   []string         `json:"classes"`
	Labels    []uint32         `json:"example_labels"` // of the examples, into Classes; none if they have no labels
	Trained   Origin           `json:"trained"`
	Layout    map[string]Place `json:"layout"` // of each tensor in the programs' buffers
}

// Architecture is the part of recipe.Model that shapes the generator, with the same names.
type Architecture struct {
	Size           int     `json:"size"`
	SourceChannels int     `json:"source_channels"`
	TargetChannels int     `json:"target_channels"`
	NoiseDim       int     `json:"noise_dim"`
	GBlocks        int     `json:"g_blocks"`
	GFilters       int     `json:"g_filters"`
	GResiduals     bool    `json:"g_residuals"`
	GHead          int     `json:"g_head_kernel"`
	BNEpsilon      float64 `json:"bn_epsilon"`
}

// Input says how an image becomes a program's input, float32 [channels, size, size].
type Input struct {
	Size     int        `json:"size"`
	Channels int        `json:"channels"`
	Range    [2]float64 `json:"range"` // the values of bytes 0 and 255
	Resize   string     `json:"resize"`
}

// Origin says where a generator was trained.
type Origin struct {
	Source string `json:"source"`
	Target string `json:"target"`
	Step   int    `json:"step"`
	Seed   uint64 `json:"seed"`
}

// Place is where a tensor is, as float32, in a buffer of the programs.
type Place struct {
	Buffer string `json:"buffer"`
	Offset uint64 `json:"offset"` // bytes
}

// resizing names how images of another size are brought to the generator's: by the mean over the
// covered area if they are larger, bilinear from the corner if they are smaller.
const resizing = "mean, corner-bilinear"

// architecture extracts the generator's part from a configuration.
func architecture(c recipe.Model) Architecture {
	return Architecture{c.Size, c.SourceChannels, c.TargetChannels, c.NoiseDim, c.GBlocks, c.GFilters, c.GResiduals,
		c.GHead, c.BNEpsilon}
}

// networks lays out the variables of the architecture. The other networks, which a bundle does not
// contain, are as small as possible.
func (a Architecture) networks() (*model.Networks, error) {
	c, err := recipe.PresetModel("small")
	if err != nil {
		return nil, err
	}
	c.Size, c.SourceChannels, c.TargetChannels, c.NoiseDim = a.Size, a.SourceChannels, a.TargetChannels, a.NoiseDim
	c.GBlocks, c.GFilters, c.GResiduals, c.GHead, c.BNEpsilon = a.GBlocks, a.GFilters, a.GResiduals, a.GHead,
		a.BNEpsilon
	c.SimilarityWeight, c.DFilters, c.TowerFilters, c.TowerUnits = 0, 1, [2]int{1, 1}, 1
	if err := c.Bounds(); err != nil { // a file may contain anything
		return nil, err
	}
	return model.NewNetworks(model.Config(c))
}
