package trainer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
)

// fake trains nothing, and writes down what is asked of it. An iteration takes a second of its clock, an
// evaluation ten.
type fake struct {
	done    int
	now     time.Time
	asked   []string
	arrives func() // a record on its way
	broken  int    // the iteration from which on nothing is finite; 0 for never
	draws   bool
}

func (f *fake) Iteration() int { return f.done }

func (f *fake) Iterate() error {
	f.deliver()
	f.done++
	f.now = f.now.Add(time.Second)
	return nil
}

func (f *fake) deliver() {
	if f.arrives != nil {
		arrives := f.arrives
		f.arrives = nil
		arrives()
	}
}

func (f *fake) finite() error {
	if f.broken > 0 && f.done >= f.broken {
		return engine.ErrNotFinite
	}
	return nil
}

func (f *fake) LearningRate() float64 { return 1 / float64(f.done) }

func (f *fake) Losses(done func(loss, correct map[string]float64, err error)) error {
	loss, err := float64(f.done), f.finite()
	f.arrives = func() { done(map[string]float64{"d": loss}, map[string]float64{"source": 0.5}, err) }
	return nil
}

func (f *fake) Wait() error { f.deliver(); return nil }

func (f *fake) Sound() error {
	f.deliver()
	f.asked = append(f.asked, "sound")
	return f.finite()
}

func (f *fake) Accuracies(limit int) (map[string]engine.Evaluation, error) {
	f.asked = append(f.asked, fmt.Sprintf("accuracies of %d", limit))
	f.now = f.now.Add(10 * time.Second)
	return map[string]engine.Evaluation{"target": {Accuracy: 0.1 * float64(f.done)}}, nil
}

func (f *fake) Score() (float64, error) { return float64(f.done) / 2, nil }
func (f *fake) Draws() bool             { return f.draws }

func (f *fake) Draw() (engine.Samples, error) { return engine.Samples{}, nil }

// listener writes down what it hears, and fails where told to.
type listener struct {
	heard   []string
	records []TrainRecord
	fails   map[string]error
}

func (l *listener) Hear(e Event) error {
	text := ""
	switch e := e.(type) {
	case Iterated:
		return l.fails[fmt.Sprint("iterated ", e.Step)]
	case Evaluating:
		return nil
	case TrainRecord:
		l.records = append(l.records, e)
		text = fmt.Sprint("log ", e.Step)
	case Evaluated:
		text = fmt.Sprint("evaluate ", e.Record.Step)
	case Sampled:
		text = fmt.Sprint("sample ", e.Step)
	case Save:
		text = fmt.Sprintf("save %d %g", e.Step, e.Score)
	case Ended:
		text = fmt.Sprint("end ", e.Step)
	}
	l.heard = append(l.heard, text)
	return l.fails[text]
}

func (l *listener) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.heard, want) {
		t.Errorf("heard\n%s\nwant\n%s", strings.Join(l.heard, "\n"), strings.Join(want, "\n"))
	}
	l.heard = nil
}

// of is a configuration that logs each 2, evaluates each 3 and samples each 4 of 5 iterations.
func of() recipe.Config {
	return recipe.Config{Iterations: 5, LogEvery: 2, EvalEvery: 3, SampleEvery: 4, CheckpointEvery: 100, EvalImages: 7}
}

func started(c recipe.Config, h Host) (*Loop, *fake, *listener) {
	f, l := &fake{now: time.Unix(1000, 0), draws: true}, &listener{fails: map[string]error{}}
	return newLoop(f, c, h, func() time.Time { return f.now }, l), f, l
}

// What is due follows from the configuration; the last iteration calls for everything, once.
func TestDue(t *testing.T) {
	l, f, heard := started(of(), Host{SaveEvery: 100})
	if err := l.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	heard.expect(t, "log 2", "evaluate 3", "log 4", "sample 4", "log 5", "sample 5", "evaluate 5", "save 5 2.5",
		"end 5")
	if want := []string{"sound", "accuracies of 7", "sound", "sound", "accuracies of 7",
		"sound"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked for %q, want %q", f.asked, want)
	}
}

