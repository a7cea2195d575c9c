package model

import (
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// DANN is domain-adversarial training: a task tower without private layers, and a
// classifier of domains that the tower's features must deceive.
type DANN struct {
	*Networks
	Adaptation
	Domain *graph.Store
}

// DANNStepProgram is the step of DANN; it reads dann_step.source, .labels and .target.
const DANNStepProgram = "dann_step"

// Columns of an alignment's row of losses; those behind are DSN's.
const (
	AlignTask          = 0
	AlignCorrect       = 1
	AlignPose          = 2
	AlignSimilarity    = 3
	AlignTaskTarget    = 4 // of labelled target images
	AlignCorrectTarget = 5
	AlignPoseTarget    = 6

	DSNReconstructionSource = 7
	DSNReconstructionTarget = 8
	DSNDifferenceSource     = 9
	DSNDifferenceTarget     = 10
)

// NewDANN lays out the variables.
func NewDANN(c Config, a Adaptation) (*DANN, error) {
	if err := a.validateAlignment(c, Adversarial); err != nil {
		return nil, err
	}
	n := a.classifier(c)
	return &DANN{n, a, n.layDomain(a)}, nil
}

// classifier lays out the task tower of an alignment.
func (a Adaptation) classifier(c Config) *Networks {
	n := empty(oneTower(c))
	n.optimizer = a.descent(c)
	n.Task = n.store("task")
	n.layTask()
	return n
}

// layDomain declares the classifier of domains: features of the tower's first hidden
// layer or, with the original's ramp, of its last pool.
func (n *Networks) layDomain(a Adaptation) *graph.Store {
	t := n.Config.tower()
	features := t.hidden[0]
	if a.Schedule == Ramp {
		features = t.convs[len(t.convs)-1] * t.side(n.Config.Size) * t.side(n.Config.Size)
	}
	s := n.store("domain")
	n.add(s, graph.Weight, "domain.fc1.weight", a.DomainUnits, features)
	n.add(s, graph.Bias, "domain.fc1.bias", a.DomainUnits)
	n.add(s, graph.Weight, "domain.fc2.weight", 1, a.DomainUnits)
	n.add(s, graph.Bias, "domain.fc2.bias", 1)
	return s
}

// pair is what the task tower makes of a batch of each domain.
type pair struct{ source, target prediction }

// step begins a step of an alignment: it brings the batches in and predicts.
func (b bound) step(name string, in Inputs) (p pair, task taskLoss, source, target *graph.Tensor) {
	source = b.images(name+".source", in.Source, b.Config.Batch, b.Config.TargetChannels)
	target = b.images(name+".target", in.Target, b.Config.Batch, b.Config.TargetChannels)
	p.source = b.predict(source, adapted, training, streamTaskSource)
	p.target = b.predict(target, adapted, training, streamTaskAdapted)
	return p, b.taskLoss("task", p.source, b.truth(name+".")), source, target
}

// adversarial is the loss of the classifier of domains, source 0 and target 1, as the
// mean over both batches. The gradient that leaves it for the features is reversed.
// By the gate's schedule the step's strength weighs all of it, as coded; by the ramp's
// it is λ, which weighs the reversed gradient alone (Ganin et al., Eq. 13 to 18).
func (b bound) adversarial(a Adaptation, p pair) (loss *graph.Tensor, terms []graph.Term) {
	g := b.g
	judge := func(of prediction) (logits *graph.Tensor) {
		ramp := a.Schedule == Ramp
		features := of.hidden[0]
		if ramp {
			features = of.pooled
		}
		g.Scope("domain", func() {
			x := g.ReverseGradient("reversal", features, ramp)
			x = g.Linear("fc1", x, b.get("domain.fc1.weight"), b.get("domain.fc1.bias"), kernels.ReLU)
			logits = g.Linear("fc2", x, b.get("domain.fc2.weight"), b.get("domain.fc2.bias"), kernels.NoAct)
			if !ramp {
				logits = g.Gate("gate", logits)
			}
		})
		return logits
	}
	ofSource := g.SigmoidCrossEntropy("domain_source", judge(p.source), 0)
	ofTarget := g.SigmoidCrossEntropy("domain_target", judge(p.target), 1)
	terms = []graph.Term{{Loss: ofSource, Weight: a.Gamma / 2}, {Loss: ofTarget, Weight: a.Gamma / 2}}
	return g.Scale("domain", g.Add(ofSource, ofTarget), 0.5), terms
}

// align is the loss that compares the domains' features.
func (b bound) align(a Adaptation, p pair) (loss *graph.Tensor, terms []graph.Term) {
	if a.Alignment == Kernels {
		return b.discrepancy(a, p)
	}
	return b.adversarial(a, p)
}

// Step classifies a batch of the source, and tells its features from the target's.
func (n *DANN) Step(in Inputs, choose graph.Chooser) (*gpu.Program, error) {
	return n.program(DANNStepProgram, choose, func(b bound) {
		p, task, _, _ := b.step(DANNStepProgram, in)
		similarity, terms := b.adversarial(n.Adaptation, p)
		b.finish(DANNStepProgram, in, task, similarity, terms)
	})
}

// finish ends a step of an alignment: it adds the task losses, minimises and collects,
// with a method's own losses behind.
func (b bound) finish(name string, in Inputs, task taskLoss, similarity *graph.Tensor, terms []graph.Term,
	own ...*graph.Tensor) {
	ofTarget, labelled := b.labelled(name, in, 1)
	terms = append(append(task.terms(1, b.Config.PoseAdaptedWeight), terms...), labelled...)
	b.minimise(terms, b.Trained()...)
	b.g.Collect(name+".losses", LossRows, append([]*graph.Tensor{
		task.class, task.correct, task.pose, similarity, ofTarget.class, ofTarget.correct, ofTarget.pose,
	}, own...)...)
}
