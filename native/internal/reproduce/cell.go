package reproduce

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/supervise"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/study"
)

// Tools are what a process with a device needs to do a cell.
type Tools struct {
	Open   func() (*gpu.Device, error)
	Choose func(*gpu.Device) (graph.Chooser, error) // of the kernels that measure

	// Train begins the run of a configuration in a folder, or continues the one that is there, and
	// returns when the run has ended.
	Train func(ctx context.Context, d *gpu.Device, c recipe.Config, folder string) error
}

// Do trains and measures one cell in this process. An error becomes the cell's outcome, unless a
// user interrupted the process.
func (j *Job) Do(c study.Cell, with Tools) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	folder := j.folder(c)
	err := c.Retry(folder)
	if err == nil {
		err = j.trainAndMeasure(ctx, c, with)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	return errors.Join(err, c.Fail(folder, err.Error()))
}

func (j *Job) trainAndMeasure(ctx context.Context, c study.Cell, with Tools) error {
	d, err := with.Open()
	if err != nil {
		return err
	}
	defer d.Close()
	folder := j.folder(c)
	if c.Work == study.Train {
		if err := with.Train(ctx, d, c.Config, folder); err != nil {
			return err
		}
	}
	if err := supervise.Announce(folder); err != nil {
		return err
	}
	choose, err := with.Choose(d)
	if err != nil {
		return err
	}
	return study.Bench{Device: d, Choose: choose, Root: j.Out, Scale: j.Scale}.Conclude(c)
}
