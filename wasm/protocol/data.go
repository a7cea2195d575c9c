package protocol

import "pixelda-wgpu/wasm/message"

// DataSource is where the images of a domain come from. The kind decides which fields it has.
type DataSource struct {
	Kind SourceKind `json:"kind"`
	// Name is that of a generated set, as Ready lists them, or describes what a person dropped.
	Name string `json:"name,omitempty" of:"builtin,files"`
	// URL is that of a packed set, relative to the page.
	URL string `json:"url,omitempty" of:"packed"`
	// Files are a ZIP, idx files of images and labels, or the images of a folder.
	Files []DroppedFile `json:"files,omitempty" of:"files"`
}

// SourceKind says what a DataSource is.
type SourceKind string

// The kinds of sources.
const (
	Builtin SourceKind = "builtin" // a set that the core generates
	Files   SourceKind = "files"   // files that a person dropped
	Packed  SourceKind = "packed"  // a packed set beside the page
)

// Title is the configuration's name for the data set.
func (s DataSource) Title() string {
	if s.Kind == Packed {
		return s.URL
	}
	return s.Name
}

// DroppedFile is a file with its path in the folder that was dropped.
type DroppedFile struct {
	Path string        `json:"path"`
	File message.Bytes `json:"file"`
}

// DataInfo describes a data set.
type DataInfo struct {
	Name     string   `json:"name"`
	Train    int      `json:"train"` // how many images, like the next two
	Valid    int      `json:"valid"`
	Test     int      `json:"test"`
	Width    int      `json:"width"` // of each image, in pixels
	Height   int      `json:"height"`
	Channels int      `json:"channels"` // as of message.Images
	Classes  []string `json:"classes"`  // empty if the images have no labels; never nil
}

// DataPreview answers a Preview.
type DataPreview struct {
	Data   DataInfo       `json:"data"`
	Images message.Images `json:"images"`
	Labels []uint32       `json:"labels"` // indices into Data.Classes; empty if there are none, never nil
}

func (Preview) answeredBy(DataPreview) {}
