package engine

import (
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// MMD aligns features by the distance between their kernel means (Long et al., ICML 2015).
const MMD recipe.Method = "mmd"

func init() {
	register(method{
		about: recipe.Description{Name: MMD, Place: 4, Defaults: mmdDefaults, Uses: alignmentSettings},
		check: alignsInTime,
		lay:   layMMD,
	})
}

// mmdDefaults are DANN's except for the weight, which is unknown.
func mmdDefaults(m *recipe.Model) recipe.Adaptation {
	a := dannDefaults(m)
	a.Alignment, a.Gamma = model.Kernels, 0.25 // unknown
	return a
}

func layMMD(c recipe.Config) (*Scheme, error) {
	n, err := model.NewMMD(model.Config(c.Model), model.Adaptation(c.Adaptation))
	if err != nil {
		return nil, err
	}
	return layAlignment(c, n.Networks, model.MMDStepProgram, n.Step), nil
}
