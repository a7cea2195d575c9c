//go:build js

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"time"

	"pixelda-wgpu/trainer/recipe"
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
	Config   recipe.Config     `json:"config"`
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
	s := &snapshot{checkpoint: body[head+length:], manifest: manifest{Config: recipe.Earlier()}}
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
