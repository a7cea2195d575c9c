package datasets

import (
	"fmt"
	"slices"
	"strings"
)

// Splits is a data set divided for training. Valid and Test may be nil; all
// that are present have one shape and one list of classes.
type Splits struct {
	Origin             string // where the images came from, in words
	Train, Valid, Test *Set
}

// Counts says how many images each split takes. Zero takes what there is: for Train all that
// remain, for Valid and Test the whole split if the source has a separate one, else none.
type Counts struct{ Train, Valid, Test int }

// The splits of the paper (section 5) and of its released code, which trains
// on all of MNIST.
var (
	MNISTPaper  = Counts{Train: 50000, Valid: 10000, Test: 10000}
	MNISTCode   = Counts{Train: 60000, Test: 10000}
	USPSPaper   = Counts{Train: 6562, Valid: 729, Test: 2007}
	MNISTMPaper = Counts{Train: 58001, Valid: 1000, Test: 9001}
)

// LineModPaper is the split of Cropped LineMod (paper, section 5; Bousmalis et al., NIPS 2016).
// Which image is in which split was not published; where a folder does not state it, the three are
// drawn by the seed.
var LineModPaper = Counts{Train: 9673, Valid: 1000, Test: 2655}

// SplitOrder is the order in which splits are handled and stored.
var SplitOrder = []string{"train", "valid", "test"}

// Named points to the split with that name (see SplitOrder), or is nil.
func (s *Splits) Named(split string) **Set {
	return map[string]**Set{"train": &s.Train, "valid": &s.Valid, "test": &s.Test}[split]
}

// Fingerprint identifies the content of all splits together, in hex.
func (s Splits) Fingerprint() string {
	return JoinFingerprints(s.Train.Fingerprint(), s.Valid.Fingerprint(), s.Test.Fingerprint())
}

// Validate checks each split and that they agree in shape and classes.
func (s Splits) Validate() error {
	if err := s.Train.Validate(); err != nil {
		return err
	}
	for _, set := range []*Set{s.Valid, s.Test} {
		if set == nil {
			continue
		}
		if err := set.Validate(); err != nil {
			return err
		}
		if set.Width != s.Train.Width || set.Height != s.Train.Height || set.Channels != s.Train.Channels {
			return origin.Errorf("%s has images of %s, %s of %s: give one size for both",
				set.Name, set.Shape(), s.Train.Name, s.Train.Shape())
		}
		if err := MatchClasses(s.Train, set); err != nil {
			return err
		}
	}
	return nil
}

// Shape is width, height and channels, for people.
func (s *Set) Shape() string { return fmt.Sprintf("%dx%dx%d", s.Width, s.Height, s.Channels) }

// MatchClasses reports the first difference between the class names of two
// sets: adaptation needs the same classes in both domains. An unlabelled set
// matches any.
func MatchClasses(a, b *Set) error {
	if !a.Labelled() || !b.Labelled() || slices.Equal(a.Classes, b.Classes) {
		return nil
	}
	for _, pair := range [][2]*Set{{a, b}, {b, a}} {
		for _, class := range pair[0].Classes {
			if !slices.Contains(pair[1].Classes, class) {
				return origin.Errorf("class %q is in %s but not in %s: both must have the same classes", class,
					pair[0].Name, pair[1].Name)
			}
		}
	}
	return origin.Errorf("%s and %s name their classes in different order", a.Name, b.Name)
}

// OfClasses is the images of the named classes; the list of classes stays, and with it each label's
// meaning. Splits that contain none of them become nil.
func (s Splits) OfClasses(names ...string) (Splits, error) {
	for _, split := range SplitOrder {
		set := s.Named(split)
		if *set == nil {
			continue
		}
		part, err := (*set).OfClasses(names...)
		if err != nil {
			return Splits{}, err
		}
		if *set = part; part.Len() == 0 {
			*set = nil
		}
	}
	return s, s.Validate()
}

// OfClasses is the images of the named classes, in their order. Like Pick's, the result is a copy
// or a view; the list of classes stays, and with it each label's meaning.
func (s *Set) OfClasses(names ...string) (*Set, error) {
	if !s.Labelled() {
		return nil, origin.Errorf("%s has no labels to choose classes by", s.Name)
	}
	wanted := make([]bool, len(s.Classes))
	for _, name := range names {
		class := slices.Index(s.Classes, name)
		if class < 0 {
			return nil, origin.Errorf("%s has no class %q; it has %s", s.Name, name,
				strings.Join(s.Classes, ", "))
		}
		wanted[class] = true
	}
	var indices []int
	for i, label := range s.Labels {
		if wanted[label] {
			indices = append(indices, i)
		}
	}
	return s.Pick(indices), nil
}

// Parts is what files or a generator provide: Pool holds the training images, from which missing
// splits are drawn as well.
type Parts struct {
	Pool, Valid, Test *Set
	Ordered           bool // the files are in random order by convention: take splits from the front
}

// Divide cuts every split to its count. Images are chosen by seed but keep the order of their
// files, unless that order is itself the convention.
func (h Parts) Divide(name string, counts Counts, seed uint64) (Splits, error) {
	fromPool := Counts{Train: counts.Train}
	if h.Valid == nil {
		fromPool.Valid = counts.Valid
	}
	if h.Test == nil {
		fromPool.Test = counts.Test
	}
	if fromPool.Train == 0 {
		fromPool.Train = h.Pool.Len() - fromPool.Valid - fromPool.Test
	}
	if fromPool.Train < 1 || fromPool.Valid < 0 || fromPool.Test < 0 {
		return Splits{}, origin.Errorf("%s: %d images are too few for %d validation and %d test images", name,
			h.Pool.Len(), counts.Valid, counts.Test)
	}
	var s Splits
	var err error
	take := func(from *Set, at, count int, split string) *Set {
		if err != nil || from == nil {
			return nil
		}
		if at+count > from.Len() || count < 0 {
			err = origin.Errorf("%s: cannot take %d %s images: there are %d", name, count, split, from.Len()-at)
			return nil
		}
		part := from.draw(at, count, h.Ordered, seed)
		part.Name = name + " " + split
		return part
	}
	s.Train = take(h.Pool, 0, fromPool.Train, "train")
	if h.Valid != nil {
		s.Valid = take(h.Valid, 0, orAll(counts.Valid, h.Valid), "valid")
	} else if fromPool.Valid > 0 {
		s.Valid = take(h.Pool, fromPool.Train, fromPool.Valid, "valid")
	}
	if h.Test != nil {
		s.Test = take(h.Test, 0, orAll(counts.Test, h.Test), "test")
	} else if fromPool.Test > 0 {
		s.Test = take(h.Pool, fromPool.Train+fromPool.Valid, fromPool.Test, "test")
	}
	if err != nil {
		return Splits{}, err
	}
	return s, s.Validate()
}

func orAll(count int, s *Set) int {
	if count == 0 {
		return s.Len()
	}
	return count
}

// draw is count images of s, starting at place at of an order: that of the files, or one drawn by
// seed. A drawn part keeps the order of the files.
func (s *Set) draw(at, count int, ordered bool, seed uint64) *Set {
	if ordered || count == s.Len() {
		return s.Slice(at, at+count)
	}
	order := permutation{n: uint64(s.Len()), key: seed}
	indices := make([]int, count)
	for i := range indices {
		indices[i] = int(order.at(uint64(at + i)))
	}
	slices.Sort(indices)
	return s.Pick(indices)
}
