// Package checkpoint keeps runs as files: it saves, finds, checks and loads them, and does what
// needs only a file, such as evaluating it. Files are safetensors, with the configuration and
// everything else that a run depends on in their metadata.
package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/checkpoint"

// Checkpoint metadata, and what a file must state to be a checkpoint.
const (
	format  = "pixelda-checkpoint"
	version = "1"
)

// State is what a checkpoint holds besides the variables. Everything random follows from seed and
// iteration, so nothing else is needed to continue.
type State struct {
	Config    recipe.Config
	Iteration int               // iterations done
	Data      string            // fingerprint of the images
	Kernels   map[string]string // the chosen plans, on which the bits depend
	Adapter   string            // where they were chosen
	Baseline  *float64          // target accuracy of the source-only baseline, if it was trained
}

// Of is the state of a run at this moment.
func Of(t *engine.Trainer) State {
	return State{
		Config: t.Config, Iteration: t.Iteration(), Data: t.Fingerprint(), Kernels: t.Kernels(), Baseline: t.Baseline,
		Adapter: t.Device().Info().Key(),
	}
}

// Save writes a checkpoint of a run as it is at this moment.
func Save(w io.Writer, t *engine.Trainer) error {
	st := Of(t)
	config, err := json.Marshal(st.Config)
	if err != nil {
		return err
	}
	kernels, err := json.Marshal(st.Kernels)
	if err != nil {
		return err
	}
	meta := map[string]string{
		"format": format, "version": version, "config": string(config), "step": strconv.Itoa(st.Iteration),
		"seed": strconv.FormatUint(st.Config.Seed, 10), "dataset": st.Data, "kernels": string(kernels),
		"adapter": st.Adapter,
	}
	if st.Baseline != nil {
		meta["source_only"] = strconv.FormatFloat(*st.Baseline, 'g', -1, 64)
	}
	f := safetensors.NewWriter(meta)
	for i, s := range t.Engine.Networks.Stores() {
		for prefix, buffer := range buffers(t.Engine.Networks, i, true) {
			x, err := t.Engine.Read(s, buffer)
			if err != nil {
				return err
			}
			for _, v := range s.Variables() {
				f.Float32s(prefix+v.Name, v.Dims, x[v.Name])
			}
		}
	}
	_, err = f.WriteTo(w)
	return err
}

// buffers lists what a checkpoint holds of store number i, by the prefix of its names: the values
// and, if moments is set and the store is trained, the optimiser's moments.
func buffers(n *model.Networks, i int, moments bool) map[string]string {
	s := n.Stores()[i]
	all := map[string]string{"": s.Values()}
	if moments && i < len(n.Trained()) {
		for j, prefix := range []string{"optim.m.", "optim.v."}[:n.Moments()] {
			all[prefix] = s.Moment(j)
		}
	}
	return all
}

// Open opens a checkpoint and reads its state.
func Open(path string) (*safetensors.File, State, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, State{}, err
	}
	st, err := stateOf(f, path)
	if err != nil {
		return nil, State{}, errors.Join(err, f.Close())
	}
	return f, st, nil
}

// Read is Open for the size bytes of r, called name in errors.
func Read(r io.ReaderAt, size int64, name string) (*safetensors.File, State, error) {
	f, err := safetensors.Read(r, size, name)
	if err != nil {
		return nil, State{}, err
	}
	st, err := stateOf(f, name)
	return f, st, err
}

func stateOf(f *safetensors.File, name string) (State, error) {
	st, err := readState(f.Metadata())
	if err != nil {
		err = origin.Errorf("checkpoint %s: %w", name, err)
	}
	return st, err
}

func readState(m map[string]string) (State, error) {
	st := State{Config: recipe.Earlier()} // it supplies the settings that files of earlier versions do not state
	if m["format"] != format {
		return st, fmt.Errorf("its format is %q, not %q", m["format"], format)
	}
	if m["version"] != version {
		return st, fmt.Errorf("its version is %q; this program reads version %s", m["version"], version)
	}
	d := json.NewDecoder(strings.NewReader(m["config"]))
	d.DisallowUnknownFields()
	if err := d.Decode(&st.Config); err != nil {
		return st, fmt.Errorf("metadata config: %w", err)
	}
	if err := st.Config.Validate(); err != nil {
		return st, err
	}
	var err error
	if st.Iteration, err = strconv.Atoi(m["step"]); err != nil || st.Iteration < 0 {
		return st, fmt.Errorf("metadata step is %q, not a number", m["step"])
	}
	if err := json.Unmarshal([]byte(m["kernels"]), &st.Kernels); err != nil {
		return st, fmt.Errorf("metadata kernels: %w", err)
	}
	if s, ok := m["source_only"]; ok {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return st, fmt.Errorf("metadata source_only is %q, not a number", s)
		}
		st.Baseline = &v
	}
	st.Data, st.Adapter = m["dataset"], m["adapter"]
	return st, nil
}

// Check reports what makes a file unfit to resume from.
func Check(path string) error {
	f, _, err := Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// Restore sets the variables of an engine to a checkpoint's, including the moments if moments is
// set.
func Restore(e *engine.Engine, f *safetensors.File, moments bool) error {
	for i, s := range e.Networks.Stores() {
		for prefix, buffer := range buffers(e.Networks, i, moments) {
			err := e.Write(s, buffer, func(v *graph.Variable) ([]float32, error) { return f.Float32s(prefix + v.Name) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}
