//go:build !js

package gpu

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// Profile replays a program repeats times and returns the median duration of each dispatch. It uses
// the GPU's clock if the adapter has TimestampQuery; otherwise it repeats each dispatch until the
// wall clock can measure it, so that the buffers end up as if some dispatches had run more often.
// When the context ends, Profile stops between two repeats.
func (s *Session) Profile(ctx context.Context, program string, repeats int) ([]time.Duration, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.end()
	l := s.programs[program]
	if l == nil {
		return nil, origin.Errorf("there is no program %q", program)
	}
	s.d.finish()
	measure := s.timeByWall
	if s.d.calibrate() {
		measure = s.timeByStamps
	}
	samples := make([][]time.Duration, len(l.steps))
	for range max(1, repeats) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		durations, err := measure(l)
		if err != nil {
			return nil, origin.Errorf("profiling program %s: %w", program, reason(err))
		}
		for i, d := range durations {
			samples[i] = append(samples[i], d)
		}
	}
	medians := make([]time.Duration, len(samples))
	for i, s := range samples {
		slices.Sort(s)
		medians[i] = s[len(s)/2]
	}
	return medians, nil
}

// stampsPerSubmit is the size of the query set, for which WebGPU allows 4096.
const stampsPerSubmit = 4096

// timeByStamps replays a program with a timestamp before and after every
// dispatch.
func (s *Session) timeByStamps(l *loaded) ([]time.Duration, error) {
	q, err := s.d.newStamps(stampsPerSubmit)
	if err != nil {
		return nil, err
	}
	defer q.release()
	var durations []time.Duration
	start := 0
	for _, end := range l.ends {
		for ; start < end; start = min(end, start+stampsPerSubmit/2) {
			steps := l.steps[start:min(end, start+stampsPerSubmit/2)]
			ticks, err := q.run(2*len(steps), func(e *wgpu.CommandEncoder, stamp func() error) error {
				for i := range steps {
					if err := stamp(); err != nil {
						return err
					}
					pass := e.BeginComputePass(nil)
					steps[i].encode(pass)
					err := pass.End()
					pass.Release()
					if err != nil {
						return err
					}
					if err := stamp(); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
			for i := range steps {
				elapsed := float64(ticks[2*i+1] - ticks[2*i])
				durations = append(durations, time.Duration(math.Round(elapsed*s.d.tick)))
			}
		}
	}
	return durations, nil
}

// timeByWall submits each dispatch alone, often enough to take measurable time, and subtracts what
// an empty submission takes.
func (s *Session) timeByWall(l *loaded) ([]time.Duration, error) {
	const enough, most = 10 * time.Millisecond, 1024
	timed := func(t step, n int) (time.Duration, error) {
		steps := make([]step, n)
		for i := range steps {
			steps[i] = t
		}
		start := time.Now()
		err := s.run(steps)
		s.d.finish()
		return time.Since(start), err
	}
	durations := make([]time.Duration, len(l.steps))
	for i, t := range l.steps {
		empty := t
		empty.x, empty.y, empty.z = 0, 0, 0
		overhead, err := timed(empty, 1)
		if err != nil {
			return nil, err
		}
		for n := 1; ; n *= 2 {
			d, err := timed(t, n)
			if err != nil {
				return nil, err
			}
			if d >= enough || n >= most {
				durations[i] = max(0, d-overhead) / time.Duration(n)
				break
			}
		}
	}
	return durations, nil
}

// calibrate finds the unit of timestamps, which the library does not report, from two stamps a
// known wall time apart. It reports whether stamps are usable.
func (d *Device) calibrate() bool {
	if d.tick != 0 || !d.info.Has(TimestampQuery) {
		return d.tick > 0
	}
	d.tick = -1
	q, err := d.newStamps(1)
	if err != nil {
		return false
	}
	defer q.release()
	tick0, time0, err0 := q.now()
	time.Sleep(100 * time.Millisecond)
	tick1, time1, err1 := q.now()
	if errors.Join(err0, err1) != nil || tick1 <= tick0 {
		return false
	}
	d.tick = float64(time1.Sub(time0)) / float64(tick1-tick0)
	if math.Abs(d.tick-1) < 0.03 { // most GPUs count nanoseconds; the two readings are good to about 1 %
		d.tick = 1
	}
	return true
}

// stamps is a set of GPU timestamps and the way to read them.
type stamps struct {
	d        *Device
	set      *wgpu.QuerySet
	resolved *wgpu.Buffer
	mappable *wgpu.Buffer
	mapped   flag
}

func (d *Device) newStamps(count uint32) (*stamps, error) {
	q := &stamps{d: d, mapped: newFlag()}
	size := uint64(count) * 8
	var err error
	if q.set, err = d.device.CreateQuerySet(&wgpu.QuerySetDescriptor{Type: wgpu.QueryType_Timestamp,
		Count: count}); err != nil {
		q.release()
		return nil, err
	}
	if q.resolved, err = d.device.CreateBuffer(&wgpu.BufferDescriptor{Size: size,
		Usage: wgpu.BufferUsage_QueryResolve | wgpu.BufferUsage_CopySrc}); err != nil {
		q.release()
		return nil, err
	}
	if q.mappable, err = d.device.CreateBuffer(&wgpu.BufferDescriptor{Size: size,
		Usage: wgpu.BufferUsage_MapRead | wgpu.BufferUsage_CopyDst}); err != nil {
		q.release()
		return nil, err
	}
	return q, nil
}

func (q *stamps) release() {
	if q.set != nil {
		q.set.Release()
	}
	if q.resolved != nil {
		q.resolved.Release()
	}
	if q.mappable != nil {
		q.mappable.Release()
	}
	q.mapped.free()
}

// run submits what record encodes, which takes n stamps, and waits for them.
func (q *stamps) run(n int, record func(e *wgpu.CommandEncoder, stamp func() error) error) ([]uint64, error) {
	encoder, err := q.d.device.CreateCommandEncoder(nil)
	if err != nil {
		return nil, err
	}
	defer encoder.Release()
	next := uint32(0)
	stamp := func() error {
		next++
		return encoder.WriteTimestamp(q.set, next-1)
	}
	if err := record(encoder, stamp); err != nil {
		return nil, err
	}
	if err := encoder.ResolveQuerySet(q.set, 0, next, q.resolved, 0); err != nil {
		return nil, err
	}
	if err := encoder.CopyBufferToBuffer(q.resolved, 0, q.mappable, 0, uint64(next)*8); err != nil {
		return nil, err
	}
	commands, err := encoder.Finish(nil)
	if err != nil {
		return nil, err
	}
	q.d.submit(commands)
	mapRead(q.mappable, uint64(next)*8, q.mapped)
	if state := await(q.d.device, q.mapped); state != flagSuccess {
		return nil, fmt.Errorf("the device did not map the timestamps (status %d)", state-1)
	}
	data := q.mappable.GetMappedRange(0, uint(next)*8)
	ticks := slices.Clone(unsafe.Slice((*uint64)(unsafe.Pointer(&data[0])), n))
	return ticks, q.mappable.Unmap()
}

// now reads both clocks at about the same moment: of several tries, it takes the fastest.
func (q *stamps) now() (tick uint64, at time.Time, err error) {
	best := time.Duration(math.MaxInt64)
	for range 5 {
		start := time.Now()
		ticks, err := q.run(1, func(_ *wgpu.CommandEncoder, stamp func() error) error { return stamp() })
		if err != nil {
			return 0, at, err
		}
		if took := time.Since(start); took < best {
			best, tick, at = took, ticks[0], start.Add(took/2)
		}
	}
	return tick, at, nil
}
