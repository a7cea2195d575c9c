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
	Config    Config
	Iteration int               // iterations done
	Data      string            // fingerprint of the images
	Kernels   map[string]string // chosen plans, on which the bits depend
	Adapter   string            // where they were chosen
	Baseline  *float64          // target accuracy of the source-only baseline, if it was trained
}

// Initialise gives the variables their initial values: normal weights, zero
// biases, moments of mean 0 and variance 1. The baselines' weights are Xavier's,
// as in their original. Each variable has a stream of its own, so that its values
// depend on its name and the seed alone.
func (e *Engine) Initialise(seed uint64, xavier bool) error {
	for _, s := range e.Stores() {
		err := e.write(s, values, func(v *graph.Variable) ([]float32, error) {
			x := make([]float32, v.Len())
			switch {
			case strings.HasSuffix(v.Name, ".running_var"):
				for i := range x {
					x[i] = 1
				}
			case strings.HasSuffix(v.Name, ".weight"):
				h := fnv.New64a()
				h.Write([]byte(v.Name))
				r := rand.New(rand.NewPCG(seed, h.Sum64()))
				fanIn, fanOut := v.Len()/v.Dims[0], v.Len()/v.Dims[1]
				bound := math.Sqrt(6 / float64(fanIn+fanOut))
				for i := range x {
					if xavier {
						x[i] = float32((2*r.Float64() - 1) * bound)
					} else {
						x[i] = float32(r.NormFloat64() * e.InitStd)
					}
				}
			}
			return x, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stored lists the stores that a method's checkpoint holds.
func (e *Engine) stored(m Method) []*graph.Store {
	if m == PixelDA {
		return e.Stores()
	}
	return []*graph.Store{e.Task}
}

// trained reports whether a store has moments to be saved.
func (e *Engine) hasMoments(s *graph.Store) bool {
	return s != e.GeneratorStats && s != e.DiscriminatorStats
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
	for _, s := range e.stored(st.Config.Method) {
		arrays := map[string]kind{"": values}
		if e.hasMoments(s) {
			arrays["optim.m."], arrays["optim.v."] = firsts, seconds
		}
		for prefix, k := range arrays {
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
	st := State{Config: Earlier()}
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
func (e *Engine) Restore(f *safetensors.File, m Method, moments bool) error {
	for _, s := range e.stored(m) {
		arrays := map[string]kind{"": values}
		if moments && e.hasMoments(s) {
			arrays["optim.m."], arrays["optim.v."] = firsts, seconds
		}
		for prefix, k := range arrays {
			if err := e.write(s, k, func(v *graph.Variable) ([]float32, error) { return f.Float32s(prefix + v.Name) }); err != nil {
				return err
			}
		}
	}
	return nil
}
