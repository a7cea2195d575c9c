//go:build js

package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/trainer/recipe"
)

// source is where the images of a domain come from: DataSource of the protocol.
type source struct {
	Kind  string `json:"kind"`
	Name  string `json:"name,omitempty"`
	URL   string `json:"url,omitempty"`
	Files []struct {
		Path string `json:"path"`
		File part   `json:"file"`
	} `json:"files,omitempty"`
}

// title is what the configuration calls the data set.
func (s source) title() string {
	if s.Kind == "packed" {
		return s.URL
	}
	return s.Name
}

// library keeps what was opened last, so that a changed setting need not open
// images anew.
type library struct {
	kept map[string]datasets.Splits
	last []string
}

// open opens a data set; r holds the files that the page sent.
func (l *library) open(s source, r *request, seed uint64, size int) (datasets.Splits, error) {
	o := datasets.Options{Seed: seed}
	switch s.Kind {
	case "builtin":
		return l.remember(fmt.Sprintf("%s %d", s.Name, seed), func() (datasets.Splits, error) {
			progress("data", s.Name, 0, 0)
			o.Draw = drawElsewhere
			return datasets.Open(s.Name, o)
		})
	case "packed":
		return l.remember("packed "+s.URL, func() (datasets.Splits, error) {
			progress("data", s.URL, 0, 0)
			data, err := fetch(s.URL)
			if err != nil {
				return datasets.Splits{}, err
			}
			return datasets.ReadPacked(s.URL, bytes.NewReader(data))
		})
	case "files":
		progress("data", s.Name, 0, 0)
		files := make([]datasets.File, len(s.Files))
		for i, f := range s.Files {
			files[i] = datasets.File{Path: f.Path, Data: r.bytes(f.File)}
		}
		o.Size = size
		domains, err := datasets.ReadFiles(s.Name, files, o)
		if err != nil {
			return datasets.Splits{}, err
		}
		if len(domains) > 1 {
			return datasets.Splits{}, fmt.Errorf("datasets: %s holds %d domains (%s and others); choose the folder of one",
				s.Name, len(domains), domains[0].Name)
		}
		return domains[0].Splits, nil
	}
	return datasets.Splits{}, fmt.Errorf("datasets: a source of kind %q; want builtin, files or packed", s.Kind)
}

// remember opens a set unless it is among the last two.
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

// fetch gets a file beside the page.
func fetch(url string) ([]byte, error) {
	v, err := await(host.Call("fetch", url))
	if err != nil {
		return nil, &fault{"network", fmt.Errorf("datasets: %s: %w", url, err),
			"Check the connection and that the file lies there."}
	}
	return goBytes(v), nil
}

// dataInfo is DataInfo of the protocol.
func dataInfo(name string, s datasets.Splits) message {
	classes := s.Train.Classes
	if classes == nil {
		classes = []string{}
	}
	return message{
		"name": name, "train": s.Train.Len(), "valid": s.Valid.Len(), "test": s.Test.Len(),
		"width": s.Train.Width, "height": s.Train.Height, "channels": s.Train.Channels, "classes": classes,
	}
}

// imagesOf is Images of the protocol.
func imagesOf(s *datasets.Set) message {
	if s.Len() == 0 {
		return message{"count": 0, "width": 0, "height": 0, "channels": 0, "pixels": bytesOf(nil)}
	}
	return message{"count": s.Len(), "width": s.Width, "height": s.Height, "channels": s.Channels,
		"pixels": bytesOf(s.Pixels)}
}

func labelsOf(s *datasets.Set) []uint32 {
	if s.Labels == nil {
		return []uint32{}
	}
	return s.Labels
}

// preview shows the first images of a data set.
func (w *worker) preview(r *request) error {
	ask := struct {
		Data  source `json:"data"`
		Count int    `json:"count"`
	}{Count: 32}
	if err := r.decode(&ask); err != nil {
		return err
	}
	s, err := w.library.open(ask.Data, r, 1, 0)
	if err != nil {
		return as("data", err)
	}
	some := s.Train.Slice(0, min(max(ask.Count, 0), s.Train.Len()))
	reply(r, message{"data": dataInfo(ask.Data.title(), s), "images": imagesOf(some), "labels": labelsOf(some)})
	return nil
}

// configured reads the configuration that a request asks for.
func configured(preset string, changes json.RawMessage, source, target source) (recipe.Config, error) {
	from, to := source.title(), target.title()
	return recipe.Request{Preset: preset, File: changes, Source: &from, Target: &to}.Config()
}

// states reports whether changes give a setting of the model.
func states(changes json.RawMessage, setting string) bool {
	var c struct {
		Model map[string]json.RawMessage `json:"model"`
	}
	return json.Unmarshal(changes, &c) == nil && c.Model[setting] != nil
}
