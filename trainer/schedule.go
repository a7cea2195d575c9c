package trainer

import (
	"math"

	"pixelda-wgpu/model"
)

// LearningRate is the staircase of the original: the global step counts the
// updates of the discriminator and of the generator together.
func LearningRate(c model.Config, globalStep int) float64 {
	return c.LR * math.Pow(c.LRDecay, float64(globalStep/c.LRDecaySteps))
}

// adamRate is the learning rate with the bias correction of an optimiser's
// t-th update, t from 1: TensorFlow's form, in which epsilon stands outside.
func adamRate(c model.Config, rate float64, t int) float64 {
	return rate * math.Sqrt(1-math.Pow(c.Beta2, float64(t))) / (1 - math.Pow(c.Beta1, float64(t)))
}
