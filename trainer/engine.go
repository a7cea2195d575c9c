// Package trainer trains PixelDA: steps and schedules, evaluation, checkpoints,
// run folders, and the replay of reference traces.
package trainer

import (
	"encoding/binary"
	"fmt"
	"math"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// Engine is a model on a device: its programs, loaded, and its variables.
type Engine struct {
	*model.Networks
	Session *gpu.Session
	step    [32]byte
}

// NewEngine loads programs of the networks. All variables are zero.
func NewEngine(d *gpu.Device, n *model.Networks, programs ...*gpu.Program) (*Engine, error) {
	s, err := d.Load(programs...)
	if err != nil {
		return nil, err
	}
	e := &Engine{Networks: n, Session: s}
	used := map[string]bool{}
	for _, p := range programs {
		for _, b := range p.Buffers {
			used[b.Name] = true
		}
	}
	for _, store := range n.Trained() {
		if used[store.PartsBuffer()] {
			if err := s.Write(store.PartsBuffer(), 0, gpu.Bytes(store.Parts())); err != nil {
				s.Close()
				return nil, err
			}
		}
	}
	return e, nil
}

// Close frees the device memory.
func (e *Engine) Close() { e.Session.Close() }

// Step is what varies from replay to replay beside the batch.
type Step struct {
	Seed     uint64
	Index    uint32  // numbers the random draws and the row of losses
	Rate     float64 // the learning rate, with Adam's bias correction
	Strength float64 // of what adapts a baseline
}

// SetStep makes s the state of the next replay.
func (e *Engine) SetStep(s Step) error {
	binary.LittleEndian.PutUint64(e.step[0:], s.Seed)
	binary.LittleEndian.PutUint32(e.step[8:], s.Index)
	binary.LittleEndian.PutUint32(e.step[16:], math.Float32bits(float32(s.Rate)))
	binary.LittleEndian.PutUint32(e.step[20:], math.Float32bits(float32(s.Strength)))
	return e.Session.Write(graph.StepBuffer, 0, e.step[:])
}

// Healthy reports whether all gradients so far were finite.
func (e *Engine) Healthy() (bool, error) {
	var flag [1]uint32
	err := e.Session.Read(graph.HealthBuffer, 0, gpu.Bytes(flag[:]))
	return flag[0] == 0, err
}

// kind is one of the arrays that a store has for each variable.
type kind func(*graph.Store) string

// The arrays.
var (
	values kind = (*graph.Store).Values
	grads  kind = (*graph.Store).Grads
)

// arrays lists what a checkpoint holds of store number i, by the prefix of its names:
// the values and, of one that is trained, the optimiser's moments.
func (e *Engine) arrays(i int, moments bool) map[string]kind {
	arrays := map[string]kind{"": values}
	if moments && i < len(e.Trained()) {
		for j, prefix := range []string{"optim.m.", "optim.v."}[:e.Moments()] {
			arrays[prefix] = func(s *graph.Store) string { return s.Moment(j) }
		}
	}
	return arrays
}

// Read returns an array of a store, by variable.
func (e *Engine) read(s *graph.Store, k kind) (map[string][]float32, error) {
	flat := make([]float32, s.Len())
	if err := e.Session.Read(k(s), 0, gpu.Bytes(flat)); err != nil {
		return nil, err
	}
	m := make(map[string][]float32, len(s.Variables()))
	for _, v := range s.Variables() {
		m[v.Name] = flat[v.Offset : v.Offset+v.Len() : v.Offset+v.Len()]
	}
	return m, nil
}

// write sets an array of a store from one slice a variable.
func (e *Engine) write(s *graph.Store, k kind, get func(v *graph.Variable) ([]float32, error)) error {
	flat := make([]float32, s.Len())
	for _, v := range s.Variables() {
		x, err := get(v)
		if err != nil {
			return err
		}
		if len(x) != v.Len() {
			return fmt.Errorf("trainer: %s has %d elements; the model wants %v", v.Name, len(x), v.Dims)
		}
		copy(flat[v.Offset:], x)
	}
	return e.Session.Write(k(s), 0, gpu.Bytes(flat))
}

// losses reads a row of a program's ring.
func (e *Engine) losses(program string, index uint32) ([model.LossColumns]float32, error) {
	var row [model.LossColumns]float32
	err := e.Session.Read(program+".losses", uint64(index%model.LossRows)*model.LossColumns*4, gpu.Bytes(row[:]))
	return row, err
}
