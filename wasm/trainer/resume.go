//go:build js

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
	"pixelda-wgpu/wasm/protocol"
)

// restore answers a request to continue from the stored snapshot.
func (w *worker) restore(r *request, ask *protocol.Restore) error {
	s := w.store.last
	if s == nil {
		return refuse("there is no snapshot", "Begin a new run.")
	}
	var images [2]datasets.Splits
	sources := s.Sources
	for i, from := range s.Sources {
		var err error
		if from.Kind == inStore {
			var b []byte
			if b, err = readFile(from.URL); err == nil {
				images[i], err = pack.Read(from.Name, bytes.NewReader(b))
			}
			w.store.data[i], sources[i] = from.URL, protocol.DataSource{Kind: protocol.Files, Name: from.Name}
		} else {
			images[i], err = w.library.open(from, r, s.Config.Seed, s.Config.Model.Size)
		}
		if err != nil {
			return as(protocol.BadData, err)
		}
	}
	next := &run{sources: sources, images: images, tune: s.Tune, kept: s}
	for _, line := range s.History {
		var at struct {
			Step int `json:"step"`
		}
		if err := json.Unmarshal(line, &at); err != nil {
			return as(protocol.BadCheckpoint, err)
		}
		next.history = append(next.history, record{at.Step, line})
	}
	const name = "the snapshot"
	f, st, err := checkpoint.Read(bytes.NewReader(s.checkpoint), int64(len(s.checkpoint)), name)
	if err != nil {
		return as(protocol.BadCheckpoint, err)
	}
	return w.resume(r, ask, next, s.Config, f, st, name)
}

// load answers a request to continue from a checkpoint of the page or of the command line. Images
// that cannot be drawn again are taken from the present run.
func (w *worker) load(r *request, ask *protocol.Load) error {
	const name = "the file"
	b := r.parts.Bytes(ask.Checkpoint)
	f, st, err := checkpoint.Read(bytes.NewReader(b), int64(len(b)), name)
	if err != nil {
		return as(protocol.BadCheckpoint, err)
	}
	c := st.Config
	if err := exact(c); err != nil {
		return err
	}
	next := &run{tune: graph.TargetOf(w.device.Info()).Tuned,
		kept: &snapshot{checkpoint: b, manifest: manifest{Step: st.Iteration}}}
	for i, set := range []string{c.Source, c.Target} {
		switch {
		case draw.Generated(set):
			next.sources[i] = protocol.DataSource{Kind: protocol.Builtin, Name: set}
			if next.images[i], err = w.library.open(next.sources[i], r, c.Seed, c.Model.Size); err != nil {
				return as(protocol.BadData, err)
			}
		case w.run != nil:
			next.sources[i], next.images[i] = w.run.sources[i], w.run.images[i]
		default:
			return &codedError{protocol.BadCheckpoint, origin.Errorf("checkpoint: it was trained on %s → %s", c.Source,
				c.Target),
				"Choose these images first, then load the checkpoint."}
		}
	}
	return w.resume(r, ask, next, c, f, st, name)
}

// resume builds a run, takes it to an open checkpoint and answers ask. name is the checkpoint's,
// for errors.
func (w *worker) resume(
	r *request, ask protocol.Ask[protocol.Configured], next *run, c recipe.Config,
	f *safetensors.File, st checkpoint.State, name string,
) error {
	data, err := engine.PrepareData(c, next.images[0], next.images[1])
	if err != nil {
		return as(protocol.BadData, err)
	}
	var kernels map[string]string
	if st.Adapter == w.device.Info().Key() {
		kernels = st.Kernels
		next.tune = next.tune || len(kernels) > 0
	}
	if err := w.build(next, c, data, kernels); err != nil {
		return err
	}
	if err := checkpoint.Resume(next.trainer, f, st, name); err != nil {
		next.close()
		return as(protocol.BadCheckpoint, err)
	}
	w.adopt(next)
	answer := next.describe()
	answer.Inexact = checkpoint.Inexact(next.trainer, st)
	reply(r, ask, answer)
	return w.show()
}

// save answers a request for a checkpoint: the file that the command line writes.
func (w *worker) save(r *request, ask *protocol.Save) error {
	b, err := w.checkpoint()
	if err != nil {
		return err
	}
	replyFile(r, ask, fmt.Sprintf("pixelda-%08d.safetensors", w.run.trainer.Iteration()), b)
	return nil
}

// checkpoint is the file of the run as it is now.
func (w *worker) checkpoint() ([]byte, error) {
	var b bytes.Buffer
	err := checkpoint.Save(&b, w.run.trainer)
	return b.Bytes(), err
}

// revive rebuilds the run as it was at the last snapshot: on a new device, or after what was
// computed since has turned out worthless.
func (r *run) revive(w *worker) error {
	r.dropBaseline()
	choose, err := w.chooser(r.tune, nil)
	if err != nil {
		return err
	}
	baseline, until := r.trainer.Baseline, r.loop.Until
	t, err := engine.NewTrainer(w.device, r.trainer.Config, r.trainer.Data, choose)
	if err != nil {
		return err
	}
	r.trainer = t
	if err := r.rewind(r.kept); err != nil {
		return err
	}
	r.trainer.Baseline = cmp.Or(r.trainer.Baseline, baseline) // the snapshot may have been too early to have it
	r.begin(w)
	r.loop.Until = until
	return nil
}

// rewind takes a fresh trainer back to a snapshot, and the history with it; nil means the
// beginning.
func (r *run) rewind(s *snapshot) error {
	if s != nil {
		const name = "the snapshot"
		f, st, err := checkpoint.Read(bytes.NewReader(s.checkpoint), int64(len(s.checkpoint)), name)
		if err == nil {
			err = checkpoint.Resume(r.trainer, f, st, name)
		}
		if err != nil {
			return as(protocol.BadCheckpoint, err)
		}
	}
	r.history.rewind(r.trainer.Iteration())
	return nil
}
