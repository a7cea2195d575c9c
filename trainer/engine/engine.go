// Package engine computes what a recipe says: networks and programs on a device, batches fed to
// them, losses, evaluations and generated images. Each method, PixelDA or a baseline, is one file
// here. When anything is due, and who hears of it, is decided elsewhere.
package engine

import (
	"encoding/binary"
	"math"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/engine"

// Engine is networks on a device: their programs, loaded, and their variables.
type Engine struct {
	Networks *model.Networks
	Session  *gpu.Session
	update   [32]byte
}

// New loads programs of the networks. All variables are zero.
func New(d *gpu.Device, n *model.Networks, programs ...*gpu.Program) (*Engine, error) {
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

// Update is what varies from one replay of a step to the next, apart from the batch.
type Update struct {
	Seed     uint64
	Index    uint32  // the number of the random draws and of the row of losses
	Rate     float64 // the learning rate, with Adam's bias correction
	Strength float64 // of a baseline's adaptation
}

// SetUpdate makes u the state for the next replay.
func (e *Engine) SetUpdate(u Update) error {
	binary.LittleEndian.PutUint64(e.update[0:], u.Seed)
	binary.LittleEndian.PutUint32(e.update[8:], u.Index)
	binary.LittleEndian.PutUint32(e.update[16:], math.Float32bits(float32(u.Rate)))
	binary.LittleEndian.PutUint32(e.update[20:], math.Float32bits(float32(u.Strength)))
	return e.Session.Write(graph.StepBuffer, 0, e.update[:])
}

// Healthy reports whether all gradients so far were finite.
func (e *Engine) Healthy() (bool, error) {
	var flag [1]uint32
	err := e.Session.Read(graph.HealthBuffer, 0, gpu.Bytes(flag[:]))
	return flag[0] == 0, err
}

// Read returns, by variable, what a buffer with the store's layout holds: its values, gradients or
// moments.
func (e *Engine) Read(s *graph.Store, buffer string) (map[string][]float32, error) {
	flat := make([]float32, s.Len())
	if err := e.Session.Read(buffer, 0, gpu.Bytes(flat)); err != nil {
		return nil, err
	}
	m := make(map[string][]float32, len(s.Variables()))
	for _, v := range s.Variables() {
		m[v.Name] = flat[v.Offset : v.Offset+v.Len() : v.Offset+v.Len()]
	}
	return m, nil
}

// Write sets a buffer with the store's layout from one slice per variable.
func (e *Engine) Write(s *graph.Store, buffer string, get func(v *graph.Variable) ([]float32, error)) error {
	flat := make([]float32, s.Len())
	for _, v := range s.Variables() {
		x, err := get(v)
		if err != nil {
			return err
		}
		if len(x) != v.Len() {
			return origin.Errorf("%s has %d elements; the model wants %v", v.Name, len(x), v.Dims)
		}
		copy(flat[v.Offset:], x)
	}
	return e.Session.Write(buffer, 0, gpu.Bytes(flat))
}

// LossRow reads the row of losses that a program left in the replay with that index.
func (e *Engine) LossRow(program string, index uint32) ([model.LossColumns]float32, error) {
	var row [model.LossColumns]float32
	err := e.Session.Read(program+".losses", uint64(index%model.LossRows)*model.LossColumns*4, gpu.Bytes(row[:]))
	return row, err
}
