//go:build js

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/trainer"
)

// A snapshot is a run as a browser keeps it:
//
//	"PXSN", uint32     magic; length of the manifest, little-endian
//	manifest           JSON
//	checkpoint         .safetensors
//	uint32             CRC-32 of all before
//
// Two files are written in turn, so that a tab that dies while writing leaves the
// other one whole.
const snapshotMagic = "PXSN"

type snapshot struct {
	manifest
	checkpoint []byte
	slot       int
}

type manifest struct {
	Number   int               `json:"number"` // of the snapshot: the larger is the newer
	Saved    int64             `json:"saved"`  // milliseconds since 1970
	Step     int               `json:"step"`
	Config   trainer.Config    `json:"config"`
	Sources  [2]source         `json:"sources"`
	Tune     bool              `json:"tune"`
	Baseline *float64          `json:"baseline"`
	History  []json.RawMessage `json:"history"`
}

func (s *snapshot) info() message {
	return message{"step": s.Step, "config": s.Config, "source": s.Config.Source, "target": s.Config.Target, "saved": s.Saved}
}

func (s *snapshot) encode() ([]byte, error) {
	text, err := json.Marshal(s.manifest)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(snapshotMagic)+8+len(text)+len(s.checkpoint))
	b = append(b, snapshotMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	b = append(append(b, text...), s.checkpoint...)
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

var errDamaged = errors.New("the snapshot is damaged")

func decodeSnapshot(b []byte) (*snapshot, error) {
	const head = len(snapshotMagic) + 4
	if len(b) < head+4 || string(b[:len(snapshotMagic)]) != snapshotMagic {
		return nil, errDamaged
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	length := int(binary.LittleEndian.Uint32(b[len(snapshotMagic):]))
	if crc32.ChecksumIEEE(body) != sum || length > len(body)-head {
		return nil, errDamaged
	}
	s := &snapshot{checkpoint: body[head+length:]}
	return s, json.Unmarshal(body[head:head+length], &s.manifest)
}

// keep takes a snapshot of the run and stores it. A browser that has no room for
// it does not end training.
func (w *worker) keep() error {
	r := w.run
	if err := r.Sound(); err != nil {
		return err
	}
	st := r.State()
	st.Baseline = r.baseline
	var b bytes.Buffer
	if r.kept != nil {
		b.Grow(len(r.kept.checkpoint))
	}
	if err := r.Save(&b, st); err != nil {
		return err
	}
	s := &snapshot{checkpoint: b.Bytes(), manifest: manifest{
		Number: 1, Saved: time.Now().UnixMilli(), Step: r.Iteration, Config: r.Config, Sources: r.sources, Tune: r.tune, Baseline: r.baseline,
	}}
	for _, rec := range r.history {
		s.History = append(s.History, rec.line)
	}
	r.kept, r.keptAt = s, time.Now()
	size, err := w.store.keep(s, r.images)
	if err != nil {
		emitError(0, as("storage", err))
		return nil
	}
	emit(message{"type": "snapshot", "step": s.Step, "bytes": size})
	return nil
}

// store is the browser's private files.
type store struct {
	last *snapshot // of the newest file
	data [2]string // names of the files of images kept
}

func slotName(slot int) string { return fmt.Sprintf("snapshot-%d", slot) }

// latest returns the newest whole snapshot, or nil.
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

// keep stores a snapshot, and images that exist nowhere else.
func (t *store) keep(s *snapshot, images [2]datasets.Splits) (size int, err error) {
	if t.last != nil {
		s.Number, s.slot = t.last.Number+1, 1-t.last.slot
	}
	stored := *s
	for i, from := range s.Sources {
		if from.Kind == "files" {
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

// keepImages stores images that the page was given, once.
func (t *store) keepImages(from source, images datasets.Splits) (source, error) {
	name := "images-" + images.Fingerprint()[:16]
	kept := source{Kind: "kept", Name: from.Name, URL: name}
	for _, have := range t.data {
		if have == name {
			return kept, nil
		}
	}
	var b bytes.Buffer
	if err := datasets.WritePacked(&b, images); err != nil {
		return kept, err
	}
	if err := writeFile(name, b.Bytes()); err != nil {
		return kept, err
	}
	t.data[0], t.data[1] = t.data[1], name
	return kept, nil
}

// tidy removes the images that the newest snapshot does not need.
func (t *store) tidy(needed [2]source) error {
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
	return errors.Join(removeFile(slotName(0)), removeFile(slotName(1)), t.tidy([2]source{}))
}

// tunings are the kernels chosen by timing, by adapter.
const tunings = "kernels.json"

func (t *store) tuning(adapter string) (map[string]string, error) {
	all, err := t.tunings()
	return all[adapter], err
}

func (t *store) tunings() (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	b, err := readFile(tunings)
	if err == nil && b != nil && json.Unmarshal(b, &all) != nil {
		all = map[string]map[string]string{} // torn by a tab that died: choose anew
	}
	return all, err
}

func (t *store) keepTuning(adapter string, choices map[string]string) error {
	all, err := t.tunings()
	if err != nil {
		return err
	}
	all[adapter] = choices
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return writeFile(tunings, b)
}

func readFile(name string) ([]byte, error) {
	v, err := await(host.Get("store").Call("read", name))
	return goBytes(v), stored(name, err)
}

func writeFile(name string, b []byte) error {
	_, err := await(host.Get("store").Call("write", name, jsBytes(b)))
	return stored(name, err)
}

func removeFile(name string) error {
	_, err := await(host.Get("store").Call("remove", name))
	return stored(name, err)
}

// stored words an error of the browser's storage.
func stored(name string, err error) error {
	if err == nil {
		return nil
	}
	return &fault{"storage", fmt.Errorf("storage: the browser cannot keep %s: %w", name, err),
		"Leave private browsing, or free space in the browser's settings; save a checkpoint to be safe."}
}

// restore goes on from the stored snapshot.
func (w *worker) restore(r *request) error {
	s := w.store.last
	if s == nil {
		return refuse("there is no snapshot", "Begin a new run.")
	}
	var images [2]datasets.Splits
	sources := s.Sources
	for i, from := range s.Sources {
		var err error
		if from.Kind == "kept" {
			var b []byte
			if b, err = readFile(from.URL); err == nil {
				images[i], err = datasets.ReadPacked(from.Name, bytes.NewReader(b))
			}
			w.store.data[i], sources[i] = from.URL, source{Kind: "files", Name: from.Name}
		} else {
			images[i], err = w.library.open(from, r, s.Config.Seed, s.Config.Model.Size)
		}
		if err != nil {
			return as("data", err)
		}
	}
	next := &run{sources: sources, images: images, tune: s.Tune, baseline: s.Baseline, kept: s}
	for _, line := range s.History {
		var at struct {
			Step int `json:"step"`
		}
		if err := json.Unmarshal(line, &at); err != nil {
			return as("checkpoint", err)
		}
		next.history = append(next.history, record{at.Step, line})
	}
	return w.resume(r, next, s.Config, s.checkpoint, "the snapshot")
}

// load goes on from a checkpoint of the page or of the command line.
func (w *worker) load(r *request) error {
	var ask struct {
		Checkpoint part `json:"checkpoint"`
	}
	if err := r.decode(&ask); err != nil {
		return err
	}
	b := r.bytes(ask.Checkpoint)
	_, st, err := trainer.ReadCheckpoint(bytes.NewReader(b), int64(len(b)), "the file")
	if err != nil {
		return as("checkpoint", err)
	}
	c := st.Config
	next := &run{baseline: st.Baseline}
	for i, name := range []string{c.Source, c.Target} {
		switch {
		case known(name):
			next.sources[i] = source{Kind: "builtin", Name: name}
			if next.images[i], err = w.library.open(next.sources[i], r, c.Seed, c.Model.Size); err != nil {
				return as("data", err)
			}
		case w.run != nil:
			next.sources[i], next.images[i] = w.run.sources[i], w.run.images[i]
		default:
			return &fault{"checkpoint", fmt.Errorf("checkpoint: it was trained on %s → %s", c.Source, c.Target), "Choose these images first, then load the checkpoint."}
		}
	}
	return w.resume(r, next, c, b, "the file")
}

// resume builds a run and takes it to a checkpoint.
func (w *worker) resume(r *request, next *run, c trainer.Config, checkpoint []byte, name string) error {
	data, err := trainer.PrepareData(c, next.images[0], next.images[1])
	if err != nil {
		return as("data", err)
	}
	f, st, err := trainer.ReadCheckpoint(bytes.NewReader(checkpoint), int64(len(checkpoint)), name)
	if err != nil {
		return as("checkpoint", err)
	}
	var kernels map[string]string
	if st.Adapter == w.device.Info().Key() {
		kernels = st.Kernels
		next.tune = next.tune || len(kernels) > 0
	}
	if err := w.build(next, c, data, kernels); err != nil {
		return err
	}
	if err := next.ResumeFrom(f, st, name); err != nil {
		next.Close()
		return as("checkpoint", err)
	}
	next.Recorder = trainer.NewRecorder(next.Trainer) // rates count from here
	if next.kept == nil {
		next.kept = &snapshot{checkpoint: bytes.Clone(checkpoint), manifest: manifest{Step: st.Iteration}}
	}
	w.adopt(next)
	reply(r, next.describe())
	return w.show()
}

// save gives the page a checkpoint: the file of the command line.
func (w *worker) save(r *request) error {
	b, err := w.checkpoint()
	if err != nil {
		return err
	}
	reply(r, message{"name": fmt.Sprintf("pixelda-%08d.safetensors", w.run.Iteration), "bytes": bytesOf(b)})
	return nil
}

func (w *worker) checkpoint() ([]byte, error) {
	st := w.run.State()
	st.Baseline = w.run.baseline
	var b bytes.Buffer
	err := w.run.Save(&b, st)
	return b.Bytes(), err
}
