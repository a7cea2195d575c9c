package datasets

import (
	"errors"
)

// Pack opens a set as Open does and saves it as Save does, the same bytes. Images of a folder or ZIP file and
// generated ones are made
// a few at a time while they are written, so a set may be larger than the memory.
// It returns the number of images of each split.
func Pack(path, spec string, o Options, raw bool, written Written) (Counts, error) {
	for {
		s, closer, err := openStream(spec, o)
		if err == nil {
			err = Save(path, s, raw, written)
		}
		closer.Close()
		if errors.Is(err, errColours) && o.Channels == 0 {
			o.Channels = 3 // there are images of both kinds
			continue
		}
		return Counts{s.Train.Len(), s.Valid.Len(), s.Test.Len()}, err
	}
}

func openStream(spec string, o Options) (Splits, *Stream, error) {
	o.Stream = &Stream{}
	s, err := Open(spec, o)
	return s, o.Stream, err
}
