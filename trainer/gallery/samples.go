// Package gallery shows what a generator makes of source images: a grid of samples, and each sample
// by itself with its noise varied. It holds state and layout and knows neither a display nor a
// device: a Canvas draws, a Host computes. Package window puts it on a screen.
package gallery

// Image is a picture to draw. Once shown it must not change, since a canvas may cache it by its
// address.
type Image struct {
	Width, Height int
	RGBA          []byte // row by row, opaque
}

// FromPixels makes images of pixels that are stored image after image, row by row, channels
// interleaved: 1 channel is grey; of more, the first three are shown.
func FromPixels(pixels []byte, width, height, channels int) []*Image {
	area := width * height
	images := make([]*Image, len(pixels)/(area*channels))
	for i := range images {
		rgba := make([]byte, 4*area)
		for p := range area {
			from := pixels[(i*area+p)*channels:]
			to := rgba[4*p : 4*p+4]
			to[0], to[1], to[2], to[3] = from[0], from[0], from[0], 255
			if channels >= 3 {
				copy(to, from[:3])
			}
		}
		images[i] = &Image{width, height, rgba}
	}
	return images
}

// Samples is a state of the generator, as seen through fixed source images.
type Samples struct {
	Title         string      // of the run
	Step          int         // iterations done
	Earlier       bool        // the host has a state before this one
	Later         bool        // and one after it
	Source        []*Image    // all lists are as long as this one
	Adapted       []*Image    // with Noise
	Nearest       []*Image    // the target image nearest to each adapted one; nil if they cannot be compared
	Noise         [][]float32 // z, in [-1, 1]; nil for a generator without noise
	Probabilities [][]float32 // the classifier's, of the adapted images, by class
	Labels        []int       // of the source images
	Classes       []string
}

// Query asks for one source image with several noise vectors. There are two kinds: with neighbours,
// and without.
type Query struct {
	ID         int
	Image      int         // of the samples
	Noise      [][]float32 // one empty vector for a generator without noise
	Neighbours int         // how many target images near the first result to find
}

// Answer is the result of a query.
type Answer struct {
	ID            int
	Images        []*Image    // one per noise vector
	Probabilities [][]float32 // of each image, by class
	Neighbours    []Neighbour // nearest first
}

// Neighbour is a target image near an adapted one.
type Neighbour struct {
	Image    *Image
	Distance float64 // root mean square over the pixels, of 255
}

// Host does what a gallery needs a device for. Its methods return at once.
type Host interface {
	Ask(Query)     // Gallery.Answer brings the result; a query replaces one of its kind that is waiting
	Turn(by int)   // show the state before (-1) or after (+1) this one
	Save()         // write a picture of the gallery
	Leave() string // what Escape does in the grid, for the help; "" for nothing
}
