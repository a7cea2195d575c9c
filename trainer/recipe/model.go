package recipe

// Model is every hyperparameter of the networks, the losses and the optimisation; ModelSettings
// says what each means and what it may be. The names in JSON are those in checkpoints and reference
// traces. The fields are those of model.Config, to which the engine converts them.
type Model struct {
	Size           int `json:"size"`
	SourceChannels int `json:"source_channels"`
	TargetChannels int `json:"target_channels"`
	Classes        int `json:"classes"`

	// Generator.
	NoiseDim   int  `json:"noise_dim"`
	GBlocks    int  `json:"g_blocks"`
	GFilters   int  `json:"g_filters"`
	GResiduals bool `json:"g_residuals"`
	GHead      int  `json:"g_head_kernel"`

	// Discriminator.
	DFilters    int     `json:"d_filters"`
	DFinalSize  int     `json:"d_final_size"`
	DInputNoise bool    `json:"d_input_noise"`
	NoiseStd    float64 `json:"noise_std"`
	DropoutKeep float64 `json:"dropout_keep"`
	LeakySlope  float64 `json:"leaky_slope"`

	// Task tower.
	TaskTower     string  `json:"task_tower"`
	TowerFilters  [2]int  `json:"tower_filters"`
	TowerUnits    int     `json:"tower_units"`
	TowerKeep     float64 `json:"tower_dropout_keep"`
	PrivateLayers int     `json:"private_layers"`

	// Normalisation and initial values.
	BNEpsilon float64 `json:"bn_epsilon"`
	BNDecay   float64 `json:"bn_decay"`
	InitStd   float64 `json:"init_std"`

	// Losses.
	DomainWeight      float64 `json:"domain_weight"`
	StyleWeight       float64 `json:"style_weight"`
	TaskInGWeight     float64 `json:"task_in_g_weight"`
	TaskSourceWeight  float64 `json:"task_source_weight"`
	TaskAdaptedWeight float64 `json:"task_adapted_weight"`
	PoseSourceWeight  float64 `json:"pose_source_weight"`
	PoseAdaptedWeight float64 `json:"pose_adapted_weight"`
	Similarity        string  `json:"similarity"`
	SimilarityWeight  float64 `json:"similarity_weight"`
	SimilarityMargin  float64 `json:"similarity_margin"`
	WeightDecay       float64 `json:"weight_decay"`

	// Optimisation.
	Batch        int     `json:"batch"`
	LR           float64 `json:"lr"`
	LRDecay      float64 `json:"lr_decay"`
	LRDecaySteps int     `json:"lr_decay_steps"`
	Beta1        float64 `json:"adam_beta1"`
	Beta2        float64 `json:"adam_beta2"`
	Epsilon      float64 `json:"adam_epsilon"`
	ClipNorm     float64 `json:"clip_norm"`
	DSteps       int     `json:"d_steps"`
	GSteps       int     `json:"g_steps"`

	// Numbers.
	Precision string `json:"precision"`
	LossScale int    `json:"loss_scale"`
}
