package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/supervise"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
)

// isFile reports whether path is a checkpoint file rather than a run folder.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// checkResume refuses flags that make no sense for a resumed run. A run that begins with a
// checkpoint file has a folder of its own, and may look for the images elsewhere.
func (t *training) checkResume(cmd *cobra.Command) error {
	fixed := []string{"preset", "config", "method", "baseline", "seed", "set"}
	if !isFile(t.resume) {
		fixed = slices.Concat(fixed, []string{"out", "source", "target"})
	}
	for _, name := range fixed {
		if cmd.Flags().Changed(name) {
			return console.Misuse(cmd, "-%s cannot change a run that is resumed", name)
		}
	}
	return nil
}

// goOn resumes a run as the command line asks, or goes on from a file.
func (t *training) goOn(ctx context.Context, d *gpu.Device, cmd *cobra.Command) error {
	if isFile(t.resume) {
		return t.adopt(ctx, d, cmd)
	}
	r, err := rundir.Open(t.resume)
	if err != nil {
		return err
	}
	c := recipe.Earlier()
	if err := r.Config(&c); err != nil {
		return err
	}
	t.amend(cmd, &c)
	return t.goOnIn(ctx, d, c, t.resume)
}

// goOnIn resumes the run in a folder from its latest sound checkpoint.
func (t *training) goOnIn(ctx context.Context, d *gpu.Device, c recipe.Config, folder string) error {
	w, err := rundir.Resume(folder, c.Keep)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := supervise.Announce(folder); err != nil {
		return err
	}
	latest, skipped, err := w.Latest(checkpoint.Check)
	for _, s := range skipped {
		fmt.Fprintf(t.console.Err, "pixelda-wgpu: skipped: %v\n", s)
	}
	over := errors.Is(err, rundir.ErrNoCheckpoint) // it ended before there was any
	if err != nil && !over {
		return err
	}
	if err := w.Rewind(latest.Step); err != nil {
		return err
	}
	data, err := engine.OpenData(c)
	if err != nil {
		return err
	}
	if over {
		return t.begin(ctx, d, c, data, w)
	}
	return t.goOnFrom(ctx, d, c, data, w, latest.File)
}

// adopt goes on from a checkpoint file, such as the page saves, in a run folder of its own
// that begins with it.
func (t *training) adopt(ctx context.Context, d *gpu.Device, cmd *cobra.Command) error {
	file, st, err := checkpoint.Inspect(t.resume)
	if err != nil {
		return err
	}
	c := st.Config
	t.amend(cmd, &c)
	data, err := engine.OpenData(c)
	if err != nil {
		return err
	}
	if err := st.Fits(data, c, file); err != nil {
		return err
	}
	w, err := t.create(c)
	if err != nil {
		return err
	}
	defer w.Close()
	first, err := w.SaveCheckpoint(st.Iteration, trainer.Unmeasured, func(to io.Writer) error {
		from, err := os.Open(file)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, from)
		return errors.Join(err, from.Close())
	})
	if err != nil {
		return err
	}
	return t.goOnFrom(ctx, d, c, data, w, first.File)
}

// amend applies the flags that are allowed for a resumed run.
func (t *training) amend(cmd *cobra.Command, c *recipe.Config) {
	for name, set := range map[string]func(){
		"iterations": func() { c.Iterations = t.flags.Iterations }, "data": func() { c.Data = t.flags.Data },
		"source": func() { c.Source = t.flags.Source }, "target": func() { c.Target = t.flags.Target },
	} {
		if cmd.Flags().Changed(name) {
			set()
		}
	}
}

// goOnFrom trains on from a checkpoint of w.
func (t *training) goOnFrom(
	ctx context.Context, d *gpu.Device, c recipe.Config, data engine.Data, w *rundir.Writer, file string,
) (err error) {
	t.introduce(d, c, data, w.Path())
	f, st, err := checkpoint.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	choose, err := chooser(t.console, d, t.tune)
	if err != nil {
		return err
	}
	if tuner, ok := choose.(*tune.Tuner); ok && st.Adapter == d.Info().Key() {
		tuner.Use(st.Kernels)
	}
	tr, err := engine.NewTrainer(d, c, data, choose)
	if err != nil {
		return err
	}
	defer tr.Close()
	if err := checkpoint.Resume(tr, f, st, file); err != nil {
		return err
	}
	if why := checkpoint.Inexact(tr, st); why != "" {
		fmt.Fprintf(t.console.Err, "pixelda-wgpu: %s\n", why)
	}
	fmt.Fprintf(t.console.Err, "Resuming after iteration %d\n", st.Iteration)
	return t.train(ctx, tr, w, choose)
}
