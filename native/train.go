package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/supervise"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/sinks"
)

// training is the command train.
type training struct {
	console                              *console.Console
	adapter, preset, config, resume, out string
	set                                  []string
	tune, json                           bool
	flags                                recipe.Config // what flags give
}

func newTrain(c *console.Console) *cobra.Command {
	t := training{console: c}
	cmd := &cobra.Command{
		Use:   "train [FLAGS]",
		Short: "adapt a classifier to the target, or train a baseline",
		Long: `Trains PixelDA: a generator that redraws source images so that they look like
the target's, and a classifier that works on the target. Without flags it uses
built-in digits: the preset small on a software adapter, the paper's model on a
GPU. A run is a folder. Ctrl-C ends a run and saves it, and -resume continues it
as if it had never stopped, bit for bit. It continues a checkpoint that was
saved in the browser just as well.

Presets for digits: small (a narrow model, minutes on two cores), mnist-mnistm
and mnist-usps (the paper's). Presets for objects with their orientation:
linemod-small (tens of minutes), linemod and linemod-masked (the paper's). A
data set is a name from 'datasets list' or a path. docs/settings.md explains
every setting.

Methods besides pixelda: source-only and target-only train the classifier alone;
dann, mmd, dsn and cogan are the baselines of the paper. Each begins with the
settings that its authors gave, which -set can change.`,
		Example: `pixelda-wgpu train
pixelda-wgpu train -preset mnist-mnistm -data data -iterations 125000
pixelda-wgpu train -preset small -source photos/day -target photos/night -set classes=4
pixelda-wgpu train -method source-only -iterations 5000
pixelda-wgpu train -method dann -set schedule=ramp -set lr=0.01 -set gamma=1
pixelda-wgpu train -resume runs/0001-pixelda
pixelda-wgpu train -resume pixelda-00000300.safetensors -out runs/from-page`,
		Args: console.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return t.run(cmd) },
	}
	f := cmd.Flags()
	adapterFlag(cmd, &t.adapter)
	f.StringVar(&t.preset, "preset", "", "start from the configuration `NAME`: "+presetList())
	f.StringVar(&t.config, "config", "", "read settings from `FILE`, such as the config.json of a run")
	f.StringVar(&t.resume, "resume", "", "continue the run in folder `RUN`, or a checkpoint file in a new folder")
	f.StringVar(&t.out, "out", "", "write the run to `FOLDER` (default: a new folder in runs)")
	f.StringVar((*string)(&t.flags.Method), "method", "", "train by `METHOD`: "+methodNames())
	f.StringVar(&t.flags.Source, "source", "", "source `IMAGES`, with labels")
	f.StringVar(&t.flags.Target, "target", "", "target `IMAGES`; their labels, if any, are used for measuring only")
	f.StringVar(&t.flags.Data, "data", "", "look for downloaded data sets in `FOLDER` (default: data)")
	f.IntVar(&t.flags.Iterations, "iterations", 0, "train for `N` iterations")
	f.IntVar(&t.flags.Baseline, "baseline", -1, "first train the source-only baseline for `N` iterations; 0 for none")
	f.Uint64Var(&t.flags.Seed, "seed", 0, "draw everything random from `SEED`")
	f.StringArrayVar(&t.set, "set", nil, "change one setting, `NAME=VALUE`; may be repeated")
	f.BoolVar(&t.tune, "tune", false, "time the variants of each kernel on a software adapter too")
	jsonFlag(cmd, &t.json)
	return cmd
}

func (t *training) run(cmd *cobra.Command) error {
	if t.resume != "" {
		if err := t.checkResume(cmd); err != nil {
			return err
		}
	}
	d, err := openDevice(t.console, t.adapter)
	if err != nil {
		return err
	}
	defer d.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once

	if t.resume != "" {
		return t.goOn(ctx, d, cmd)
	}
	c, err := configure(cmd, t.request(cmd, d.Info().Software()), t.config)
	if err != nil {
		return err
	}
	return t.start(ctx, d, c)
}

// request is what the flags ask for.
func (t *training) request(cmd *cobra.Command, software bool) recipe.Request {
	r := recipe.Request{Preset: t.preset, Software: software, Method: t.flags.Method, Set: t.set}
	for name, ask := range map[string]func(){
		"source": func() { r.Source = &t.flags.Source }, "target": func() { r.Target = &t.flags.Target },
		"data": func() { r.Data = &t.flags.Data }, "seed": func() { r.Seed = &t.flags.Seed },
		"iterations": func() {
			r.Iterations = &t.flags.Iterations
		}, "baseline": func() { r.Baseline = &t.flags.Baseline },
	} {
		if cmd.Flags().Changed(name) {
			ask()
		}
	}
	return r
}