// A checkpoint that people choose by its score is evaluated first, also where no evaluation is due; a
// method that draws nothing is not asked for samples.
func TestCheckpointsAreEvaluated(t *testing.T) {
	l, f, heard := started(of(), Host{SaveEvery: 2})
	f.draws = false
	if err := l.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	heard.expect(t, "log 2", "evaluate 2", "save 2 1", "evaluate 3", "log 4", "evaluate 4", "save 4 2",
		"log 5", "evaluate 5", "save 5 2.5", "end 5")
}

// By the clock nothing is evaluated; the time is that since the last save.
func TestSaveByTheClock(t *testing.T) {
	c := of()
	c.Iterations, c.LogEvery, c.EvalEvery, c.SampleEvery = 9, 100, 100, 100
	l, f, heard := started(c, Host{SaveAfter: 2500 * time.Millisecond})
	f.draws = false
	if err := l.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	heard.expect(t, "save 3 0", "save 6 0", "log 9", "evaluate 9", "save 9 4.5", "end 9")
}

// An interrupted run saves what it has, unmeasured and at once, and can go on.
func TestInterruption(t *testing.T) {
	l, f, heard := started(of(), Host{SaveEvery: 100})
	ctx, cancel := context.WithCancel(context.Background())
	l.sinks = append(l.sinks, hearing(func(e Event) {
		if e == (Iterated{2}) {
			cancel()
		}
	}))
	if err := l.Run(ctx); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	heard.expect(t, "log 2", "save 2 0")
	if want := []string{"sound"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked for %q, want %q", f.asked, want)
	}
	if err := l.Pause(); err != nil {
		t.Fatal(err)
	}
	heard.expect(t) // it is saved
	l.Changed()
	if err := l.Pause(); err != nil {
		t.Fatal(err)
	}
	heard.expect(t, "save 2 0")
	if err := l.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	heard.expect(t, "evaluate 3", "log 4", "sample 4", "log 5", "sample 5", "evaluate 5", "save 5 2.5", "end 5")
}

// hearing is a sink that is a function.
type hearing func(Event)

func (h hearing) Hear(e Event) error { h(e); return nil }

// An interruption right after an evaluation keeps its score, and one that comes with the last iteration
// does not keep the run from ending.
func TestInterruptedLate(t *testing.T) {
	for at, want := range map[int][]string{
		3: {"log 2", "evaluate 3", "save 3 1.5"},
		5: {"log 2", "evaluate 3", "log 4", "sample 4", "log 5", "sample 5", "evaluate 5", "save 5 2.5", "end 5"},
	} {
		l, _, heard := started(of(), Host{SaveEvery: 100})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		l.sinks = append(l.sinks, hearing(func(e Event) {
			if e == (Iterated{at}) {
				cancel()
			}
		}))
		if err := l.Run(ctx); (err == nil) != (at == 5) || at == 3 && !errors.Is(err, ErrInterrupted) {
			t.Errorf("interrupted at %d: %v", at, err)
		}
		heard.expect(t, want...)
	}
}

// A run that was resumed at its end has its state already, and only ends; one that is not saved is saved.
func TestNothingLeft(t *testing.T) {
	for kept, want := range map[bool][]string{true: {"end 5"}, false: {"save 5 0", "end 5"}} {
		l, f, heard := started(of(), Host{SaveEvery: 100})
		f.done = 5
		if kept {
			l.Kept()
		}
		if err := l.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		heard.expect(t, want...)
	}
}

// A page stops where it was asked to, with all that the last iteration calls for, and then goes on. Single
// steps call for nothing but their record.
func TestUntilAndStep(t *testing.T) {
	l, _, heard := started(of(), Host{SaveAfter: time.Hour, Ahead: true})
	if rec, err := l.Step(); err != nil || rec.Step != 1 || rec.Loss["d"] != 1 {
		t.Errorf("the first step is %+v, %v", rec, err)
	}
	heard.expect(t, "log 1")
	l.Until = 2
	for ended := false; !ended; {
		var err error
		if ended, err = l.Advance(); err != nil {
			t.Fatal(err)
		}
	}
	heard.expect(t, "log 2", "sample 2", "evaluate 2", "save 2 1", "end 2")
	if ev, err := l.Evaluate(); err != nil || ev.Record.Step != 2 || ev.Record.Score != 1 || ev.Record.Kind != "eval" {
		t.Errorf("the evaluation is %+v, %v", ev, err)
	}
	heard.expect(t, "evaluate 2")
	if err := l.Pause(); err != nil { // what is saved lacks the evaluation
		t.Fatal(err)
	}
	heard.expect(t, "save 2 1")
	l.Until = 3
	if _, err := l.Advance(); err != nil {
		t.Fatal(err)
	}
	heard.expect(t, "log 3", "sample 3", "evaluate 3", "save 3 1.5")
}

