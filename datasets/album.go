package datasets

import (
	"errors"
)

// album is the image files of one domain, with what their folders say.
type album struct {
	name, title string // of all domains, and of this one
	files       []imageFile
	members     []int // of the files
	places      []place
	classes     []string
}

// errColours says that an image has colours where grey ones were expected.
var errColours = errors.New("some images are grey and some have colours")

// open divides the images into splits, and decodes those that are taken, unless
// they are to be streamed. Whether any has colours shows only then: the first one
// is taken at its word, and if it is wrong, all are read again.
func (a album) open(o Options) (Splits, error) {
	first, err := a.decode(a.members[0], o)
	if err != nil {
		return Splits{}, err
	}
	channels := o.Channels
	if channels == 0 {
		channels = first.channels
	}
	for {
		s, err := a.divide(first, channels, o)
		if err == nil && o.Stream == nil {
			err = s.hold()
		}
		if !errors.Is(err, errColours) {
			return s, err
		}
		channels = 3
	}
}

// divide makes the splits as views that decode their files.
func (a album) divide(first picture, channels int, o Options) (Splits, error) {
	number := map[string]uint32{}
	for i, class := range a.classes {
		number[class] = uint32(i)
	}
	files, labels, poses := map[string][]int{}, map[string][]uint32{}, map[string][]Pose{} // by split
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
	split := func(name string) *Set {
		members := files[name]
		if members == nil {
			return nil
		}
		s := &Set{Name: a.title, Width: first.width, Height: first.height, Channels: channels, Classes: a.classes,
			Labels: labels[name], Poses: poses[name]}
		return s.View(len(members), func(dst []byte, i int) error {
			p, err := a.decode(members[i], o)
			if err != nil {
				return err
			}
			if p.width != first.width || p.height != first.height {
				return origin.Errorf("%s: %s is %dx%d but %s is %dx%d: give a size for all", a.name,
					a.files[a.members[0]].path, first.width, first.height, a.files[members[i]].path, p.width, p.height)
			}
			if o.Channels == 0 && p.channels > channels {
				return origin.Errorf("%s: %w, as %s", a.name, errColours, a.files[members[i]].path)
			}
			copy(dst, p.withChannels(channels).pixels)
			return nil
		})
	}
	h := held{pool: split(""), valid: split("valid"), test: split("test")}
	if h.pool == nil {
		h.pool = split("train")
	}
	if h.pool == nil {
		return Splits{}, origin.Errorf("%s: no images in train", a.title)
	}
	s, err := h.divide(a.title, o.counts(h), o.Seed)
	s.Origin = "images in " + a.title
	return s, err
}

// decode reads file i at the size asked for, and its depth unless other channels
// are.
func (a album) decode(i int, o Options) (picture, error) {
	p, err := a.files[i].decode(o.Channels != 0)
	if err != nil {
		return p, origin.Errorf("%s: %s: %w", a.name, a.files[i].path, err)
	}
	if o.Size > 0 {
		p = p.resize(o.Size, o.Size)
	}
	return p, nil
}
