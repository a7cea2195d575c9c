package recipe

// Adaptation is every hyperparameter that a baseline has in addition to those of a Model: DANN
// (Ganin et al., JMLR 2016), MMD (Long et al., ICML 2015), DSN (Bousmalis et al., NIPS 2016) and
// CoGAN (Liu and Tuzel, NIPS 2016). AdaptationSettings says what each means. The fields are those
// of model.Adaptation.
type Adaptation struct {
	// Alignment of the features of source and target: DANN, MMD and DSN.
	Alignment   string  `json:"alignment"`
	Schedule    string  `json:"schedule"`
	Start       int     `json:"start"`
	Gamma       float64 `json:"gamma"`
	DomainUnits int     `json:"domain_units"`
	Momentum    float64 `json:"momentum"`

	// Domain separation.
	Alpha          float64 `json:"alpha"`
	Beta           float64 `json:"beta"`
	Reconstruction string  `json:"reconstruction"`
	PrivateFilters [2]int  `json:"private_filters"`
	DecoderSide    int     `json:"decoder_side"`
	DecoderFilters int     `json:"decoder_filters"`

	// Coupled generative adversarial networks.
	CoGenerator   int     `json:"cogan_generator"`
	CoFilters     [2]int  `json:"cogan_filters"`
	CoUnits       int     `json:"cogan_units"`
	FeatureWeight float64 `json:"feature_weight"`
	ClassWeight   float64 `json:"class_weight"`
	InitGain      float64 `json:"init_gain"`
	InitBias      float64 `json:"init_bias"`
}
