package tune

import (
	"cmp"
	"slices"
	"time"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/plan"
)

// How plans are timed against each other.
const (
	trialWarm   = 2                     // single runs of each plan: drivers finish much in the first
	trialRounds = 5                     // samples of each plan that stays
	trialSample = 20 * time.Millisecond // their least length: a hiccup shall count little
	trialNear   = 1.5                   // a plan that takes so many times the fastest is out
	trialTime   = 3 * time.Second       // for an operation; no round begins that would pass it
)

// trial times plans of an operation by themselves and returns the place of the fastest.
func (t *Tuner) trial(o graph.Operation, plans []plan.Plan) (int, error) {
	programs := make([]*gpu.Program, len(plans))
	for i, p := range plans {
		var err error
		if programs[i], err = o.Alone(p, t.target.TrialCopies); err != nil {
			return 0, err
		}
	}
	session, err := t.device.Load(programs...) // one, in which they share operands and scratch memory
	if err != nil {
		return 0, err
	}
	defer session.Close()
	return race(len(plans), func(plan, times int) (time.Duration, error) {
		start := time.Now()
		for range times {
			if err := session.Run(programs[plan].Name); err != nil {
				return 0, err
			}
		}
		err := session.Wait()
		return time.Since(start), err
	})
}

// race returns the fastest of n plans, of which run does one so many times and
// tells how long that took. The plans take turns, so that a machine that is slow
// for a while is so for all of them, and those far from the fastest drop out. A
// plan's fastest sample counts, since noise only adds. All run once; whatever
// follows keeps within trialTime.
func race(n int, run func(plan, times int) (time.Duration, error)) (int, error) {
	best := make([]time.Duration, n) // of one run
	left := make([]int, n)
	for i := range left {
		left[i] = i
	}
	fastest := func() int {
		return slices.MinFunc(left, func(a, b int) int { return cmp.Compare(best[a], best[b]) })
	}
	var spent time.Duration
	for round := range trialWarm + trialRounds {
		warm := round < trialWarm
		var next time.Duration // what the round will take
		for _, p := range left {
			next += best[p]
			if !warm {
				next += max(0, trialSample-best[p])
			}
		}
		if round > 0 && spent+next > trialTime {
			break
		}
		for _, p := range left {
			times := 1
			if !warm {
				times = max(1, int(trialSample/best[p]))
			}
			d, err := run(p, times)
			if err != nil {
				return 0, err
			}
			spent += d
			d = max(time.Microsecond, d/time.Duration(times)) // coarse clocks may say 0
			if warm || d < best[p] {
				best[p] = d
			}
		}
		if warm {
			continue
		}
		bound := time.Duration(trialNear * float64(best[fastest()]))
		left = slices.DeleteFunc(left, func(p int) bool { return best[p] > bound })
		if len(left) == 1 {
			break
		}
	}
	return fastest(), nil
}
