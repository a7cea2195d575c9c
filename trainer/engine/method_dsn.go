package engine

import (
	"slices"

	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// DSN separates what the domains share from what is private to each (Bousmalis et al., NIPS 2016).
const DSN recipe.Method = "dsn"

func init() {
	register(method{
		about: recipe.Description{
			Name: DSN, Place: 5, Defaults: dsnDefaults,
			Uses: slices.Concat(alignmentSettings,
				[]string{"alpha", "beta", "private_filters", "decoder_side", "decoder_filters"}),
		},
		check: alignsInTime,
		lay:   layDSN,
	})
}

// dsnDefaults are the weights of a port that reaches 77 % (the original's are unknown), the paper's
// start, and the original code's networks.
func dsnDefaults(m *recipe.Model) recipe.Adaptation {
	a := dannDefaults(m)
	m.LR = 0.01
	a.Start, a.Alpha, a.Beta, a.Gamma = 10_000, 0.01, 0.075, 0.25
	a.Reconstruction, a.PrivateFilters = model.PairwiseCode, [2]int{32, 64}
	a.DecoderSide, a.DecoderFilters = 10, 16
	return a
}

func layDSN(c recipe.Config) (*Scheme, error) {
	n, err := model.NewDSN(model.Config(c.Model), model.Adaptation(c.Adaptation))
	if err != nil {
		return nil, err
	}
	s := layAlignment(c, n.Networks, model.DSNStepProgram, n.Step)
	aligned := s.Record
	s.Record = func(r *Note) {
		aligned(r)
		row := r.Rows[model.DSNStepProgram]
		r.Loss["reconstruction_source"] = row[model.DSNReconstructionSource]
		r.Loss["reconstruction_target"] = row[model.DSNReconstructionTarget]
		r.Loss["difference_source"] = row[model.DSNDifferenceSource]
		r.Loss["difference_target"] = row[model.DSNDifferenceTarget]
	}
	return s, nil
}
