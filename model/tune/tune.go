// Package tune times the plans of operations on a device, and keeps what it found.
package tune

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
	"pixelda-wgpu/wgsl/plan"
)

// origin marks the errors of this package.
const origin fault.Origin = "model/tune"

// Tuner is a Chooser that times the plans on a device. Its choices are kept in
// a file for the adapter and the kernels, so that each is timed once and later
// runs compute the same bits.
type Tuner struct {
	device  *gpu.Device
	target  *plan.Target
	path    string            // of the file; "" keeps nothing
	choices map[string]string // plan names by operation
	asked   map[string]bool   // the operations for which it has chosen a plan
	changed bool

	// OnTrial, if set, hears which operation is about to be timed.
	OnTrial func(op string)
}

// tunings is the file's form.
type tunings struct {
	Adapter string            `json:"adapter"`
	Kernels string            `json:"kernels"` // their hash
	Choices map[string]string `json:"choices"`
}

// New returns a tuner that knows the choices in path, if that file exists
// and is of the same adapter, driver and kernels. A damaged file is an error.
func New(d *gpu.Device, path string) (*Tuner, error) {
	t := &Tuner{device: d, target: graph.TargetOf(d.Info()), path: path, choices: map[string]string{},
		asked: map[string]bool{}}
	if path == "" {
		return t, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	var f tunings
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, origin.Errorf("%s is damaged (%w); delete it to time the kernels again", path, err)
	}
	if f.Adapter == d.Info().Key() && f.Kernels == kernels.Identity() {
		t.Use(f.Choices)
	}
	return t, nil
}

// Choices returns the plans chosen so far, by operation.
func (t *Tuner) Choices() map[string]string { return maps.Clone(t.choices) }

// Save writes the choices to the tuner's file.
func (t *Tuner) Save() error {
	if t.path == "" || !t.changed {
		return nil
	}
	b, err := json.MarshalIndent(tunings{t.device.Info().Key(), kernels.Identity(), t.choices}, "", " ")
	if err != nil {
		return origin.Errorf("%w", err)
	}
	if err := os.MkdirAll(filepath.Dir(t.path), 0o755); err != nil {
		return origin.Errorf("%w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(t.path), ".tuning-*")
	if err != nil {
		return origin.Errorf("%w", err)
	}
	_, err = temp.Write(b)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), t.path)
	}
	if err != nil {
		os.Remove(temp.Name())
		return origin.Errorf("%w", err)
	}
	t.changed = false
	return nil
}

// Target is the class of the device.
func (t *Tuner) Target() *plan.Target { return t.target }

// Choose returns the plan known for the operation, whatever target it is for, or else the
// fastest of those for the device's target.
func (t *Tuner) Choose(o graph.Operation) (plan.Plan, error) {
	every := o.Every()
	if len(every) == 0 {
		return plan.Plan{}, nil
	}
	op := every[0].Op
	t.asked[op] = true
	if i := slices.IndexFunc(every, func(p plan.Plan) bool { return p.Name == t.choices[op] }); i >= 0 {
		return every[i], nil
	}
	plans := t.candidates(o)
	best := 0
	if len(plans) > 1 {
		if t.OnTrial != nil {
			t.OnTrial(op)
		}
		var err error
		if best, err = t.trial(o, plans); err != nil {
			return plan.Plan{}, fmt.Errorf("tuning %s: %w", op, err)
		}
	}
	t.choices[op] = plans[best].Name
	t.changed = true
	return plans[best], nil
}

// candidates are the plans worth timing: the target's, and those of the target that it
// names besides.
func (t *Tuner) candidates(o graph.Operation) []plan.Plan {
	plans := slices.Collect(o.Plans(t.target))
	if t.target.Also == nil {
		return plans
	}
	for p := range o.Plans(t.target.Also) {
		if !slices.ContainsFunc(plans, func(q plan.Plan) bool { return q.Name == p.Name }) {
			plans = append(plans, p)
		}
	}
	return plans
}
