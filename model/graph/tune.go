package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl"
)

// Tuner is a Chooser that times the plans on a device. Its choices are kept in
// a file for the adapter, so that each is timed once and later runs compute the
// same bits.
type Tuner struct {
	device  *gpu.Device
	path    string            // of the file; "" keeps nothing
	choices map[string]string // plan names by operation
	changed bool

	// OnTrial, if set, hears which operation is about to be timed.
	OnTrial func(op string)
}

// tunings is the file's form.
type tunings struct {
	Adapter string            `json:"adapter"`
	Choices map[string]string `json:"choices"`
}

// NewTuner returns a tuner that knows the choices in path, if that file exists
// and is of the same adapter and driver. A damaged file is an error.
func NewTuner(d *gpu.Device, path string) (*Tuner, error) {
	t := &Tuner{device: d, path: path, choices: map[string]string{}}
	if path == "" {
		return t, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("graph: tuning: %w", err)
	}
	var f tunings
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("graph: tuning: %s is damaged (%w); delete it to time the kernels again", path, err)
	}
	if f.Adapter == d.Info().Key() {
		maps.Copy(t.choices, f.Choices)
	}
	return t, nil
}

// Choices returns the plans chosen so far, by operation.
func (t *Tuner) Choices() map[string]string { return maps.Clone(t.choices) }

// Use takes choices made elsewhere, such as those of a run that is resumed.
func (t *Tuner) Use(choices map[string]string) { maps.Copy(t.choices, choices) }

// Save writes the choices to the tuner's file.
func (t *Tuner) Save() error {
	if t.path == "" || !t.changed {
		return nil
	}
	b, err := json.MarshalIndent(tunings{t.device.Info().Key(), t.choices}, "", " ")
	if err != nil {
		return fmt.Errorf("graph: tuning: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(t.path), 0o755); err != nil {
		return fmt.Errorf("graph: tuning: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(t.path), ".tuning-*")
	if err != nil {
		return fmt.Errorf("graph: tuning: %w", err)
	}
	_, err = temp.Write(b)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), t.path)
	}
	if err != nil {
		os.Remove(temp.Name())
		return fmt.Errorf("graph: tuning: %w", err)
	}
	t.changed = false
	return nil
}

// choose returns the plan known for the operation, or else the fastest of those
// made for the device's kind (of all, where none is).
func (t *Tuner) choose(n *node) (int, error) {
	op := n.plans[0].Op
	for i, p := range n.plans {
		if p.Name == t.choices[op] {
			return i, nil
		}
	}
	if t.OnTrial != nil {
		t.OnTrial(op)
	}
	software := t.device.Info().Software()
	anyKind := !slices.ContainsFunc(n.plans, func(p wgsl.Plan) bool { return p.CPU == software })
	best, fastest := -1, time.Duration(0)
	for i, p := range n.plans {
		if p.CPU != software && !anyKind {
			continue
		}
		d, err := t.time(p, n.operands)
		if err != nil {
			return 0, fmt.Errorf("tuning %s, %s: %w", op, p.Name, err)
		}
		if best < 0 || d < fastest {
			best, fastest = i, d
		}
	}
	t.choices[op] = n.plans[best].Name
	t.changed = true
	return best, nil
}

// time runs a plan by itself: once to compile it, then for some hundredths of a
// second, several times. The fastest time counts, since noise only adds.
func (t *Tuner) time(p wgsl.Plan, operands map[string]*Tensor) (time.Duration, error) {
	const atLeast = 20 * time.Millisecond
	copies := 1
	if !t.device.Info().Software() {
		copies = 8 // so that a submission's own cost does not count
	}
	g := New()
	for range copies {
		n := &node{label: p.Name, plans: []wgsl.Plan{p}, operands: map[string]*Tensor{}, effect: true}
		for name, o := range operands {
			n.operands[name] = g.Input(name, o.Shape)
		}
		g.nodes = append(g.nodes, n)
	}
	program, err := g.Program("tuning", FirstPlan{})
	if err != nil {
		return 0, err
	}
	session, err := t.device.Load(program)
	if err != nil {
		return 0, err
	}
	defer session.Close()
	run := func(times int) (time.Duration, error) {
		start := time.Now()
		for range times {
			if err := session.Run(program.Name); err != nil {
				return 0, err
			}
		}
		err := session.Wait()
		return time.Since(start) / time.Duration(times*copies), err
	}
	if _, err := run(1); err != nil {
		return 0, err
	}
	fastest, err := run(1)
	if err != nil {
		return 0, err
	}
	times := max(1, int(atLeast/max(1, fastest*time.Duration(copies))))
	for range 3 {
		d, err := run(times)
		if err != nil {
			return 0, err
		}
		fastest = min(fastest, d)
	}
	return fastest, nil
}
