package recipe

import "math"

// LearningRate is the staircase of the original: the global step counts the updates of the
// discriminator and of the generator together.
func (m Model) LearningRate(globalStep int) float64 {
	return m.LR * math.Pow(m.LRDecay, float64(globalStep/m.LRDecaySteps))
}

// AdamRate is a learning rate with the bias correction of Adam's update number t, from 1:
// TensorFlow's form, in which epsilon stands outside.
func (m Model) AdamRate(rate float64, t int) float64 {
	return rate * math.Sqrt(1-math.Pow(m.Beta2, float64(t))) / (1 - math.Pow(m.Beta1, float64(t)))
}

// ramp is the schedule of the original DANN, by which the strength of an alignment and the learning
// rate follow from the share of the iterations that is done. By the other schedule, the gate, the
// strength is all or nothing.
const ramp = "ramp"

// AlignmentRate is the learning rate of an alignment in an iteration: the staircase of the domain
// separation networks' code or, with a ramp, μ_p = μ_0 / (1 + 10 p)^0.75 with p the share of the
// iterations done (Ganin et al., section 5.2.2).
func (c Config) AlignmentRate(iteration int) float64 {
	if c.Adaptation.Schedule == ramp {
		return c.Model.LR / math.Pow(1+10*c.share(iteration), 0.75)
	}
	return c.Model.LearningRate(iteration)
}

// AlignmentStrength is how much of an alignment counts in an iteration: by a gate as coded, or by a
// ramp λ_p = 2 / (1 + exp(−10 p)) − 1.
func (c Config) AlignmentStrength(iteration int) float64 {
	const closed = 1e-10 // before the gate opens, as coded
	switch {
	case c.Adaptation.Schedule == ramp:
		return 2/(1+math.Exp(-10*c.share(iteration))) - 1
	case iteration < c.Adaptation.Start:
		return closed
	default:
		return 1
	}
}

// share is the part of all iterations that is done.
func (c Config) share(iteration int) float64 { return float64(iteration) / float64(c.Iterations) }
