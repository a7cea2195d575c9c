package read

import (
	"errors"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/picture"
)

// album is the image files of one domain, with what their folders say about them.
type album struct {
	name, title string // of the whole set, and of this domain
	files       []imageFile
	members     []int // of the files
	places      []place
	classes     []string
}

// ErrColours says that an image has colours where grey was expected.
var ErrColours = errors.New("some images are grey and some have colours")

// open divides the images into splits, and decodes those that are taken, unless they are to be
// streamed. Whether any has colours shows only then: the first image is taken as typical, and if it
// is not, all are read again.
func (a album) open(o datasets.Options) (datasets.Splits, error) {
	first, err := a.decode(a.members[0], o)
	if err != nil {
		return datasets.Splits{}, err
	}
	channels := o.Channels
	if channels == 0 {
		channels = first.Channels
	}
	for {
		s, err := a.divide(first, channels, o)
		if err == nil && o.Stream == nil {
			err = s.Hold()
		}
		if !errors.Is(err, ErrColours) {
			return s, err
		}
		channels = 3
	}
}

// divide makes the splits as views that decode their files.
func (a album) divide(first picture.Picture, channels int, o datasets.Options) (datasets.Splits, error) {
	number := map[string]uint32{}
	for i, class := range a.classes {
		number[class] = uint32(i)
	}
	files, labels, poses := map[string][]int{}, map[string][]uint32{}, map[string][]datasets.Pose{} // by split
	for _, i := range a.members {
		at := a.places[i]
		files[at.split] = append(files[at.split], i)
		if at.class != "" {
			labels[at.split] = append(labels[at.split], number[at.class])
		}
		if pose := a.files[i].pose; pose != nil {
			poses[at.split] = append(poses[at.split], *pose)
		}
	}
	split := func(name string) *datasets.Set {
		members := files[name]
		if members == nil {
			return nil
		}
		s := &datasets.Set{Name: a.title, Width: first.Width, Height: first.Height, Channels: channels,
			Classes: a.classes,
			Labels:  labels[name], Poses: poses[name]}
		return s.View(len(members), func(dst []byte, i int) error {
			p, err := a.decode(members[i], o)
			if err != nil {
				return err
			}
			if p.Width != first.Width || p.Height != first.Height {
				return origin.Errorf("%s: %s is %dx%d but %s is %dx%d: give a size for all", a.name,
					a.files[a.members[0]].Path, first.Width, first.Height, a.files[members[i]].Path, p.Width, p.Height)
			}
			if o.Channels == 0 && p.Channels > channels {
				return origin.Errorf("%s: %w, as %s", a.name, ErrColours, a.files[members[i]].Path)
			}
			copy(dst, p.WithChannels(channels).Pixels)
			return nil
		})
	}
	h := datasets.Parts{Pool: split(""), Valid: split("valid"), Test: split("test")}
	if h.Pool == nil {
		h.Pool = split("train")
	}
	if h.Pool == nil {
		return datasets.Splits{}, origin.Errorf("%s: no images in train", a.title)
	}
	s, err := h.Divide(a.title, o.CountsOf(h), o.Seed)
	s.Origin = "images in " + a.title
	return s, err
}

// decode reads file i at the size asked for, with its depth unless another number of channels is.
func (a album) decode(i int, o datasets.Options) (picture.Picture, error) {
	p, err := a.files[i].decode(o.Channels != 0)
	if err != nil {
		return p, origin.Errorf("%s: %s: %w", a.name, a.files[i].Path, err)
	}
	if o.Size > 0 {
		p = p.Resize(o.Size, o.Size)
	}
	return p, nil
}
