package verify

import (
	"fmt"

	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/engine"
)

// stepBaseline replays iteration i of a baseline and measures its errors. The trace names its
// losses the way training records do.
func (r *replay) stepBaseline(i int) (StepStrays, error) {
	c, total, done := r.trace.Config, r.scheme.Updates(), 0
	prefix := fmt.Sprintf("step%d", i)
	rows := map[string][model.LossColumns]float64{}
	for _, s := range r.scheme.Steps {
		for _, f := range s.Feeds {
			if f.From == engine.FromLabelled {
				continue
			}
			err := r.feed(prefix+"."+f.Images, s.Program+"."+f.Images, c.Batch*r.channels(f.From)*c.Size*c.Size)
			if err == nil && f.Truth {
				err = r.feedLabels(prefix+".labels", s.Program+".labels")
			}
			if err != nil {
				return StepStrays{}, err
			}
		}
		if r.trace.Method == engine.CoGAN {
			z := map[string]string{model.CoGANDStepProgram: ".d_z", model.CoGANGStepProgram: ".g_z"}[s.Program]
			if err := r.feed(prefix+z, s.Program+".z", c.Batch*c.NoiseDim); err != nil {
				return StepStrays{}, err
			}
		}
		global := i*total + done
		done++
		err := r.engine.SetUpdate(engine.Update{
			Index: uint32(global), Rate: r.scheme.Rate(global, i+1), Strength: r.scheme.Strength(i),
		})
		if err == nil {
			err = r.engine.Session.Run(s.Program)
		}
		if err != nil {
			return StepStrays{}, err
		}
		row, err := r.engine.LossRow(s.Program, uint32(global))
		if err != nil {
			return StepStrays{}, err
		}
		var wide [model.LossColumns]float64
		for j, v := range row {
			wide[j] = float64(v)
		}
		rows[s.Program] = wide
	}
	n := engine.NewNote(rows, r.engine.Networks.Config, false)
	r.scheme.Record(n)
	return r.strays(prefix, n.Loss)
}

// channels is how many channels the recorded images have: a tower for both domains sees those of
// the target.
func (r *replay) channels(o engine.Origin) int {
	if o == engine.FromSource {
		return r.engine.Networks.Config.SourceChannels
	}
	return r.engine.Networks.Config.TargetChannels
}
