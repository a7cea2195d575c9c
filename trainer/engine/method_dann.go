package engine

import (
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// DANN aligns features through a domain classifier whose gradient is reversed (Ganin et al., JMLR
// 2016).
const DANN recipe.Method = "dann"

func init() {
	register(method{
		about: recipe.Description{Name: DANN, Place: 3, Defaults: dannDefaults, Uses: alignmentSettings},
		check: alignsInTime,
		lay:   layDANN,
	})
}

// dannDefaults are those of the command in the original's README. For the schedule ramp, Ganin et
// al. have lr 0.01, gamma 1, batches of 64 from each domain and no decay.
func dannDefaults(m *recipe.Model) recipe.Adaptation {
	m.LR, m.LRDecay, m.LRDecaySteps, m.WeightDecay, m.ClipNorm = 0.0117249, 0.95, 20_000, 1e-6, 0
	return recipe.Adaptation{
		Alignment: model.Adversarial, Schedule: model.Gate, Start: 1, Gamma: 0.251175, DomainUnits: 100, Momentum: 0.9,
		InitGain: 1,
	}
}

func layDANN(c recipe.Config) (*Scheme, error) {
	n, err := model.NewDANN(model.Config(c.Model), model.Adaptation(c.Adaptation))
	if err != nil {
		return nil, err
	}
	return layAlignment(c, n.Networks, model.DANNStepProgram, n.Step), nil
}
