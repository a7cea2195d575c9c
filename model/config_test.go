package model_test

import (
	"strings"
	"testing"

	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

func preset(t testing.TB, name string) model.Config {
	t.Helper()
	m, err := recipe.PresetModel(name)
	if err != nil {
		t.Fatal(err)
	}
	return model.Config(m)
}

func TestPresetsAreValid(t *testing.T) {
	for _, name := range recipe.Presets() {
		if err := preset(t, name).Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Settings that do not fit each other are named.
func TestValidateErrors(t *testing.T) {
	for want, change := range map[string]func(c *model.Config){
		"g_head_kernel is 2; want an odd number":    func(c *model.Config) { c.GHead = 2 },
		`precision is "f64"; want one of [f32 f16]`: func(c *model.Config) { c.Precision = "f64" },
		"loss_scale is 3; want a power of two":      func(c *model.Config) { c.LossScale = 3 },
		`similarity is "l2"; want one of ` +
			`[mpse mpse-paper masked-mpse masked-mpse-paper mse hinged-mse hinged-mae]`: func(c *model.Config) {
			c.Similarity = "l2"
		},
		"similarity masked-mpse masks by depth, so source_channels and target_channels must be 4, not 3 and 3": func(
			c *model.Config) {
			c.Similarity, c.SimilarityWeight = "masked-mpse", 1
		},
		`task_tower is "svhn"; want one of [mnist pose-mini doubling]`: func(c *model.Config) { c.TaskTower = "svhn" },
		"tower_filters is [32 48]; the tower doubling has twice the filters in each layer: want [32 64]": func(
			c *model.Config) {
			c.TaskTower = "doubling"
		},
		"private_layers is 3; the tower mnist has 2 convolutions for images of 32 × 32": func(c *model.Config) {
			c.PrivateLayers = 3
		},
		"the tower doubling has 1 convolutions for images of 8 × 8": func(c *model.Config) {
			c.TaskTower, c.TowerFilters, c.Size, c.PrivateLayers = "doubling", [2]int{4, 8}, 8, 2
		},
		"private_layers is 0 with source_channels 1 and target_channels 3": func(c *model.Config) {
			c.PrivateLayers, c.SourceChannels = 0, 1
		},
		"similarity of 2 and 3 channels": func(c *model.Config) {
			c.SimilarityWeight, c.SourceChannels, c.TargetChannels = 1, 2, 3
		},
	} {
		c := preset(t, "mnist-mnistm")
		change(&c)
		err := c.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), "configuration: ") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := model.NewNetworks(c); err == nil {
			t.Errorf("networks are laid out although %q", want)
		}
	}
}
