package sinks

import (
	"context"
	"errors"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/rundir"
)

// Train runs the loop the way the command does: t trains into the run folder of w until all
// iterations are done, or until ctx ends, which returns trainer.ErrInterrupted. more are further
// sinks. Other errors say which checkpoint is left.
func Train(
	ctx context.Context, w *rundir.Writer, t *engine.Trainer, more ...trainer.Sink,
) (report Report, err error) {
	folder, err := NewFolder(w, t)
	if err != nil {
		return Report{}, err
	}
	board, err := NewTensorBoard(w.Path(), t.Iteration(), t.Config)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, board.Close()) }()
	host := trainer.Host{SaveEvery: t.Config.CheckpointEvery}
	l := trainer.NewLoop(t, t.Config, host, append([]trainer.Sink{folder, board}, more...)...)
	if t.Iteration() > 0 { // it was resumed
		l.Kept()
	}
	if err := l.Run(ctx); errors.Is(err, trainer.ErrInterrupted) {
		return Report{}, err
	} else if err != nil {
		return Report{}, folder.Explain(err)
	}
	return folder.Report(), nil
}
