//go:build js

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/wasm/protocol"
	"pixelda-wgpu/wasm/wire"
	"pixelda-wgpu/wgsl/kernels"
)

// store keeps what must outlive the page: snapshots of a run, the images that they need, and which
// kernels were chosen by timing. These are files that the browser keeps for this page alone.
type store struct {
	last *snapshot // the newest
	data [2]string // names of the files that hold images
}

func slotName(slot int) string { return fmt.Sprintf("snapshot-%d", slot) }

// latest returns the newest snapshot that is intact, or nil.
func (t *store) latest() (*snapshot, error) {
	t.last = nil
	for slot := range 2 {
		b, err := readFile(slotName(slot))
		if err != nil {
			return nil, err
		}
		if s, err := decodeSnapshot(b); err == nil && (t.last == nil || s.Number > t.last.Number) {
			t.last, s.slot = s, slot
		}
	}
	return t.last, nil
}

// keep stores a snapshot, and those images that a person provided. It returns the size of the
// snapshot's file in bytes.
func (t *store) keep(s *snapshot, images [2]datasets.Splits) (size int, err error) {
	if t.last != nil {
		s.Number, s.slot = t.last.Number+1, 1-t.last.slot
	}
	stored := *s
	for i, from := range s.Sources {
		if from.Kind == protocol.Files {
			if stored.Sources[i], err = t.keepImages(from, images[i]); err != nil {
				return 0, err
			}
		}
	}
	b, err := stored.encode()
	if err != nil {
		return 0, err
	}
	if err := writeFile(slotName(s.slot), b); err != nil {
		return 0, err
	}
	t.last = s
	return len(b), t.tidy(stored.Sources)
}

// inStore is the kind of a source whose images are in the store, in a file that the URL names. Only
// snapshots contain it: the page is told of the files that were once dropped on it.
const inStore protocol.SourceKind = "kept"

// keepImages stores images that a person provided, unless they are already stored. It returns the
// source from which they can be opened again.
func (t *store) keepImages(from protocol.DataSource, images datasets.Splits) (protocol.DataSource, error) {
	name := "images-" + images.Fingerprint()[:16]
	kept := protocol.DataSource{Kind: inStore, Name: from.Name, URL: name}
	for _, have := range t.data {
		if have == name {
			return kept, nil
		}
	}
	var b bytes.Buffer
	if err := pack.Write(&b, images); err != nil {
		return kept, err
	}
	if err := writeFile(name, b.Bytes()); err != nil {
		return kept, err
	}
	t.data[0], t.data[1] = t.data[1], name
	return kept, nil
}

// tidy removes the images that the newest snapshot does not need.
func (t *store) tidy(needed [2]protocol.DataSource) error {
	names, err := await(host.Get("store").Call("list"))
	if err != nil {
		return err
	}
	for i := range names.Length() {
		name := names.Index(i).String()
		if strings.HasPrefix(name, "images-") && name != needed[0].URL && name != needed[1].URL {
			if err := removeFile(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// discard removes the snapshots and their images.
func (t *store) discard() error {
	t.last, t.data = nil, [2]string{}
	return errors.Join(removeFile(slotName(0)), removeFile(slotName(1)), t.tidy([2]protocol.DataSource{}))
}

// discard answers a request to forget the snapshot.
func (w *worker) discard(r *request, ask *protocol.Discard) error {
	if err := w.store.discard(); err != nil {
		return as(protocol.BadStorage, err)
	}
	reply(r, ask, protocol.Nothing{})
	return nil
}

// tuningFile holds the plans chosen by timing.
const tuningFile = "kernels.json"

// tunings is the content of that file. It is worthless once the kernels have changed.
type tunings struct {
	Kernels string                       `json:"kernels"` // their hash
	Choices map[string]map[string]string `json:"choices"` // by adapter
}

func (t *store) tuning(adapter string) (map[string]string, error) {
	all, err := t.tunings()
	return all.Choices[adapter], err
}

func (t *store) tunings() (tunings, error) {
	var all tunings
	b, err := readFile(tuningFile)
	// A file that a tab left unfinished when it died is just as worthless.
	if err != nil || b == nil || json.Unmarshal(b, &all) != nil ||
		all.Kernels != kernels.Identity() || all.Choices == nil {
		all = tunings{kernels.Identity(), map[string]map[string]string{}}
	}
	return all, err
}

func (t *store) keepTuning(adapter string, choices map[string]string) error {
	all, err := t.tunings()
	if err != nil {
		return err
	}
	all.Choices[adapter] = choices
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return writeFile(tuningFile, b)
}

func readFile(name string) ([]byte, error) {
	v, err := await(host.Get("store").Call("read", name))
	return wire.Bytes(v), stored(name, err)
}

func writeFile(name string, b []byte) error {
	_, err := await(host.Get("store").Call("write", name, wire.Array(b)))
	return stored(name, err)
}

func removeFile(name string) error {
	_, err := await(host.Get("store").Call("remove", name))
	return stored(name, err)
}

// stored explains an error of the browser's storage. Nil stays nil.
func stored(name string, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{protocol.BadStorage, origin.Errorf("the browser cannot keep %s: %w", name, err),
		"Leave private browsing, or free space in the browser's settings; save a checkpoint to be safe."}
}