// start begins a new run.
func (t *training) start(ctx context.Context, d *gpu.Device, c recipe.Config) error {
	data, err := engine.OpenData(c)
	if err != nil {
		return err
	}
	w, err := t.create(c)
	if err != nil {
		return err
	}
	defer w.Close()
	return t.begin(ctx, d, c, data, w)
}

// create makes the folder for a new run.
func (t *training) create(c recipe.Config) (_ *rundir.Writer, err error) {
	out := t.out
	if out == "" {
		if out, err = rundir.Numbered("runs", string(c.Method)); err != nil {
			return nil, err
		}
	}
	w, err := rundir.Create(out, c, c.Keep)
	if err != nil {
		return nil, err
	}
	if err := supervise.Announce(out); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// begin trains from the first iteration on.
func (t *training) begin(
	ctx context.Context, d *gpu.Device, c recipe.Config, data engine.Data, w *rundir.Writer,
) error {
	out := w.Path()
	t.introduce(d, c, data, out)
	choose, err := chooser(t.console, d, t.tune)
	if err != nil {
		return err
	}
	var baseline *float64
	if c.ComparesBaseline() {
		accuracy, err := t.baseline(ctx, d, c, data, choose)
		if err != nil {
			return t.interrupted(err, out, nil)
		}
		baseline = &accuracy
		fmt.Fprintf(t.console.Err, "Source-only classifier on the target's test images: %s\n",
			console.Percent(accuracy))
	}
	tr, err := engine.NewTrainer(d, c, data, choose)
	if err != nil {
		return err
	}
	defer tr.Close()
	tr.Baseline = baseline
	return t.train(ctx, tr, w, choose)
}

// baseline trains the source-only baseline and returns its accuracy on the target's test images.
func (t *training) baseline(
	ctx context.Context, d *gpu.Device, c recipe.Config, data engine.Data, choose graph.Chooser,
) (float64, error) {
	p := t.console.Progress("source-only", "iterations", 0, int64(c.Baseline))
	defer p.Close()
	b, err := engine.NewBaseline(d, c, data, choose)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	for b.Iteration() < c.Baseline {
		if ctx.Err() != nil {
			return 0, trainer.ErrInterrupted
		}
		if err := b.Iterate(); err != nil {
			return 0, err
		}
		p.Set(int64(b.Iteration()), "")
	}
	return b.TargetAccuracy()
}

// introduce says what is about to be trained, and on what.
func (t *training) introduce(d *gpu.Device, c recipe.Config, data engine.Data, out string) {
	m := c.Model
	images := func(s datasets.Splits) string {
		return fmt.Sprintf("%d train, %d test images, %d×%d", s.Train.Len(), s.Test.Len(), s.Train.Width,
			s.Train.Height)
	}
	fmt.Fprintf(t.console.Err, "Adapter     %s\n", d.Info())
	fmt.Fprintf(t.console.Err, "Source      %s: %s\n", c.Source, images(data.Source))
	fmt.Fprintf(t.console.Err, "Target      %s: %s\n", c.Target, images(data.Target))
	networks := ""
	if c.Method == recipe.PixelDA {
		networks = fmt.Sprintf("generator %d × %d, discriminator %d, ", m.GBlocks, m.GFilters, m.DFilters)
	}
	fmt.Fprintf(t.console.Err, "Model       %d×%d, %sbatch %d\n", m.Size, m.Size, networks, m.Batch)
	fmt.Fprintf(t.console.Err, "Run         %s\n", out)
	fmt.Fprintf(t.console.Err, "%-11s %s, %d iterations, seed %d\n", "Method", c.Method, c.Iterations, c.Seed)
}

// train runs a trainer and shows how it goes.
func (t *training) train(ctx context.Context, tr *engine.Trainer, w *rundir.Writer, choose graph.Chooser) error {
	if tuner, ok := choose.(*tune.Tuner); ok {
		if err := tuner.Save(); err != nil {
			return err
		}
	}
	p := t.console.Progress("train", "iterations", int64(tr.Iteration()), int64(tr.Config.Iterations))
	report, err := sinks.Train(ctx, w, tr, &terminal{progress: p})
	p.Close()
	if err != nil {
		return t.interrupted(err, w.Path(), tr)
	}
	if t.json {
		return t.console.JSON(report)
	}
	t.conclude(report, w.Path())
	return nil
}

// interrupted words an end by Ctrl-C; other errors stay as they are.
func (t *training) interrupted(err error, out string, tr *engine.Trainer) error {
	if !errors.Is(err, trainer.ErrInterrupted) {
		return err
	}
	if tr == nil {
		return fmt.Errorf("interrupted before the first iteration; to begin again: pixelda-wgpu train -resume %s", out)
	}
	return fmt.Errorf("interrupted after iteration %d, which is saved; to go on: pixelda-wgpu train -resume %s",
		tr.Iteration(), out)
}

// methodNames lists the methods for a sentence.
func methodNames() string {
	var names []string
	for _, m := range recipe.Methods() {
		names = append(names, string(m))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
