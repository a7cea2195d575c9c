package native

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/study"
)

// do trains and measures one cell. An error becomes the cell's outcome, unless a
// user ended the process.
func (r *reproduction) do(c study.Cell) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	folder := r.folder(c)
	err := c.Retry(folder)
	if err == nil {
		err = r.trainAndMeasure(ctx, c, folder)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	return errors.Join(err, c.Fail(folder, plain(err.Error())))
}

func (r *reproduction) trainAndMeasure(ctx context.Context, c study.Cell, folder string) error {
	d, err := gpu.Open(gpu.Options{Adapter: r.adapter})
	if err != nil {
		return err
	}
	defer d.Close()
	r.watchCompiler(d)
	t := training{console: &console{out: io.Discard, err: r.err}, out: folder} // the report tells the outcome
	if c.Work == study.Train {
		if err := t.complete(ctx, d, c.Config); err != nil {
			return err
		}
	}
	if err := announceRun(folder); err != nil {
		return err
	}
	choose, err := t.chooser(d)
	if err != nil {
		return err
	}
	bench := study.Bench{Device: d, Choose: choose, Root: r.out, Scale: study.Scale(r.scale)}
	return bench.Conclude(c)
}

// complete begins or resumes the run of a configuration in t.out, unless it has
// come to its end.
func (t *training) complete(ctx context.Context, d *gpu.Device, c trainer.Config) error {
	run, err := rundir.Open(t.out)
	if err != nil { // there is none
		return t.start(ctx, d, c)
	}
	var rep trainer.Report
	switch err := run.Report(&rep); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case rep.Iterations == c.Iterations:
		return nil
	}
	return t.goOnIn(ctx, d, c, t.out)
}
