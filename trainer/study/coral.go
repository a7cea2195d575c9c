package study

import (
	"gonum.org/v1/gonum/mat"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/coral"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/svm"
)

// coralLambda is added to the diagonals of the covariances.
const coralLambda = 1

// coral does what the DSN paper did with CORAL on digits (section 4.2). It takes the features of
// the source-only classifier that c uses, scales each domain's separately, gives the source's the
// target's covariance, and trains a linear machine on them, whose C is chosen by the target's
// validation labels.
func (b Bench) coral(c Cell) (*Outcome, error) {
	data, err := engine.OpenData(c.Config)
	if err != nil {
		return nil, err
	}
	if !data.Target.Valid.Labelled() || !data.Target.Test.Labelled() {
		return nil, origin.Errorf("CORAL chooses C by the target's validation images, and is measured on its test "+
			"images; %s lacks labels of either", c.Config.Target)
	}
	file, st, err := latest(Folder(b.Root, b.Scale, c.Uses))
	if err != nil {
		return nil, err
	}
	sourceTrain, targetTrain := data.Source.Train, data.Target.Train
	if c.Images > 0 {
		sourceTrain, targetTrain = sample(sourceTrain, c.Images, c.Seed), sample(targetTrain, c.Images, c.Seed)
	}
	features, err := b.features(file, sourceTrain, targetTrain, data.Target.Valid, data.Target.Test)
	if err != nil {
		return nil, err
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
	ev := engine.Tally(machine.Predict(features[3]), test.Labels, classes)
	return &Outcome{Iterations: st.Iteration, Data: st.Data, Accuracy: ev.Accuracy, Cost: &cost, Evaluation: ev}, nil
}

// align scales the features of both domains in place, and those of further target images like the
// target's, and returns the source's with the target's covariance.
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

// features are those of sets from the classifier of a checkpoint, one row per image.
func (b Bench) features(file string, sets ...*datasets.Set) ([]*mat.Dense, error) {
	all, units, err := checkpoint.Features(b.Device, file, b.Choose, sets...)
	if err != nil {
		return nil, err
	}
	rows := make([]*mat.Dense, len(sets))
	for i, set := range sets {
		wide := make([]float64, len(all[i]))
		for k, v := range all[i] {
			wide[k] = float64(v)
		}
		rows[i] = mat.NewDense(set.Len(), units, wide)
	}
	return rows, nil
}

// sample draws at most n images.
func sample(set *datasets.Set, n int, seed uint64) *datasets.Set {
	if n >= set.Len() {
		return set
	}
	return set.Subset(shuffled(set.Len(), seed)[:n])
}

// divergenceImages is how many images of each domain the proxy A-distance uses.
const divergenceImages = 2000

// divergence is the proxy A-distance, in a run's features, between target images and what its classifier
// was trained on: adapted images if there is a generator, else source images. Both are test images.
func (b Bench) divergence(c Cell, folder string, data engine.Data) (float64, error) {
	seen := sample(data.Source.Test, divergenceImages, c.Seed)
	if c.Config.Method == recipe.PixelDA {
		g, err := b.generator(folder, data)
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
	features, err := b.features(file, seen, target)
	if err != nil {
		return 0, err
	}
	ours, theirs := features[0], features[1]
	// The scale of features differs between methods, and so does the meaning of a value of C.
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
