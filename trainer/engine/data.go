package engine

import (
	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/recipe"
)

// Data is the images of both domains.
type Data struct {
	Source, Target datasets.Splits
	Labelled       *datasets.Set // target training images whose labels are used; nil for none
}

// OpenData opens the data sets of a configuration and checks that the model
// can take them.
func OpenData(c recipe.Config) (Data, error) {
	source, err := openSet(c, c.Source, c.SourceTrain)
	if err != nil {
		return Data{}, err
	}
	target, err := openSet(c, c.Target, c.TargetTrain)
	if err != nil {
		return Data{}, err
	}
	d, err := PrepareData(c, source, target)
	if err != nil {
		return d, err
	}
	if few(c.Source, c.SourceTrain) {
		if err := d.Source.Hold(); err != nil {
			return d, err
		}
	}
	if few(c.Target, c.TargetTrain) {
		if err := d.Target.Hold(); err != nil {
			return d, err
		}
		d.Labelled = d.Labelled.Hold()
	}
	return d, nil
}

// few reports whether only some images of a generated set are trained on: these alone
// are drawn, once they are chosen.
func few(spec string, limit int) bool { return limit > 0 && draw.Generated(spec) }

func openSet(c recipe.Config, spec string, limit int) (datasets.Splits, error) {
	o := datasets.Options{Dir: c.Data, Seed: c.Seed}
	if few(spec, limit) {
		o.Stream = &datasets.Stream{}
	}
	return open.Splits(spec, o)
}

// PrepareData converts open data sets to a form for the model of a configuration, and checks that
// the model can take them.
func PrepareData(c recipe.Config, source, target datasets.Splits) (Data, error) {
	var d Data
	var err error
	if d.Source, err = prepare(c, "source "+c.Source, source, sourceChannels(c)); err != nil {
		return d, err
	}
	if d.Target, err = prepare(c, "target "+c.Target, target, c.Model.TargetChannels); err != nil {
		return d, err
	}
	for role, s := range map[string]datasets.Splits{"source " + c.Source: d.Source, "target " + c.Target: d.Target} {
		if s.Test.Len() == 0 {
			return d, origin.Errorf("%s has no test images; give it more, or folders train and test", role)
		}
	}
	if !d.Source.Train.Labelled() || !d.Source.Test.Labelled() {
		return d, origin.Errorf("source %s has no labels; put its images into a folder a class", c.Source)
	}
	if methods[c.Method].targetLabels && !d.Target.Train.Labelled() {
		return d, origin.Errorf("target %s has no labels, which %s trains on", c.Target, c.Method)
	}
	if d.Target.Test.Labelled() {
		if err := datasets.MatchClasses(d.Source.Train, d.Target.Test); err != nil {
			return d, err
		}
	}
	if n := len(d.Source.Train.Classes); n != c.Model.Classes {
		return d, origin.Errorf("source %s has %d classes, the model %d; set classes=%d", c.Source, n,
			c.Model.Classes, n)
	}
	if d.Source.Train, err = choose(c, "source "+c.Source, d.Source.Train, c.SourceTrain); err != nil {
		return d, err
	}
	if d.Target.Train, err = choose(c, "target "+c.Target, d.Target.Train, c.TargetTrain); err != nil {
		return d, err
	}
	if err := label(c, &d); err != nil {
		return d, err
	}
	return d, checkPoses(c, d)
}

// sourceChannels is how many channels the first layer that sees source images takes: the target's
// if one tower sees both domains.
func sourceChannels(c recipe.Config) int {
	if methods[c.Method].sourceTowers {
		return c.Model.SourceChannels
	}
	return c.Model.TargetChannels
}

// OpenSource opens other images for the generator of a configuration.
func OpenSource(c recipe.Config, spec string) (datasets.Splits, error) {
	s, err := openSet(c, spec, 0)
	if err != nil {
		return s, err
	}
	return prepare(c, "source "+spec, s, c.Model.SourceChannels)
}

