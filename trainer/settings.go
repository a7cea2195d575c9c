package trainer

import "pixelda-wgpu/model"

// Setting describes a setting of a run.
type Setting struct {
	model.Setting
	Model bool `json:"model"` // it is one of Config.Model
}

// LargestExact is the largest whole number up to which a page knows all: JavaScript
// rounds larger ones. The command line takes any seed of 64 bits.
const LargestExact = 1<<53 - 1

// Settings lists every setting that a person may change, in an order for reading:
// those of the run, then those of its model.
func Settings() []Setting {
	integer := func(name string, least float64, about string) model.Setting {
		return model.Setting{Name: name, Group: "Run", About: about, Kind: "integer", Min: least, Max: 1e9}
	}
	var names []string
	for _, m := range Methods() {
		names = append(names, string(m))
	}
	var all []Setting
	for _, s := range []model.Setting{
		{Name: "method", Group: "Run", Kind: "choice", Choices: names,
			About: "PixelDA, or a baseline: its classifier alone, trained on source or on target labels, or one that adapts by other means."},
		integer("iterations", 1, "Iterations to train, of D and G steps each."),
		{Name: "seed", Group: "Run", Kind: "integer", Min: 0, Max: LargestExact, About: "Draws everything random: the same seed on the same adapter gives the same bits."},
		integer("baseline", 0, "Iterations of the source-only baseline, trained first to compare with; 0 for none."),
		integer("source_train", 0, "Source images to train on; 0 for the usual split."),
		integer("target_train", 0, "Target images to train on; 0 for the usual split."),
		integer("target_labelled", 0, "Target images whose labels train the classifier too, drawn from the training images by the seed; 0 for none."),
		{Name: "train_classes", Group: "Run", Kind: "names", About: "Classes to train on, of both domains; none for all. Tests see all classes."},
		integer("log_every", 1, "Iterations between points of the loss curves."),
		integer("eval_every", 1, "Iterations between evaluations on test images."),
		integer("eval_images", 0, "Source test images of an evaluation on the way; 0 for all. The target's are always all."),
		integer("sample_every", 1, "Iterations between samples."),
		integer("checkpoint_every", 1, "Iterations between checkpoints."),
	} {
		all = append(all, Setting{s, false})
	}
	for _, s := range model.Settings() {
		all = append(all, Setting{s, true})
	}
	return all
}
