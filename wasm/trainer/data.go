//go:build js

package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/protocol"
	"pixelda-wgpu/wasm/wire"
)

// library keeps the last sets that were opened, so that a changed setting does not open them again.
type library struct {
	kept map[string]datasets.Splits
	last []string
}

// open opens a data set. The files of a source are among the parts of the request r. Images from
// files are resized to size pixels in height and width; 0 leaves them as they are.
func (l *library) open(s protocol.DataSource, r *request, seed uint64, size int) (datasets.Splits, error) {
	o := datasets.Options{Seed: seed}
	switch s.Kind {
	case protocol.Builtin:
		return l.remember(fmt.Sprintf("%s %d", s.Name, seed), func() (datasets.Splits, error) {
			progress(protocol.Data, s.Name, 0, 0)
			o.Draw = drawElsewhere
			return open.Splits(s.Name, o)
		})
	case protocol.Packed:
		return l.remember("packed "+s.URL, func() (datasets.Splits, error) {
			progress(protocol.Data, s.URL, 0, 0)
			data, err := fetch(s.URL)
			if err != nil {
				return datasets.Splits{}, err
			}
			return pack.Read(s.URL, bytes.NewReader(data))
		})
	case protocol.Files:
		progress(protocol.Data, s.Name, 0, 0)
		files := make([]open.File, len(s.Files))
		for i, f := range s.Files {
			files[i] = open.File{Path: f.Path, Data: r.parts.Bytes(f.File)}
		}
		o.Size = size
		domains, err := open.Files(s.Name, files, o)
		if err != nil {
			return datasets.Splits{}, err
		}
		if len(domains) > 1 {
			return datasets.Splits{}, origin.Errorf("%s holds %d domains (%s and others); choose the folder of one",
				s.Name, len(domains), domains[0].Name)
		}
		return domains[0].Splits, nil
	}
	return datasets.Splits{}, origin.Errorf("a source of kind %q; want builtin, files or packed", s.Kind)
}

// remember opens a set, unless it is among the last two opened.
func (l *library) remember(key string, open func() (datasets.Splits, error)) (datasets.Splits, error) {
	if s, ok := l.kept[key]; ok {
		return s, nil
	}
	s, err := open()
	if err != nil {
		return s, err
	}
	const few = 2 // a source and a target
	if len(l.last) == few {
		delete(l.kept, l.last[0])
		l.last = l.last[1:]
	}
	l.kept[key] = s
	l.last = append(l.last, key)
	return s, nil
}

// fetch gets a file from beside the page.
func fetch(url string) ([]byte, error) {
	v, err := await(host.Call("fetch", url))
	if err != nil {
		return nil, &codedError{protocol.BadNetwork, origin.Errorf("%s: %w", url, err),
			"Check the connection and that the file lies there."}
	}
	return wire.Bytes(v), nil
}

// dataInfo tells the page of a data set.
func dataInfo(name string, s datasets.Splits) protocol.DataInfo {
	classes := s.Train.Classes
	if classes == nil {
		classes = []string{}
	}
	return protocol.DataInfo{
		Name: name, Train: s.Train.Len(), Valid: s.Valid.Len(), Test: s.Test.Len(),
		Width: s.Train.Width, Height: s.Train.Height, Channels: s.Train.Channels,
		Classes: classes,
	}
}

// imagesOf tells the page of images, and puts their pixels into parts.
func imagesOf(s *datasets.Set, parts *message.Parts) message.Images {
	if s.Len() == 0 {
		return message.Images{Pixels: parts.AddBytes(nil)}
	}
	return message.Images{Count: s.Len(), Width: s.Width, Height: s.Height, Channels: s.Channels,
		Pixels: parts.AddBytes(s.Pixels())}
}

// labelsOf returns the labels of images: none, but not nil, if they have none.
func labelsOf(s *datasets.Set) []uint32 {
	if s.Labels == nil {
		return []uint32{}
	}
	return s.Labels
}

// preview answers a request for the first images of a data set.
func (w *worker) preview(r *request, ask *protocol.Preview) error {
	count := 32
	if ask.Count != nil {
		count = *ask.Count
	}
	s, err := w.library.open(ask.Data, r, 1, 0)
	if err != nil {
		return as(protocol.BadData, err)
	}
	some := s.Train.Slice(0, min(max(count, 0), s.Train.Len()))
	var parts message.Parts
	reply(r, ask, protocol.DataPreview{
		Data: dataInfo(ask.Data.Title(), s), Images: imagesOf(some, &parts), Labels: labelsOf(some),
	}, parts...)
	return nil
}

// configured returns the configuration that a request asks for.
func configured(preset string, changes json.RawMessage, source, target protocol.DataSource) (recipe.Config, error) {
	from, to := source.Title(), target.Title()
	return recipe.Request{Preset: preset, File: changes, Source: &from, Target: &to}.Config()
}

// states reports whether changes have a value for a setting of the model.
func states(changes json.RawMessage, setting string) bool {
	var c struct {
		Model map[string]json.RawMessage `json:"model"`
	}
	return json.Unmarshal(changes, &c) == nil && c.Model[setting] != nil
}
