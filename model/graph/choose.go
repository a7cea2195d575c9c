package graph

import (
	"strings"

	"pixelda-wgpu/gpu"
)

// Chooser picks one of the plans of an operation: FirstPlan or a Tuner.
type Chooser interface {
	choose(n *node) (int, error)
	subgroups() (bool, error) // whether kernels reduce by subgroup operations
}

// FirstPlan chooses by rule: the first plan made for the kind of adapter.
type FirstPlan struct {
	CPU       bool
	Lavapipe  bool // of CPU plans also those for this driver, which come first
	Direct    bool // none by Winograd's algorithm: the most accurate
	Subgroups bool // reductions by subgroup operations, for devices with the feature
}

// RuleFor is the rule for an adapter. Of the drivers that compute on the CPU,
// Mesa's lavapipe reads uniform buffers several times as fast as storage, and
// SwiftShader in Chromium half as fast.
func RuleFor(a gpu.AdapterInfo) FirstPlan {
	return FirstPlan{CPU: a.Software(), Lavapipe: strings.Contains(strings.ToLower(a.Name), "llvmpipe")}
}

// Verifying is the rule for comparing with PyTorch. Rounding decides on which side of a
// ReLU's kink an input within rounding of it falls, and every such jump shows in the
// gradient: a model of millions of inputs has room for few.
func Verifying(a gpu.AdapterInfo) FirstPlan {
	f := RuleFor(a)
	f.Direct = true
	return f
}

func (f FirstPlan) choose(n *node) (int, error) {
	kin := 0 // one for the kind of adapter, if no better is found
	for i, p := range n.plans {
		if p.CPU != f.CPU {
			continue
		}
		if (f.Lavapipe || !p.Lavapipe) && !(f.Direct && p.Winograd) {
			return i, nil
		}
		kin = i
	}
	return kin, nil
}
