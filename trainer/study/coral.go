package study

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/coral"
	"pixelda-wgpu/trainer/svm"
)

// coralLambda is what CORAL adds to the covariances' diagonals.
const coralLambda = 1

// coral does what the DSN paper did with CORAL on digits (section 4.2): the features
// of the source-only classifier that c uses, each domain's scaled by itself, the
// source's given the target's covariance, and a linear machine on them, whose C is
// chosen by the target's validation labels.
func (b Bench) coral(c Cell) (*Outcome, error) {
	data, err := trainer.OpenData(c.Config)
	if err != nil {
		return nil, err
	}
	if !data.Target.Valid.Labelled() || !data.Target.Test.Labelled() {
		return nil, fmt.Errorf("study: CORAL chooses C by the target's validation images, and is measured on its test images; %s lacks labels of either", c.Config.Target)
	}
	file, st, err := latest(Folder(b.Root, b.Scale, c.Uses))
	if err != nil {
		return nil, err
	}
	x, err := trainer.OpenFeatures(b.Device, file, b.Choose, trainer.Form(data.Source.Train), trainer.Form(data.Target.Train))
	if err != nil {
		return nil, err
	}
	defer x.Close()
	sourceTrain, targetTrain := data.Source.Train, data.Target.Train
	if c.Images > 0 {
		sourceTrain, targetTrain = sample(sourceTrain, c.Images, c.Seed), sample(targetTrain, c.Images, c.Seed)
	}
	var features [4]*mat.Dense
	for i, set := range []*datasets.Set{sourceTrain, targetTrain, data.Target.Valid, data.Target.Test} {
		if features[i], err = matrix(x, set); err != nil {
			return nil, err
		}
	}
	aligned, err := align(features[0], features[1], features[2:]...)
	if err != nil {
		return nil, err
	}
	classes := len(sourceTrain.Classes)
	set := func(m *mat.Dense, of *datasets.Set) svm.Set {
		return svm.Set{X: m, Labels: of.Labels, Classes: classes}
	}
	machine, cost, _, err := svm.Choose(set(aligned, sourceTrain), set(features[2], data.Target.Valid), svm.Grid)
	if err != nil {
		return nil, err
	}
	test := data.Target.Test
	ev := trainer.Tally(machine.Predict(features[3]), test.Labels, classes)
	return &Outcome{Iterations: st.Iteration, Data: st.Data, Accuracy: ev.Accuracy, Cost: &cost, Evaluation: ev}, nil
}

// align scales the features of both domains in place, those of further target
// images as the target's, and returns the source's with the target's covariance.
func align(source, target *mat.Dense, more ...*mat.Dense) (*mat.Dense, error) {
	ofSource, err := coral.NewScaling(source)
	if err != nil {
		return nil, err
	}
	ofTarget, err := coral.NewScaling(target)
	if err != nil {
		return nil, err
	}
	ofSource.Apply(source)
	ofTarget.Apply(target)
	for _, m := range more {
		ofTarget.Apply(m)
	}
	a, err := coral.Alignment(source, target, coralLambda)
	if err != nil {
		return nil, err
	}
	var aligned mat.Dense
	aligned.Mul(source, a)
	return &aligned, nil
}

// matrix is the features of a set, a row an image.
func matrix(x *trainer.FeatureExtractor, set *datasets.Set) (*mat.Dense, error) {
	units, err := x.Features(set)
	if err != nil {
		return nil, err
	}
	wide := make([]float64, len(units))
	for i, v := range units {
		wide[i] = float64(v)
	}
	return mat.NewDense(set.Len(), x.TowerUnits, wide), nil
}

// sample draws at most n images.
func sample(set *datasets.Set, n int, seed uint64) *datasets.Set {
	if n >= set.Len() {
		return set
	}
	return set.Subset(shuffled(set.Len(), seed)[:n])
}

// divergenceImages is how many images of a domain the proxy A-distance takes.
const divergenceImages = 2000

// divergence is the proxy A-distance between what a classifier was trained on and
// target images, by its features: adapted images where there is a generator. Both
// are of test images.
func (b Bench) divergence(c Cell, folder string) (float64, error) {
	data, err := trainer.OpenData(c.Config)
	if err != nil {
		return 0, err
	}
	seen := sample(data.Source.Test, divergenceImages, c.Seed)
	if c.Config.Method == trainer.PixelDA {
		g, _, err := b.generator(c.Config, folder)
		if err != nil {
			return 0, err
		}
		defer g.Close()
		if seen, err = g.Adapt(seen, c.Seed, 0); err != nil {
			return 0, err
		}
	}
	file, _, err := latest(folder)
	if err != nil {
		return 0, err
	}
	target := sample(data.Target.Test, divergenceImages, c.Seed)
	x, err := trainer.OpenFeatures(b.Device, file, b.Choose, trainer.Form(seen), trainer.Form(target))
	if err != nil {
		return 0, err
	}
	defer x.Close()
	ours, err := matrix(x, seen)
	if err != nil {
		return 0, err
	}
	theirs, err := matrix(x, target)
	if err != nil {
		return 0, err
	}
	// The scale of features differs between methods, and with it what a value of C means.
	n, d := ours.Dims()
	m, _ := theirs.Dims()
	both := mat.NewDense(n+m, d, nil)
	both.Stack(ours, theirs)
	scaling, err := coral.NewScaling(both)
	if err != nil {
		return 0, err
	}
	scaling.Apply(ours)
	scaling.Apply(theirs)
	return svm.ProxyADistance(ours, theirs, c.Seed)
}
