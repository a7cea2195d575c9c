//go:build js

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"time"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/protocol"
)

// A snapshot is a run as a browser keeps it:
//
//	"PXSN", uint32     magic; length of the manifest, little-endian
//	manifest           JSON
//	checkpoint         .safetensors
//	uint32             CRC-32 of all before
//
// Two files are written in turn, so that the other one is whole if the tab dies while it writes.
const snapshotMagic = "PXSN"

type snapshot struct {
	manifest
	checkpoint []byte
	slot       int
}

type manifest struct {
	Number   int                    `json:"number"` // of the snapshot: the larger is the newer
	Saved    int64                  `json:"saved"`  // milliseconds since 1970
	Step     int                    `json:"step"`
	Config   recipe.Config          `json:"config"`
	Sources  [2]protocol.DataSource `json:"sources"`
	Tune     bool                   `json:"tune"`
	Baseline *float64               `json:"baseline"`
	History  []json.RawMessage      `json:"history"`
}

// info describes it to the page.
func (s *snapshot) info() *protocol.SnapshotInfo {
	return &protocol.SnapshotInfo{Step: s.Step, Config: s.Config, Source: s.Config.Source, Target: s.Config.Target,
		Saved: s.Saved}
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

// snapshots is told when the state of a run has to be kept, and stores it in the browser.
type snapshots struct {
	worker *worker
	run    *run
}

// Hear takes a snapshot. If the browser has no room for it, training goes on.
func (k snapshots) Hear(e trainer.Event) error {
	save, ok := e.(trainer.Save)
	if !ok {
		return nil
	}
	r, t := k.run, k.run.trainer
	var b bytes.Buffer
	if r.kept != nil {
		b.Grow(len(r.kept.checkpoint))
	}
	if err := checkpoint.Save(&b, t); err != nil {
		return err
	}
	r.kept = &snapshot{checkpoint: b.Bytes(), manifest: manifest{
		Number: 1, Saved: time.Now().UnixMilli(), Step: save.Step, Config: t.Config, Sources: r.sources, Tune: r.tune,
		Baseline: t.Baseline, History: r.history.lines(),
	}}
	size, err := k.worker.store.keep(r.kept, r.images)
	if err != nil {
		emitError(0, as(protocol.BadStorage, err))
		return nil
	}
	emit(protocol.SnapshotEvent{Step: save.Step, Bytes: size})
	return nil
}
