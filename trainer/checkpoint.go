package trainer

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// Checkpoint metadata, and what a file must state to be one.
const (
	checkpointFormat  = "pixelda-checkpoint"
	checkpointVersion = "1"
)

// State is what a checkpoint holds besides the variables. Everything random
// follows from seed and iteration, so nothing else is needed to go on.
type State struct {
	Config    recipe.Config
	Iteration int               // iterations done
	Data      string            // fingerprint of the images
	Kernels   map[string]string // chosen plans, on which the bits depend
	Adapter   string            // where they were chosen
	Baseline  *float64          // target accuracy of the source-only baseline, if it was trained
}

// Initial says how variables begin: weights normal or, with a gain, uniform by
// Xavier's rule.
type Initial struct {
	Std        float64 // of normal weights
	Gain, Bias float64
}

// slope is the initial slope of a PReLU, PyTorch's.
const slope = 0.25

// Initialise gives the variables their initial values: weights and biases as i says,
// moments of mean 0 and variance 1. Each variable has a stream of its own, so that
// its values depend on its name and the seed alone.
func (e *Engine) Initialise(seed uint64, i Initial) error {
	for _, s := range e.Stores() {
		err := e.write(s, values, func(v *graph.Variable) ([]float32, error) { return i.values(seed, v), nil })
		if err != nil {
			return err
		}
	}
	return nil
}

func (i Initial) values(seed uint64, v *graph.Variable) []float32 {
	x := make([]float32, v.Len())
	fill := func(f func() float64) {
		for j := range x {
			x[j] = float32(f())
		}
	}
	constant := func(v float64) { fill(func() float64 { return v }) }
	switch {
	case strings.HasSuffix(v.Name, ".running_var"):
		constant(1)
	case strings.HasSuffix(v.Name, ".bias"):
		constant(i.Bias)
	case strings.HasSuffix(v.Name, ".weight") && len(v.Dims) == 1:
		constant(slope)
	case strings.HasSuffix(v.Name, ".weight"):
		h := fnv.New64a()
		h.Write([]byte(v.Name))
		r := rand.New(rand.NewPCG(seed, h.Sum64()))
		if i.Gain == 0 {
			fill(func() float64 { return r.NormFloat64() * i.Std })
			break
		}
		fanIn, fanOut := v.Len()/v.Dims[0], v.Len()/v.Dims[1]
		bound := i.Gain * math.Sqrt(6/float64(fanIn+fanOut))
		fill(func() float64 { return (2*r.Float64() - 1) * bound })
	}
	return x
}

// Save writes a checkpoint.
func (e *Engine) Save(w io.Writer, st State) error {
	config, err := json.Marshal(st.Config)
	if err != nil {
		return err
	}
	kernels, err := json.Marshal(st.Kernels)
	if err != nil {
		return err
	}
	meta := map[string]string{
		"format": checkpointFormat, "version": checkpointVersion, "config": string(config), "step": strconv.Itoa(st.Iteration),
		"seed": strconv.FormatUint(st.Config.Seed, 10), "dataset": st.Data, "kernels": string(kernels), "adapter": st.Adapter,
	}
	if st.Baseline != nil {
		meta["source_only"] = strconv.FormatFloat(*st.Baseline, 'g', -1, 64)
	}
	f := safetensors.NewWriter(meta)
	for i, s := range e.Stores() {
		for prefix, k := range e.arrays(i, true) {
			x, err := e.read(s, k)
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

// OpenCheckpoint opens a checkpoint and reads its state.
func OpenCheckpoint(path string) (*safetensors.File, State, error) {
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

// ReadCheckpoint is OpenCheckpoint for the size bytes of r, which errors call name.
func ReadCheckpoint(r io.ReaderAt, size int64, name string) (*safetensors.File, State, error) {
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
		err = fmt.Errorf("trainer: checkpoint %s: %w", name, err)
	}
	return st, err
}

func readState(m map[string]string) (State, error) {
	st := State{Config: recipe.Earlier()}
	if m["format"] != checkpointFormat {
		return st, fmt.Errorf("its format is %q, not %q", m["format"], checkpointFormat)
	}
	if m["version"] != checkpointVersion {
		return st, fmt.Errorf("its version is %q; this program reads version %s", m["version"], checkpointVersion)
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

// CheckCheckpoint reports what makes a file unfit to resume from.
func CheckCheckpoint(path string) error {
	f, _, err := OpenCheckpoint(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// Restore sets the variables to a checkpoint's, the moments too if moments.
func (e *Engine) Restore(f *safetensors.File, moments bool) error {
	for i, s := range e.Stores() {
		for prefix, k := range e.arrays(i, moments) {
			if err := e.write(s, k, func(v *graph.Variable) ([]float32, error) { return f.Float32s(prefix + v.Name) }); err != nil {
				return err
			}
		}
	}
	return nil
}
