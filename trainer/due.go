package trainer

import "errors"

// due does what is due after the current iteration. After the last one that was asked for
// everything is due, even if it is not the configuration's last: people look at a run where it
// stops.
func (l *Loop) due() error {
	c, i := l.config, l.engine.Iteration()
	last := i >= l.Until
	every := func(n int) bool { return last || n > 0 && i%n == 0 }
	if every(c.LogEvery) {
		if _, err := l.log(!l.host.Ahead); err != nil {
			return err
		}
	}
	began := l.now()
	ranked := every(l.host.SaveEvery)
	sample, evaluate := every(c.SampleEvery) && l.engine.Draws(), ranked || every(c.EvalEvery)
	save := ranked || l.host.SaveAfter > 0 && began.Sub(l.savedAt) > l.host.SaveAfter
	if sample || evaluate || save {
		// Images of broken networks are not worth looking at, and their state is not worth keeping.
		if err := l.sound(); err != nil {
			return err
		}
	}
	if sample {
		if err := l.sample(); err != nil {
			return err
		}
	}
	if evaluate {
		if _, err := l.evaluate(); err != nil {
			return err
		}
	}
	if save {
		if err := l.save(); err != nil {
			return err
		}
	}
	l.Exclude(l.now().Sub(began))
	return nil
}

// end ends the run. It saves the state unless this loop has done so.
func (l *Loop) end() error {
	if err := l.Pause(); err != nil {
		return err
	}
	return l.tell(Ended{l.engine.Iteration()})
}

// log makes the record of the iterations since the last one. Without wait, the sinks get the record
// in a later call on the engine, and a later iteration returns its error.
func (l *Loop) log(wait bool) (TrainRecord, error) {
	at, i := l.now(), l.engine.Iteration()
	rec := TrainRecord{Step: i, Kind: "train", LearningRate: l.engine.LearningRate(),
		Seconds: at.Sub(l.began).Seconds()}
	if elapsed := at.Sub(l.mark).Seconds(); elapsed > 0 {
		rec.Rate = float64(i-l.marked) / elapsed
	}
	l.mark, l.marked = at, i
	err := l.engine.Losses(func(loss, correct map[string]float64, err error) {
		rec.Loss, rec.Correct = loss, correct
		if err == nil {
			err = l.tell(rec)
		}
		l.late = errors.Join(l.late, err)
	})
	if err == nil && wait {
		err = errors.Join(l.engine.Wait(), l.late)
	}
	return rec, err
}

// sound waits for the device and reports losses or gradients that are not finite, or the error of a
// record.
func (l *Loop) sound() error {
	if err := l.engine.Sound(); err != nil {
		return err
	}
	return l.late
}

func (l *Loop) sample() error {
	s, err := l.engine.Draw()
	if err != nil {
		return err
	}
	return l.tell(Sampled{l.engine.Iteration(), s})
}

func (l *Loop) evaluate() (ev Evaluated, err error) {
	i := l.engine.Iteration()
	if err := l.tell(Evaluating{i}); err != nil {
		return ev, err
	}
	if ev.ByDomain, err = l.engine.Accuracies(l.config.EvalImages); err != nil {
		return ev, err
	}
	if l.score, err = l.engine.Score(); err != nil {
		return ev, err
	}
	l.evaluated, ev.Record = i, newEvalRecord(i, ev.ByDomain, l.score)
	return ev, l.tell(ev)
}

// save has the state saved, unless it has been, with the score of its evaluation, if there was one.
func (l *Loop) save() error {
	i, score := l.engine.Iteration(), float64(Unmeasured)
	if l.saved == i {
		return nil
	}
	if l.evaluated == i {
		score = l.score
	}
	if err := l.tell(Save{i, score}); err != nil {
		return err
	}
	l.saved, l.savedAt = i, l.now()
	return nil
}

// tell tells the sinks, in order.
func (l *Loop) tell(e Event) error {
	for _, s := range l.sinks {
		if err := s.Hear(e); err != nil {
			return err
		}
	}
	return nil
}
