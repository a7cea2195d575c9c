package tune

import (
	"errors"
	"testing"
	"time"
)

// runner is a machine on which plans take known times. It counts their runs,
// and noise may lengthen a sample.
type runner struct {
	plans   []time.Duration
	noise   func(r *runner, plan int) float64 // a factor; nil for none
	samples []int                             // of each plan
	runs    []int
	spent   time.Duration
}

func (r *runner) race(t *testing.T) int {
	t.Helper()
	r.samples, r.runs, r.spent = make([]int, len(r.plans)), make([]int, len(r.plans)), 0
	won, err := race(len(r.plans), func(plan, times int) (time.Duration, error) {
		d := r.plans[plan] * time.Duration(times)
		if r.noise != nil {
			d = time.Duration(float64(d) * r.noise(r, plan))
		}
		r.samples[plan]++
		r.runs[plan] += times
		r.spent += d
		return d, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return won
}

func TestRace(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		plans []time.Duration
		noise func(r *runner, plan int) float64
		want  int
	}{
		{"alone", []time.Duration{ms}, nil, 0},
		{"equal", []time.Duration{ms, ms, ms}, nil, 0},
		{"close", []time.Duration{1050 * time.Microsecond, ms, 1020 * time.Microsecond}, nil, 1},
		{"short", []time.Duration{9 * time.Microsecond, 8 * time.Microsecond}, nil, 1},
		{"too short for the clock", []time.Duration{0, 0}, nil, 0},
		// The winner's first run takes a hundred times as long as the others.
		{"slow to begin", []time.Duration{ms, ms * 9 / 10}, func(r *runner, plan int) float64 {
			if plan == 1 && r.samples[plan] == 0 {
				return 100
			}
			return 1
		}, 1},
		// Most samples of the winner are disturbed, and none of the others.
		{"disturbed", []time.Duration{ms * 12 / 10, ms * 11 / 10, ms}, func(r *runner, plan int) float64 {
			if plan == 2 && r.samples[plan] != 4 {
				return 1.45
			}
			return 1
		}, 2},
		// The machine gets slower all the time: who is timed later looks slower.
		{"slowing down", []time.Duration{ms * 11 / 10, ms}, func(r *runner, _ int) float64 {
			return 1 + 2*r.spent.Seconds()
		}, 1},
	} {
		if got := (&runner{plans: c.plans, noise: c.noise}).race(t); got != c.want {
			t.Errorf("%s: plan %d wins of %v", c.name, got, c.plans)
		}
	}
}

func TestRaceIsBounded(t *testing.T) {
	const ms = time.Millisecond
	// A slow plan is timed once and leaves; close ones have every round.
	r := &runner{plans: []time.Duration{ms, 3 * ms, ms * 11 / 10}}
	r.race(t)
	if all := trialWarm + trialRounds; r.samples[0] != all || r.samples[1] != trialWarm+1 || r.samples[2] != all {
		t.Errorf("samples %v", r.samples)
	}
	// Samples are long enough, however short a run is.
	r = &runner{plans: []time.Duration{ms / 100, ms / 100}}
	r.race(t)
	if least := trialRounds * trialSample; r.spent < 2*least || r.spent > 3*least {
		t.Errorf("short plans are timed for %v", r.spent)
	}
	// Many close plans of middling length stop in time.
	r = &runner{plans: make([]time.Duration, 12)}
	for i := range r.plans {
		r.plans[i] = 100 * ms
	}
	r.race(t)
	if r.spent > trialTime || r.samples[0] != 2 {
		t.Errorf("12 plans of 100 ms: %v, samples %v", r.spent, r.samples)
	}
	// Plans that each take longer than all the time run once, and the fastest wins.
	r = &runner{plans: []time.Duration{5 * trialTime, 4 * trialTime}}
	if won := r.race(t); won != 1 || r.runs[0] != 1 || r.runs[1] != 1 {
		t.Errorf("plan %d wins after runs %v", won, r.runs)
	}
}

func TestRaceError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := race(2, func(int, int) (time.Duration, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
