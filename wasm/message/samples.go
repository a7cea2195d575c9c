package message

// Images all have the same size. Pixels holds Count × Height × Width × Channels bytes: rows of
// interleaved channels, of which 1 is grey, 3 are RGB and 4 are RGB and depth.
type Images struct {
	Count    int   `json:"count"`
	Width    int   `json:"width"`
	Height   int   `json:"height"`
	Channels int   `json:"channels"`
	Pixels   Bytes `json:"pixels"`
}

// Samples are what the generator makes of source images. Item k of each list belongs to image k.
type Samples struct {
	Step    int      `json:"step"`   // iterations done
	Images  []int    `json:"images"` // indices into the source's test images
	Labels  []uint32 `json:"labels"` // of the source images, indices into Classes
	Classes []string `json:"classes"`
	Source  Images   `json:"source"`
	Adapted Images   `json:"adapted"`
	Noise   Floats   `json:"noise"`   // images × noise_dim
	Logits  Floats   `json:"logits"`  // of the adapted images: images × classes
	Nearest Images   `json:"nearest"` // target images: for each image the number asked for, the nearest first
}
