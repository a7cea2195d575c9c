package open

import (
	"os"
	"path/filepath"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/read"
)

// Known is a data set that Splits knows by name.
type Known struct {
	Name, About string
	counts      datasets.Counts
	// if nil, the first of places that exists is opened
	open func(o datasets.Options) (h datasets.Parts, origin string, err error)
	// below the data folder, in order of preference
	places []string
}

// List names the sets that Splits knows.
func List() []Known {
	return []Known{
		builtin("digits", "generated handwritten-looking digits, 28x28 grey, no files needed", "digits generated"),
		builtin("digits-m", "generated digits on coloured textures, 32x32 RGB, no files needed",
			"digits on textures generated"),
		builtin("objects", "generated objects on black, 64x64 RGB with depth and poses, no files needed",
			"objects rendered"),
		builtin("objects-bg", "the same objects on coloured textures, no files needed", "objects on textures rendered"),
		builtin("objects-m", "generated objects among clutter, by poor sensors, no files needed",
			"objects among clutter rendered"),
		{Name: "mnist", About: "MNIST, 28x28 grey, 50,000 + 10,000 + 10,000", counts: datasets.MNISTPaper,
			open: func(o datasets.Options) (datasets.Parts, string, error) {
				return read.MNIST(read.Subfolder(o.Folder(), "mnist"))
			}},
		{Name: "usps", About: "USPS in its original split, 16x16 grey, 6,562 + 729 + 2,007", counts: datasets.USPSPaper,
			open: func(o datasets.Options) (datasets.Parts, string, error) {
				return read.USPS(read.Subfolder(o.Folder(), "usps"))
			}},
		{Name: "mnist-m", About: "MNIST-M, 32x32 RGB, 58,001 + 1,000 + 9,001", counts: datasets.MNISTMPaper,
			open: func(o datasets.Options) (datasets.Parts, string, error) { return draw.MNISTM(o.Folder(), o.Seed) }},
		{Name: "mnist-m-difference", About: "MNIST-M by the formula |digit - patch|, 58,001 + 1,000 + 9,001",
			counts: datasets.MNISTMPaper,
			open: func(o datasets.Options) (datasets.Parts, string, error) {
				return draw.MNISTMDifference(o.Folder(), o.Seed)
			}},
		{Name: "linemod", About: "Cropped LineMod, RGB with depth and poses, 9,673 + 1,000 + 2,655",
			counts: datasets.LineModPaper,
			places: []string{"linemod", "linemod.pxds", "linemod.zip", "linemod.tar.gz"}},
		{Name: "linemod-crops", About: "real LineMod crops of five objects, 64x64 RGB with poses, 2,120 + 235 + 3,535",
			counts: datasets.Counts{Valid: 235},
			places: cropPlaces("real")},
		{Name: "linemod-crops-synthetic",
			About:  "renders of these objects on black, 64x64 RGB with poses, 4,055 + 500 + 500",
			counts: datasets.Counts{Valid: 500, Test: 500},
			places: cropPlaces("fine")},
	}
}

func builtin(name, about, what string) Known {
	return Known{Name: name, About: about, counts: draw.UsualCounts(name),
		open: func(o datasets.Options) (datasets.Parts, string, error) { return draw.Builtin(name, o, what) }}
}

func cropPlaces(domain string) []string {
	return []string{"linemod_crops/dataset/" + domain, "linemod_crops/" + domain,
		"linemod_crops/linemod_crops_64.tar.gz/dataset/" + domain}
}

// Found reports whether the set's own folder or file is there. It is true for sets that need none,
// or only those of other sets.
func (k Known) Found(data string) bool {
	_, found := k.place(data)
	return found
}

// place is the path of the set.
func (k Known) place(data string) (path string, found bool) {
	for _, place := range k.places {
		path := filepath.Join(data, filepath.FromSlash(place))
		file, _, archive := read.CutArchive(path)
		if !archive {
			file = path
		}
		if _, err := os.Stat(file); err == nil {
			return path, true
		}
	}
	return "", k.places == nil
}

func (k Known) splits(o datasets.Options) (datasets.Splits, error) {
	if o.Counts == nil {
		o.Counts = &k.counts
	}
	if k.open == nil {
		path, found := k.place(o.Folder())
		if !found {
			return datasets.Splits{},
				origin.Errorf("%s is not in %s: it has no public home to download it from; docs/linemod.md "+
					"tells how to get it", k.Name, filepath.Join(o.Folder(), k.places[0]))
		}
		return openPath(path, o)
	}
	h, origin, err := k.open(o)
	if err != nil {
		return datasets.Splits{}, err
	}
	s, err := h.Divide(k.Name, *o.Counts, o.Seed)
	s.Origin = origin
	return o.Shape(s), err
}

func knownNames() string {
	var names []string
	for _, known := range List() {
		names = append(names, known.Name)
	}
	return strings.Join(names, ", ")
}