// Where records arrive later, iterations go on; a host that waits has each at once.
func TestLateRecords(t *testing.T) {
	for ahead, want := range map[bool]int{true: 0, false: 1} {
		l, _, heard := started(of(), Host{Ahead: ahead})
		for range 2 {
			if _, err := l.Advance(); err != nil {
				t.Fatal(err)
			}
		}
		if len(heard.records) != want {
			t.Errorf("ahead %v: %d records", ahead, len(heard.records))
		}
		if _, err := l.Advance(); err != nil {
			t.Fatal(err)
		}
		heard.expect(t, "log 2", "evaluate 3")
	}
}

// A record tells the rate of training alone: evaluations and what else is excluded count as no time.
func TestRates(t *testing.T) {
	c := of()
	c.Iterations, c.EvalEvery = 100, 1
	l, f, heard := started(c, Host{})
	for range 4 {
		if _, err := l.Advance(); err != nil {
			t.Fatal(err)
		}
		f.now = f.now.Add(time.Minute)
		l.Exclude(time.Minute)
	}
	if len(heard.records) != 2 {
		t.Fatalf("%d records", len(heard.records))
	}
	for i, rec := range heard.records {
		if rec.Rate != 1 || rec.LearningRate != 1/float64(rec.Step) || rec.Kind != "train" {
			t.Errorf("record %d is %+v", i, rec)
		}
	}
	if got := heard.records[1].Seconds - heard.records[0].Seconds; got != 2+2*70 {
		t.Errorf("between the records there were %g s by the clock", got)
	}
}

// What is not finite ends the run before anything of it is shown or saved, also where the record that
// finds it comes late.
func TestNotFiniteEnds(t *testing.T) {
	for _, h := range []Host{{SaveEvery: 1}, {Ahead: true, SaveAfter: time.Nanosecond}} {
		l, f, heard := started(of(), h)
		f.broken = 1
		if err := l.Run(context.Background()); !errors.Is(err, engine.ErrNotFinite) {
			t.Errorf("it ended with %v", err)
		}
		heard.expect(t)
	}
	c := of()
	c.EvalEvery, c.SampleEvery = 100, 100
	l, f, heard := started(c, Host{Ahead: true})
	f.broken = 2
	if err := l.Run(context.Background()); !errors.Is(err, engine.ErrNotFinite) || f.done > 4 {
		t.Errorf("after %d iterations it ended with %v", f.done, err)
	}
	heard.expect(t)
}

// A sink that fails ends the run with its error, and those after it do not hear of the event.
func TestFailingSink(t *testing.T) {
	full := errors.New("the disk is full")
	for _, at := range []string{"iterated 2", "log 2", "evaluate 3", "sample 4", "save 5 2.5", "end 5"} {
		for _, ahead := range []bool{false, true} {
			l, _, heard := started(of(), Host{SaveEvery: 100, Ahead: ahead})
			heard.fails = map[string]error{at: full}
			after := map[string]int{}
			l.sinks = append(l.sinks, hearing(func(e Event) { after[fmt.Sprintf("%T", e)]++ }))
			if err := l.Run(context.Background()); !errors.Is(err, full) {
				t.Errorf("%s, ahead %v: %v", at, ahead, err)
			}
			if at == "end 5" && after["trainer.Ended"] != 0 || at == "log 2" && after["trainer.TrainRecord"] != 0 {
				t.Errorf("%s: those after it heard %v", at, slices.Collect(maps.Keys(after)))
			}
		}
	}
}
