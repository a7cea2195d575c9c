package gpu

import (
	"context"
	"math"
	"syscall/js"
	"time"
)

// Profile runs each dispatch of a program often enough for the GPU's clock to measure it, or the
// wall clock if the adapter has no TimestampQuery. It does so repeats times, and returns the median
// duration of each dispatch. The buffers end up as if some dispatches had run more often. When the
// context ends, Profile stops between two submissions.
func (s *Session) Profile(ctx context.Context, program string, repeats int) ([]time.Duration, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.end()
	if !s.programs[program] {
		return nil, origin.Errorf("there is no program %q", program)
	}
	abort := js.Global().Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { abort.Call("abort") })()
	times, err := await(call(js.Global().Get(Player), "profile", s.host, program, max(1, repeats), abort.Get("signal")))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, origin.Errorf("profiling program %s: %w", program, err)
	}
	durations := make([]time.Duration, times.Length())
	for i := range durations {
		durations[i] = time.Duration(math.Round(times.Index(i).Float()))
	}
	return durations, nil
}
