package recipe

// Setting describes a setting for people and programs: what it means and what it may be.
type Setting struct {
	Name    string   `json:"name"` // in the JSON of Config, Model or Adaptation
	Group   string   `json:"group"`
	About   string   `json:"about"`
	Kind    string   `json:"kind"` // "integer", "number", "boolean", "choice", "integers" or "names", a list
	Min     float64  `json:"min"`  // of numbers
	Max     float64  `json:"max"`
	Choices []string `json:"choices,omitempty"`
	Model   bool     `json:"model"` // it belongs to Config.Model
}

// allows reports whether a value is within the bounds; NaN is not.
func (s Setting) allows(v float64) bool { return v >= s.Min && v <= s.Max }

func bounded(group, name, kind string, least, most float64, about string) Setting {
	return Setting{Name: name, Group: group, About: about, Kind: kind, Min: least, Max: most}
}

func choice(group, name string, choices []string, about string) Setting {
	return Setting{Name: name, Group: group, About: about, Kind: "choice", Choices: choices}
}

func flag(group, name, about string) Setting {
	return Setting{Name: name, Group: group, About: about, Kind: "boolean"}
}

// LargestExact is the largest integer that a page can represent along with all smaller ones:
// JavaScript rounds larger ones. The command line takes any 64-bit seed.
const LargestExact = 1<<53 - 1

// Settings lists every setting that a person may change, in an order for reading: those of the run,
// then those of its model.
func Settings() []Setting {
	all := runSettings()
	for _, s := range ModelSettings() {
		s.Model = true
		all = append(all, s)
	}
	return all
}

// runSettings lists the settings of a run. Data sets have their own controls; folders and files are
// for the command.
func runSettings() []Setting {
	const group, most = "Run", 1e9
	var methods []string
	for _, m := range Methods() {
		methods = append(methods, string(m))
	}
	return []Setting{
		choice(group, "method", methods,
			"PixelDA, or a baseline: its classifier alone, trained on source or on target labels, or one that "+
				"adapts by other means."),
		bounded(group, "iterations", "integer", 1, most, "Iterations to train, of D and G steps each."),
		bounded(group, "seed", "integer", 0, LargestExact,
			"Draws everything random: the same seed on the same adapter gives the same bits."),
		bounded(group, "baseline", "integer", 0, most,
			"Iterations of the source-only baseline, trained first to compare with; 0 for none."),
		bounded(group, "source_train", "integer", 0, most, "Source images to train on; 0 for the usual split."),
		bounded(group, "target_train", "integer", 0, most, "Target images to train on; 0 for the usual split."),
		bounded(group, "target_labelled", "integer", 0, most,
			"Target images whose labels train the classifier too, drawn from the training images by the seed; 0 "+
				"for none."),
		{Name: "train_classes", Group: group, Kind: "names",
			About: "Classes to train on, of both domains; none for all. Tests see all classes."},
		bounded(group, "log_every", "integer", 1, most, "Iterations between points of the loss curves."),
		bounded(group, "eval_every", "integer", 1, most, "Iterations between evaluations on test images."),
		bounded(group, "eval_images", "integer", 0, most,
			"Source test images of an evaluation on the way; 0 for all. The target's are always all."),
		bounded(group, "sample_every", "integer", 1, most, "Iterations between samples."),
		bounded(group, "checkpoint_every", "integer", 1, most, "Iterations between checkpoints."),
	}
}

