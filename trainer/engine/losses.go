package engine

import (
	"errors"
	"fmt"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
)

// lossLog averages losses over the steps of an interval without stalling the device: each program
// keeps the losses of its last steps in a ring, which is fetched before it wraps around.
type lossLog struct {
	rings map[string]*ring
	err   error
}

type ring struct {
	pending []int
	sums    [model.LossColumns]float64
	count   int
}

func (l *lossLog) reset() { l.rings, l.err = map[string]*ring{}, nil }

// errNotFinite is the error of a step whose loss is NaN or infinite.
type errNotFinite struct {
	program string
	step    int
}

func (e errNotFinite) Error() string {
	return fmt.Sprintf("a loss of %s at update %d is not finite", e.program, e.step)
}

// Is makes errors.Is find both a loss and a gradient that is not finite.
func (e errNotFinite) Is(target error) bool { return target == ErrNotFinite }

// note records that a program ran the step with that number.
func (l *lossLog) note(s *gpu.Session, program string, step int) error {
	r := l.rings[program]
	if r == nil {
		r = &ring{}
		l.rings[program] = r
	}
	r.pending = append(r.pending, step)
	// The numbers of a program's steps may have gaps, so fetch by rows rather than by count.
	if step-r.pending[0] >= model.LossRows/2 {
		return l.fetch(s, program)
	}
	return l.err
}

// fetch asks for what a ring holds; a later call on the session delivers it.
func (l *lossLog) fetch(s *gpu.Session, program string) error {
	r := l.rings[program]
	if r == nil || len(r.pending) == 0 {
		return l.err
	}
	steps := r.pending
	r.pending = nil
	err := s.ReadAsync(program+".losses", 0, model.LossRows*model.LossColumns*4, func(b []byte, err error) {
		if err != nil {
			l.err = errors.Join(l.err, err)
			return
		}
		var rows [model.LossRows * model.LossColumns]float32
		copy(gpu.Bytes(rows[:]), b)
		for _, step := range steps {
			row := rows[step%model.LossRows*model.LossColumns:][:model.LossColumns]
			for i, v := range row {
				if !finite(float64(v)) && l.err == nil {
					l.err = errNotFinite{program, step}
				}
				r.sums[i] += float64(v)
			}
			r.count++
		}
	})
	return errors.Join(l.err, err)
}

// drain fetches what is left and waits for it.
func (l *lossLog) drain(s *gpu.Session) error {
	for program := range l.rings {
		if err := l.fetch(s, program); err != nil {
			return err
		}
	}
	return errors.Join(s.Wait(), l.err)
}

// take fetches what is left. A later call on the session calls done with each program's mean row
// since the last take.
func (l *lossLog) take(s *gpu.Session, done func(map[string][model.LossColumns]float64, error)) error {
	for program := range l.rings {
		if err := l.fetch(s, program); err != nil {
			return err
		}
	}
	// Reads arrive in order: once this one has, all losses have.
	return s.ReadAsync(graph.HealthBuffer, 0, 4, func(b []byte, err error) {
		if err = errors.Join(l.err, err); err == nil && [4]byte(b) != [4]byte{} {
			err = ErrNotFinite
		}
		done(l.means(), err)
	})
}

// ErrNotFinite is the error of a gradient that is NaN or infinite.
var ErrNotFinite = origin.Errorf("a gradient is not finite")

// means returns each program's mean row and starts over.
func (l *lossLog) means() map[string][model.LossColumns]float64 {
	m := map[string][model.LossColumns]float64{}
	for program, r := range l.rings {
		if r.count == 0 {
			continue
		}
		for i := range r.sums {
			r.sums[i] /= float64(r.count)
		}
		m[program] = r.sums
		r.sums, r.count = [model.LossColumns]float64{}, 0
	}
	return m
}

// Losses asks for the mean losses of the iterations since the last time, unweighted, and the shares
// of their batches that were classified correctly. It does not wait for the device: a later call on
// the session calls done, with an ErrNotFinite if any loss or gradient so far was not finite.
func (t *Trainer) Losses(done func(loss, correct map[string]float64, err error)) error {
	return t.losses.take(t.Engine.Session, func(means map[string][model.LossColumns]float64, err error) {
		n := NewNote(means, t.Engine.Networks.Config, t.Data.Labelled != nil)
		t.Scheme.Record(n)
		done(n.Loss, n.Correct, err)
	})
}

// Sound reports any loss or gradient so far that was not finite.
func (t *Trainer) Sound() error {
	if err := t.losses.drain(t.Engine.Session); err != nil {
		return err
	}
	ok, err := t.Engine.Healthy()
	if err == nil && !ok {
		err = ErrNotFinite
	}
	return err
}
