package model

// Setting describes a hyperparameter for people and programs: what it means and
// what it may be.
type Setting struct {
	Name     string   `json:"name"` // in the JSON of Config
	Group    string   `json:"group"`
	About    string   `json:"about"`
	Kind     string   `json:"kind"` // "integer", "number", "boolean", "choice", "integers" or "names", a list
	Min      float64  `json:"min"`  // of numbers
	Max      float64  `json:"max"`
	Choices  []string `json:"choices,omitempty"`
	ofNumber func(c *Config) float64
}

// Settings lists every hyperparameter, in an order for reading.
func Settings() []Setting {
	number := func(group, name string, least, most float64, of func(c *Config) float64, about string) Setting {
		return Setting{Name: name, Group: group, About: about, Kind: "number", Min: least, Max: most, ofNumber: of}
	}
	integer := func(group, name string, least, most float64, of func(c *Config) int, about string) Setting {
		s := number(group, name, least, most, func(c *Config) float64 { return float64(of(c)) }, about)
		s.Kind = "integer"
		return s
	}
	return []Setting{
		integer("Images", "size", 8, 512, func(c *Config) int { return c.Size }, "Height and width to which all images are brought."),
		integer("Images", "source_channels", 1, 4, func(c *Config) int { return c.SourceChannels }, "Channels of source images: 1 grey, 3 RGB, 4 RGB and depth; grey images are repeated."),
		integer("Images", "target_channels", 1, 4, func(c *Config) int { return c.TargetChannels }, "Channels of target images, and of what the generator draws."),
		integer("Images", "classes", 2, 4096, func(c *Config) int { return c.Classes }, "Classes that the classifier tells apart."),

		integer("Optimisation", "batch", 1, 4096, func(c *Config) int { return c.Batch }, "Images of each domain in a step; memory grows with it."),
		number("Optimisation", "lr", 0, 100, func(c *Config) float64 { return c.LR }, "Learning rate of Adam at the beginning."),
		number("Optimisation", "lr_decay", 1e-6, 1, func(c *Config) float64 { return c.LRDecay }, "Factor of the learning rate at each stair."),
		integer("Optimisation", "lr_decay_steps", 1, 1e12, func(c *Config) int { return c.LRDecaySteps }, "Updates between stairs; those of D and G both count."),
		number("Optimisation", "adam_beta1", 0, 0.99999, func(c *Config) float64 { return c.Beta1 }, "Memory of Adam's mean of gradients."),
		number("Optimisation", "adam_beta2", 0, 0.9999999, func(c *Config) float64 { return c.Beta2 }, "Memory of Adam's mean of squared gradients."),
		number("Optimisation", "adam_epsilon", 1e-30, 1, func(c *Config) float64 { return c.Epsilon }, "Keeps Adam's division finite."),
		number("Optimisation", "clip_norm", 0, 1e9, func(c *Config) float64 { return c.ClipNorm }, "Largest norm of a variable's gradient; longer ones are shortened; 0 for no limit."),
		integer("Optimisation", "d_steps", 1, 100, func(c *Config) int { return c.DSteps }, "Updates of discriminator and classifier in an iteration."),
		integer("Optimisation", "g_steps", 0, 100, func(c *Config) int { return c.GSteps }, "Updates of the generator in an iteration."),
		{Name: "precision", Group: "Optimisation", Kind: "choice", Choices: names(precisions), About: "How training and evaluation store what passes between the kernels of convolutions by Winograd's algorithm: f16 halves that " +
			"memory and rounds more. Sums, variables and all else are f32."},
		integer("Optimisation", "loss_scale", 1, 1<<24, func(c *Config) int { return c.LossScale }, "Power of two by which gradients are multiplied while they are stored as f16, which has no numbers so small."),

		number("Losses", "domain_weight", 0, 1e6, func(c *Config) float64 { return c.DomainWeight }, "Weight of telling adapted from target images, in the D step."),
		number("Losses", "style_weight", 0, 1e6, func(c *Config) float64 { return c.StyleWeight }, "Weight of deceiving the discriminator, in the G step."),
		number("Losses", "task_in_g_weight", 0, 1e6, func(c *Config) float64 { return c.TaskInGWeight }, "Weight of keeping adapted images classifiable, in the G step."),
		number("Losses", "task_source_weight", 0, 1e6, func(c *Config) float64 { return c.TaskSourceWeight }, "Weight of classifying source images, in the D step."),
		number("Losses", "task_adapted_weight", 0, 1e6, func(c *Config) float64 { return c.TaskAdaptedWeight }, "Weight of classifying adapted images, in the D step."),
		number("Losses", "pose_source_weight", 0, 1e6, func(c *Config) float64 { return c.PoseSourceWeight }, "Weight of the orientation of source images, in the D step; for towers with orientations."),
		number("Losses", "pose_adapted_weight", 0, 1e6, func(c *Config) float64 { return c.PoseAdaptedWeight }, "Weight of the orientation of adapted images, in the D step; in the G step it is multiplied by task_in_g_weight."),
		{Name: "similarity", Group: "Losses", Kind: "choice", Choices: names(similarities), About: "How the content of adapted and source images is compared (paper, section 3.3): " +
			"mpse as the original code sums it, mpse-paper by Eq. 5, masked- only where the source's depth shows an object; mse the plain mean, hinged- beyond a margin of squared or absolute error."},
		number("Losses", "similarity_weight", 0, 1e6, func(c *Config) float64 { return c.SimilarityWeight }, "Weight of keeping the content, in the G step; 0 leaves it out."),
		number("Losses", "similarity_margin", 0, 4, func(c *Config) float64 { return c.SimilarityMargin }, "Error that the hinged similarities forgive, of values in [−1, 1]."),
		number("Losses", "weight_decay", 0, 1e3, func(c *Config) float64 { return c.WeightDecay }, "Adds this times half the squared weights to the loss of either step; biases are left out. The original states 1e-5 and never applies it: 0."),

		integer("Generator", "noise_dim", 0, 4096, func(c *Config) int { return c.NoiseDim }, "Length of the noise vector; 0 for a generator without noise."),
		integer("Generator", "g_blocks", 0, 64, func(c *Config) int { return c.GBlocks }, "Residual blocks."),
		integer("Generator", "g_filters", 1, 1024, func(c *Config) int { return c.GFilters }, "Filters of its convolutions."),
		{Name: "g_residuals", Group: "Generator", Kind: "boolean", About: "Whether a block adds its input to its output."},
		integer("Generator", "g_head_kernel", 1, 7, func(c *Config) int { return c.GHead }, "Width of the last convolution, odd: 1 as coded, 3 as in the paper's text."),

		integer("Discriminator", "d_filters", 1, 512, func(c *Config) int { return c.DFilters }, "Filters of the first layer; they double with each."),
		integer("Discriminator", "d_final_size", 1, 64, func(c *Config) int { return c.DFinalSize }, "Layers of stride 2 follow until the map is no larger than this."),
		{Name: "d_input_noise", Group: "Discriminator", Kind: "boolean", About: "Noise on the images too, not only behind each layer."},
		number("Discriminator", "noise_std", 0, 100, func(c *Config) float64 { return c.NoiseStd }, "Standard deviation of the noise behind each layer."),
		number("Discriminator", "dropout_keep", 0.01, 1, func(c *Config) float64 { return c.DropoutKeep }, "Probability to keep a value; 1 for no dropout."),
		number("Discriminator", "leaky_slope", 0.001, 1, func(c *Config) float64 { return c.LeakySlope }, "Slope of the activation below zero."),

		{Name: "task_tower", Group: "Classifier", Kind: "choice", Choices: names(taskTowers), About: "The network: mnist tells classes; pose-mini and doubling also tell the orientation, " +
			"as a quaternion. In the original pose-mini has 32, 64 filters and 128 units, doubling 32, 64, 128, … and 100, both dropout 0.5."},
		{Name: "tower_filters", Group: "Classifier", Kind: "integers", Min: 1, Max: 1024, About: "Filters of its first two convolutions; doubling goes on doubling them."},
		integer("Classifier", "tower_units", 1, 8192, func(c *Config) int { return c.TowerUnits }, "Units of its hidden layers: two of mnist, one of the others."),
		number("Classifier", "tower_dropout_keep", 0.01, 1, func(c *Config) float64 { return c.TowerKeep }, "Probability to keep a value behind the last hidden layer, in training; 1 for no dropout."),
		integer("Classifier", "private_layers", 0, 8, func(c *Config) int { return c.PrivateLayers }, "Convolutions that source images have for themselves, as adapted and target images have; the others are shared. The original has 1, and 2 with doubling."),

		number("Normalisation", "bn_epsilon", 1e-12, 1, func(c *Config) float64 { return c.BNEpsilon }, "Keeps batch normalisation's division finite."),
		number("Normalisation", "bn_decay", 0, 1, func(c *Config) float64 { return c.BNDecay }, "Memory of the running mean and variance."),
		number("Normalisation", "init_std", 1e-6, 10, func(c *Config) float64 { return c.InitStd }, "Standard deviation of the weights at the beginning."),
	}
}

func names[T ~string](choices []T) []string {
	texts := make([]string, len(choices))
	for i, c := range choices {
		texts[i] = string(c)
	}
	return texts
}

// numbers returns the values of c that a numeric setting bounds.
func (s Setting) numbers(c *Config) []float64 {
	switch {
	case s.ofNumber != nil:
		return []float64{s.ofNumber(c)}
	case s.Kind == "integers":
		return []float64{float64(c.TowerFilters[0]), float64(c.TowerFilters[1])}
	}
	return nil
}

// allows reports whether a value lies within the bounds; NaN does not.
func (s Setting) allows(v float64) bool { return v >= s.Min && v <= s.Max }
