package model

import (
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
)

// MMD is a task tower without private layers whose features of both domains are
// brought together by their maximum mean discrepancy.
type MMD struct {
	*Networks
	Adaptation
}

// MMDStepProgram is the step of MMD; it reads mmd_step.source, .labels and .target.
const MMDStepProgram = "mmd_step"

// NewMMD lays out the variables.
func NewMMD(c Config, a Adaptation) (*MMD, error) {
	if err := a.validateAlignment(c, Kernels); err != nil {
		return nil, err
	}
	if a.Schedule != Gate {
		return nil, wrong("schedule is %s, which belongs to %s; want %s", a.Schedule, Adversarial, Gate)
	}
	return &MMD{a.classifier(c), a}, nil
}

// discrepancy is the MMD² of the tower's first hidden layers, gated.
func (b bound) discrepancy(a Adaptation, p pair) (loss *graph.Tensor, terms []graph.Term) {
	g := b.g
	loss = g.MMD("mmd", g.Gate("gate.source", p.source.hidden[0]), g.Gate("gate.target", p.target.hidden[0]))
	return loss, []graph.Term{{Loss: loss, Weight: a.Gamma}}
}

// Step classifies a batch of the source, and compares its features with the target's.
func (n *MMD) Step(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(MMDStepProgram, choose, func(b bound) {
		p, task, _, _ := b.step(MMDStepProgram, in)
		similarity, terms := b.discrepancy(n.Adaptation, p)
		b.finish(MMDStepProgram, in, task, similarity, terms)
	})
}
