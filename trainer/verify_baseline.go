package trainer

import (
	"fmt"

	"pixelda-wgpu/model"
)

// stepBaseline replays iteration i of a baseline and measures its errors. The trace
// names its losses as training records do.
func (r *replay) stepBaseline(i int) (StepStrays, error) {
	c, total, done := r.Trace.Config, r.scheme.updates(), 0
	prefix := fmt.Sprintf("step%d", i)
	rows := map[string][model.LossColumns]float64{}
	for _, s := range r.scheme.steps {
		for _, f := range s.feeds {
			if f.from == fromLabelled {
				continue
			}
			err := r.feed(prefix+"."+f.images, s.program+"."+f.images, c.Batch*r.channels(f.from)*c.Size*c.Size)
			if err == nil && f.truth {
				err = r.feedLabels(prefix+".labels", s.program+".labels")
			}
			if err != nil {
				return StepStrays{}, err
			}
		}
		if r.Method == CoGAN {
			z := map[string]string{model.CoGANDStepProgram: ".d_z", model.CoGANGStepProgram: ".g_z"}[s.program]
			if err := r.feed(prefix+z, s.program+".z", c.Batch*c.NoiseDim); err != nil {
				return StepStrays{}, err
			}
		}
		global := i*total + done
		done++
		err := r.SetStep(Step{Index: uint32(global), Rate: r.scheme.rate(global, i+1), Strength: r.scheme.strength(i)})
		if err == nil {
			err = r.Session.Run(s.program)
		}
		if err != nil {
			return StepStrays{}, err
		}
		row, err := r.losses(s.program, uint32(global))
		if err != nil {
			return StepStrays{}, err
		}
		var wide [model.LossColumns]float64
		for j, v := range row {
			wide[j] = float64(v)
		}
		rows[s.program] = wide
	}
	rec := TrainRecord{Loss: map[string]float64{}, Correct: map[string]float64{}}
	r.scheme.note(note{TrainRecord: &rec, rows: rows, batch: c.Batch})
	return r.strays(prefix, rec.Loss)
}

// channels is how many the recorded images have: a tower for both domains sees those
// of the target.
func (r *replay) channels(o origin) int {
	if o == fromSource {
		return r.Engine.SourceChannels
	}
	return r.Engine.TargetChannels
}