// ModelSettings lists the hyperparameters of a Model, in an order for reading.
func ModelSettings() []Setting {
	return []Setting{
		bounded("Images", "size", "integer", 8, 512, "Height and width to which all images are brought."),
		bounded("Images", "source_channels", "integer", 1, 4,
			"Channels of source images: 1 grey, 3 RGB, 4 RGB and depth; grey images are repeated."),
		bounded("Images", "target_channels", "integer", 1, 4,
			"Channels of target images, and of what the generator draws."),
		bounded("Images", "classes", "integer", 2, 4096, "Classes that the classifier tells apart."),

		bounded("Optimisation", "batch", "integer", 1, 4096,
			"Images of each domain in a step; memory grows with it."),
		bounded("Optimisation", "lr", "number", 0, 100, "Learning rate of Adam at the beginning."),
		bounded("Optimisation", "lr_decay", "number", 1e-6, 1, "Factor of the learning rate at each stair."),
		bounded("Optimisation", "lr_decay_steps", "integer", 1, 1e12,
			"Updates between stairs; those of D and G both count."),
		bounded("Optimisation", "adam_beta1", "number", 0, 0.99999, "Memory of Adam's mean of gradients."),
		bounded("Optimisation", "adam_beta2", "number", 0, 0.9999999, "Memory of Adam's mean of squared gradients."),
		bounded("Optimisation", "adam_epsilon", "number", 1e-30, 1, "Keeps Adam's division finite."),
		bounded("Optimisation", "clip_norm", "number", 0, 1e9,
			"Largest norm of a variable's gradient; longer ones are shortened; 0 for no limit."),
		bounded("Optimisation", "d_steps", "integer", 1, 100,
			"Updates of discriminator and classifier in an iteration."),
		bounded("Optimisation", "g_steps", "integer", 0, 100, "Updates of the generator in an iteration."),
		choice("Optimisation", "precision", []string{"f32", "f16"},
			"How training and evaluation store what passes between the kernels of convolutions by Winograd's "+
				"algorithm: f16 halves that "+
				"memory and rounds more. Sums, variables and all else are f32."),
		bounded("Optimisation", "loss_scale", "integer", 1, 1<<24,
			"Power of two by which gradients are multiplied while they are stored as f16, which has no numbers "+
				"so small."),

		bounded("Losses", "domain_weight", "number", 0, 1e6,
			"Weight of telling adapted from target images, in the D step."),
		bounded("Losses", "style_weight", "number", 0, 1e6, "Weight of deceiving the discriminator, in the G step."),
		bounded("Losses", "task_in_g_weight", "number", 0, 1e6,
			"Weight of keeping adapted images classifiable, in the G step."),
		bounded("Losses", "task_source_weight", "number", 0, 1e6,
			"Weight of classifying source images, in the D step."),
		bounded("Losses", "task_adapted_weight", "number", 0, 1e6,
			"Weight of classifying adapted images, in the D step."),
		bounded("Losses", "pose_source_weight", "number", 0, 1e6,
			"Weight of the orientation of source images, in the D step; for towers with orientations."),
		bounded("Losses", "pose_adapted_weight", "number", 0, 1e6,
			"Weight of the orientation of adapted images, in the D step; in the G step it is multiplied by "+
				"task_in_g_weight."),
		choice("Losses", "similarity", []string{"mpse", "mpse-paper", "masked-mpse", "masked-mpse-paper", "mse",
			"hinged-mse", "hinged-mae"},
			"How the content of adapted and source images is compared (paper, section 3.3): "+
				"mpse as the original code sums it, mpse-paper by Eq. 5, masked- only where the source's depth "+
				"shows an object; mse the plain mean, hinged- beyond a margin of squared or absolute error."),
		bounded("Losses", "similarity_weight", "number", 0, 1e6,
			"Weight of keeping the content, in the G step; 0 leaves it out."),
		bounded("Losses", "similarity_margin", "number", 0, 4,
			"Error that the hinged similarities forgive, of values in [−1, 1]."),
		bounded("Losses", "weight_decay", "number", 0, 1e3,
			"Adds this times half the squared weights to the loss of either step; biases are left out. The "+
				"original states 1e-5 and never applies it: 0."),

		bounded("Generator", "noise_dim", "integer", 0, 4096,
			"Length of the noise vector; 0 for a generator without noise."),
		bounded("Generator", "g_blocks", "integer", 0, 64, "Residual blocks."),
		bounded("Generator", "g_filters", "integer", 1, 1024, "Filters of its convolutions."),
		flag("Generator", "g_residuals", "Whether a block adds its input to its output."),
		bounded("Generator", "g_head_kernel", "integer", 1, 7,
			"Width of the last convolution, odd: 1 as coded, 3 as in the paper's text."),

		bounded("Discriminator", "d_filters", "integer", 1, 512,
			"Filters of the first layer; they double with each."),
		bounded("Discriminator", "d_final_size", "integer", 1, 64,
			"Layers of stride 2 follow until the map is no larger than this."),
		flag("Discriminator", "d_input_noise", "Noise on the images too, not only behind each layer."),
		bounded("Discriminator", "noise_std", "number", 0, 100,
			"Standard deviation of the noise behind each layer."),
		bounded("Discriminator", "dropout_keep", "number", 0.01, 1,
			"Probability to keep a value; 1 for no dropout."),
		bounded("Discriminator", "leaky_slope", "number", 0.001, 1, "Slope of the activation below zero."),

		choice("Classifier", "task_tower", []string{"mnist", "pose-mini", "doubling"},
			"The network: mnist tells classes; pose-mini and doubling also tell the orientation, "+
				"as a quaternion. In the original pose-mini has 32, 64 filters and 128 units, doubling 32, 64, 128, "+
				"… and 100, both dropout 0.5."),
		bounded("Classifier", "tower_filters", "integers", 1, 1024,
			"Filters of its first two convolutions; doubling goes on doubling them."),
		bounded("Classifier", "tower_units", "integer", 1, 8192,
			"Units of its hidden layers: two of mnist, one of the others."),
		bounded("Classifier", "tower_dropout_keep", "number", 0.01, 1,
			"Probability to keep a value behind the last hidden layer, in training; 1 for no dropout."),
		bounded("Classifier", "private_layers", "integer", 0, 8,
			"Convolutions that source images have for themselves, as adapted and target images have; the others "+
				"are shared. The original has 1, and 2 with doubling."),

		bounded("Normalisation", "bn_epsilon", "number", 1e-12, 1, "Keeps batch normalisation's division finite."),
		bounded("Normalisation", "bn_decay", "number", 0, 1, "Memory of the running mean and variance."),
		bounded("Normalisation", "init_std", "number", 1e-6, 10,
			"Standard deviation of the weights at the beginning."),
	}
}

