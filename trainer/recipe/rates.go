package recipe

import "math"

// LearningRate is the original's staircase: the global step counts the updates of the discriminator
// and of the generator together.
func (m Model) LearningRate(globalStep int) float64 {
	return m.LR * math.Pow(m.LRDecay, float64(globalStep/m.LRDecaySteps))
}

// AdamRate is a learning rate with the bias correction for Adam's update number t, from 1, in
// TensorFlow's form, in which epsilon is outside.
func (m Model) AdamRate(rate float64, t int) float64 {
	return rate * math.Sqrt(1-math.Pow(m.Beta2, float64(t))) / (1 - math.Pow(m.Beta1, float64(t)))
}

// ramp is the schedule of the original DANN, in which the strength of an alignment and the learning
// rate depend on the share of the iterations done. In the other schedule, the gate, the strength is
// all or nothing.
const ramp = "ramp"

// AlignmentRate is the learning rate of an alignment in an iteration: the staircase of the domain
// separation networks' code or, with a ramp, μ_p = μ_0 / (1 + 10 p)^0.75 where p is the share of
// the iterations done (Ganin et al., section 5.2.2).
func (c Config) AlignmentRate(iteration int) float64 {
	if c.Adaptation.Schedule == ramp {
		return c.Model.LR / math.Pow(1+10*c.share(iteration), 0.75)
	}
	return c.Model.LearningRate(iteration)
}

// AlignmentStrength is how much an alignment counts in an iteration: with a gate as in that code,
// or with a ramp λ_p = 2 / (1 + exp(−10 p)) − 1.
func (c Config) AlignmentStrength(iteration int) float64 {
	const closed = 1e-10 // before the gate opens, as in that code
	switch {
	case c.Adaptation.Schedule == ramp:
		return 2/(1+math.Exp(-10*c.share(iteration))) - 1
	case iteration < c.Adaptation.Start:
		return closed
	default:
		return 1
	}
}

// share is the share of all iterations that has been done.
func (c Config) share(iteration int) float64 { return float64(iteration) / float64(c.Iterations) }
