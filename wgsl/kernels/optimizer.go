package kernels

import (
	"fmt"

	"pixelda-wgpu/wgsl/expand"
)

// Variable is a range of a network's flat parameter buffer, in floats. Its
// gradient and Adam's moments lie at the same place of buffers like it. Offset
// is a multiple of 4, and what follows the variable up to a multiple of 4 is 0.
type Variable struct{ Offset, Length int }

// partVec4 is the length of a part of a variable, which one workgroup takes.
const partVec4 = 1024

// OptimizerParts divides variables into parts: the table that GradNorm and the
// optimisers read, four u32 a part.
func OptimizerParts(variables []Variable) []uint32 {
	var table []uint32
	for _, v := range variables {
		first, length := uint32(len(table)/4), CeilDiv(v.Length, 4)
		count := uint32(CeilDiv(length, partVec4))
		for at := 0; at < length; at += partVec4 {
			table = append(table, uint32(v.Offset/4+at), uint32(min(partVec4, length-at)), first, count)
		}
	}
	return table
}

// GradNorm sums the squares of the gradients of each part, and sets health to 1
// where they are not finite.
//
//	0 parts     read        [parts, 4] u32
//	1 grads     read        the network's gradients
//	2 partials  read_write  [parts]
//	3 health    read_write  [1] u32
func GradNorm(variables []Variable) Kernel {
	parts, floats := extent(variables)
	return New(fmt.Sprintf("grad norm %d", floats), "grad_norm.wgsl", expand.Params{"PARTS": parts, "PART": partVec4},
		Grid(parts), 2*float64(floats), 4*float64(floats))
}

// Optimizer changes a network's variables by their gradients.
type Optimizer interface {
	Update([]Variable) Kernel
	Moments() int // how many it keeps of each variable, m and v at most
}

// Adam is Kingma and Ba's optimiser (2015) with its decay rates.
type Adam struct {
	Beta1, Beta2, Epsilon float64
	Clip                  float64 // largest norm of a variable's gradient; 0 for no limit
}

// Update is a step over all variables in TensorFlow's form: the gradient of each
// is first scaled down to a norm of Clip; Step holds the learning rate with the
// bias correction, rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). Nothing changes once health is
// set.
//
//	0 step      uniform     Step
//	1 parts     read        [parts, 4] u32
//	2 partials  read        [parts], with Clip
//	3 health    read        [1] u32
//	4 grads     read        the network's gradients
//	5 params    read_write  its parameters
//	6 m         read_write  its first moments
//	7 v         read_write  its second moments
func (a Adam) Update(variables []Variable) Kernel {
	parts, floats := extent(variables)
	return New(fmt.Sprintf("adam %d", floats), "adam.wgsl",
		expand.Params{"PARTS": parts, "PART": partVec4, "CLIP": a.Clip, "BETA1": a.Beta1, "BETA2": a.Beta2,
			"EPS": a.Epsilon},
		Grid(parts), 15*float64(floats), 28*float64(floats))
}

// Moments are the mean of the gradient and of its square.
func (Adam) Moments() int { return 2 }

// SGD is stochastic gradient descent with momentum: m ← momentum · m + gradient,
// value ← value − rate · m.
type SGD struct {
	Momentum float64
	Clip     float64 // as Adam's
}

// Update is a step over all variables, with the learning rate of Step. Nothing
// changes once health is set.
//
//	0 step      uniform     Step
//	1 parts     read        [parts, 4] u32
//	2 partials  read        [parts], with Clip
//	3 health    read        [1] u32
//	4 grads     read        the network's gradients
//	5 params    read_write  its parameters
//	6 m         read_write  its momentum
func (o SGD) Update(variables []Variable) Kernel {
	parts, floats := extent(variables)
	return New(fmt.Sprintf("sgd %d", floats), "sgd.wgsl",
		expand.Params{"PARTS": parts, "PART": partVec4, "CLIP": o.Clip, "MOMENTUM": o.Momentum},
		Grid(parts), 6*float64(floats), 20*float64(floats))
}

// Moments is the momentum.
func (SGD) Moments() int { return 1 }

func extent(variables []Variable) (parts, floats int) {
	for _, v := range variables {
		parts += CeilDiv(CeilDiv(v.Length, 4), partVec4)
		floats += v.Length
	}
	return parts, floats
}