// AdaptationSettings lists the hyperparameters of an Adaptation, in an order for reading.
func AdaptationSettings() []Setting {
	const group = "Baselines"
	return []Setting{
		choice(group, "alignment", []string{"dann", "mmd"},
			"How DSN compares the domains' features: dann by a classifier of domains, mmd by kernels."),
		choice(group, "schedule", []string{"gate", "ramp"},
			"Of the alignment's strength: gate opens after start, ramp is the original DANN's, with its "+
				"learning rate."),
		bounded(group, "start", "integer", 0, 1e9, "Iterations before the gate opens."),
		bounded(group, "gamma", "number", 0, 1e6, "Weight of the alignment."),
		bounded(group, "domain_units", "integer", 1, 8192, "Units of DANN's classifier of domains."),
		bounded(group, "momentum", "number", 0, 0.99999, "Momentum of gradient descent in DANN, MMD and DSN."),
		bounded(group, "alpha", "number", 0, 1e6, "Weight of DSN's reconstructions."),
		bounded(group, "beta", "number", 0, 1e6, "Weight of DSN's differences between shared and private features."),
		choice(group, "reconstruction", []string{"mpse", "mse"},
			"Error of DSN's reconstructions: mpse as the original code sums it, or mse."),
		bounded(group, "private_filters", "integers", 1, 1024, "Filters of DSN's private encoders."),
		bounded(group, "decoder_side", "integer", 1, 512, "Height and width at which DSN's decoder begins to draw."),
		bounded(group, "decoder_filters", "integer", 1, 1024, "Filters of DSN's decoder."),
		bounded(group, "cogan_generator", "integer", 1, 1024,
			"Filters of the last layer that CoGAN's generators share; the first has eight times as many."),
		bounded(group, "cogan_filters", "integers", 1, 1024, "Filters of CoGAN's discriminators."),
		bounded(group, "cogan_units", "integer", 1, 8192,
			"Features by which CoGAN's discriminators judge and classify."),
		bounded(group, "feature_weight", "number", 0, 1e6,
			"Weight of the distance of the features of a pair that CoGAN draws."),
		bounded(group, "class_weight", "number", 0, 1e6, "Weight of classifying source images in CoGAN."),
		bounded(group, "init_gain", "number", 1e-6, 100,
			"Gain of the baselines' initial weights, uniform by Xavier's rule."),
		bounded(group, "init_bias", "number", -100, 100, "The baselines' initial biases."),
	}
}
