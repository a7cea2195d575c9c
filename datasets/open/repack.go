package open

import (
	"errors"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/read"
)

// Pack opens a set as Splits does and saves it as pack.Save does, byte for byte. Images of a folder
// or ZIP file and generated ones are made a few at a time while they are written, so that a set may
// be larger than memory. It returns the number of images in each split.
func Pack(path, spec string, o datasets.Options, raw bool, written pack.Written) (datasets.Counts, error) {
	for {
		s, closer, err := openStream(spec, o)
		if err == nil {
			err = pack.Save(path, s, raw, written)
		}
		closer.Close()
		if errors.Is(err, read.ErrColours) && o.Channels == 0 {
			o.Channels = 3 // there are images of both kinds
			continue
		}
		return datasets.Counts{Train: s.Train.Len(), Valid: s.Valid.Len(), Test: s.Test.Len()}, err
	}
}

func openStream(spec string, o datasets.Options) (datasets.Splits, *datasets.Stream, error) {
	o.Stream = &datasets.Stream{}
	s, err := Splits(spec, o)
	return s, o.Stream, err
}