// prepare converts a data set to a form that the device can bring to the model's size and channels.
// The device enlarges images as the original did and repeats grey; to shrink them without aliasing,
// the host takes the mean over the covered area. Depth is dropped if the model takes none, and
// cannot be made up if it does.
func prepare(c recipe.Config, name string, s datasets.Splits, channels int) (datasets.Splits, error) {
	has := s.Train.Channels
	flat := (has == 3 || has == datasets.RGBD) && (channels == 1 || channels == 3) && has > channels
	repeated := has == 1 && channels != datasets.RGBD
	if has != channels && !flat && !repeated {
		with := ""
		if channels == datasets.RGBD {
			with = ", RGB and depth"
		}
		return s, origin.Errorf("%s has %d channels; the model takes %d%s", name, has, channels, with)
	}
	size := c.Model.Size
	for _, set := range []**datasets.Set{&s.Train, &s.Valid, &s.Test} {
		if (*set).Len() == 0 {
			continue
		}
		if flat {
			*set = (*set).WithChannels(channels)
		}
		if (*set).Width > size || (*set).Height > size {
			*set = (*set).Resize(size, size)
		}
	}
	return s, nil
}

// choose takes the training images that the configuration wants: those of the classes that it
// names, and of these at most limit (0 for all).
func choose(c recipe.Config, name string, train *datasets.Set, limit int) (*datasets.Set, error) {
	if len(c.TrainClasses) > 0 {
		if !train.Labelled() {
			return nil, origin.Errorf("%s has no labels, by which train_classes chooses images", name)
		}
		var err error
		if train, err = train.OfClasses(c.TrainClasses...); err != nil {
			return nil, origin.Errorf("train_classes: %w", err)
		}
		if train.Len() == 0 {
			return nil, origin.Errorf("%s has no training images of the train_classes %q", name, c.TrainClasses)
		}
	}
	if limit > 0 && limit < train.Len() {
		return some(train, limit, c.Seed)
	}
	return train, nil
}

// some are n images drawn by seed, since those of a folder are ordered by class.
func some(s *datasets.Set, n int, seed uint64) (*datasets.Set, error) {
	sampler, err := datasets.NewSampler(s.Len(), seed)
	if err != nil {
		return nil, err
	}
	indices := make([]int, n)
	sampler.Fill(indices, 0)
	return s.Pick(indices), nil
}

// label chooses the target images whose labels are used, among those trained on. They are also used
// without their labels.
func label(c recipe.Config, d *Data) (err error) {
	train := d.Target.Train
	switch n := c.TargetLabelled; {
	case n == 0:
		return nil
	case !train.Labelled():
		return origin.Errorf("target %s has no labels, of which target_labelled wants %d", c.Target, n)
	case n > train.Len():
		return origin.Errorf("target_labelled is %d, but %s has %d training images", n, c.Target, train.Len())
	default:
		d.Labelled, err = some(train, n, c.Seed)
		return err
	}
}

// checkPoses reports images that lack the poses that the model learns.
func checkPoses(c recipe.Config, d Data) error {
	if !model.Config(c.Model).LearnsPose() {
		return nil
	}
	lacks := func(role, name string, s *datasets.Set) error {
		if s.Poses != nil {
			return nil
		}
		return origin.Errorf("%s %s has no poses, which the tower %s learns; set task_tower=%s, or "+
			"pose_source_weight=0 and pose_adapted_weight=0",
			role, name, c.Model.TaskTower, model.MNISTTower)
	}
	if methods[c.Method].targetLabels {
		return lacks("target", c.Target, d.Target.Train)
	}
	if d.Labelled != nil {
		if err := lacks("target", c.Target, d.Labelled); err != nil {
			return err
		}
	}
	return lacks("source", c.Source, d.Source.Train)
}

// Fingerprint identifies the images of both domains.
func (d Data) Fingerprint() string { return d.Source.Fingerprint() + "+" + d.Target.Fingerprint() }

// form is how the images of a set reach the device.
func form(s *datasets.Set) model.Images {
	return model.Images{Width: s.Width, Height: s.Height, Channels: s.Channels}
}
