package native

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/model/tune"
	"pixelda-wgpu/native/internal/benchreport"
	"pixelda-wgpu/native/internal/chart"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/recipe"
)

// newBench is the command bench: it measures one configuration, varies one of its numbers
// (bench_vary.go), or compares two measurements.
func newBench(c *console.Console) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [FLAGS]",
		Short: "time a training step, kernel by kernel",
		Long: `Times an iteration of training on random images: one step of the discriminator
with the task tower, and one of the generator. It compares the result with the
adapter's peak, which it measures first. GFLOP/s count the multiplications and
additions of the direct algorithms, whatever a kernel really does, and GB/s
count the least traffic. A kernel is bound by arithmetic or by memory: by
whichever would take longer at the adapter's peak (its roofline). For a software
adapter it also prints the processors' time, which other programs do not change.
With -vary it measures several values of a setting and prints how time grows
with work, but not kernel by kernel.`,
		Example: `pixelda-wgpu bench
pixelda-wgpu bench -preset mnist-mnistm -batch 8
pixelda-wgpu bench -tune -json >after.json
pixelda-wgpu bench -vary batch=1,2,4,8,16 -plot batch.svg
pixelda-wgpu bench -compare before.json after.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.compare != "" {
				return console.Arguments(1, "two files: -compare A.json B.json")(cmd, args)
			}
			return console.NoArguments(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.compare != "":
				return benchreport.Compare(c, f.compare, args[0])
			case f.steps < 1:
				return console.Misuse(cmd, "flag -steps: %d is not 1 or more", f.steps)
			case f.batch < 0:
				return console.Misuse(cmd, "flag -batch: %d is not 1 or more", f.batch)
			case f.plot != "" && f.vary == "":
				return console.Misuse(cmd, "-plot draws what -vary measures, so give -vary too")
			case f.plot != "" && chart.Format(f.plot) == "":
				return console.Misuse(cmd, "-plot %s: give a file that ends in .svg or .png", f.plot)
			}
			return f.run(c, cmd)
		},
	}
	f.config.add(cmd)
	cmd.Flags().IntVar(&f.batch, "batch", 0, "use batches of `N` images instead of the configuration's")
	cmd.Flags().IntVar(&f.steps, "steps", 5, "take the median of `N` samples of each step (default: 5)")
	cmd.Flags().StringVar(&f.vary, "vary", "", "measure one number of the model at each value: `NAME=VALUE,VALUE,…`")
	cmd.Flags().StringVar(&f.plot, "plot", "", "plot what -vary measures, on logarithmic axes, to `FILE`.svg or .png")
	adapterFlag(cmd, &f.adapter)
	cmd.Flags().BoolVar(&f.tune, "tune", false,
		"time the variants of each kernel and use the fastest, as training does")
	jsonFlag(cmd, &f.json)
	cmd.Flags().StringVar(&f.compare, "compare", "", "compare two files that -json wrote: -compare `A.json` B.json")
	return cmd
}

// benchFlags are the values of the command's flags.
type benchFlags struct {
	config           configFlags
	batch, steps     int
	vary, plot       string
	adapter, compare string
	tune, json       bool
}

func (f *benchFlags) run(c *console.Console, cmd *cobra.Command) error {
	d, err := openDevice(c, f.adapter)
	if err != nil {
		return err
	}
	defer d.Close()
	config, err := f.config.read(cmd, d.Info().Software())
	if err != nil {
		return err
	}
	if f.batch > 0 {
		config.Model.Batch = f.batch
	}
	o := bench.Options{Samples: f.steps, Phase: c.Phase, Choose: graph.RuleFor(d.Info())}
	var tuner *tune.Tuner
	if f.tune {
		if tuner, err = openTuner(c, d); err != nil {
			return err
		}
		o.Choose = tuner
	}
	if f.vary != "" {
		err = f.runSeries(c, cmd, d, config, o)
	} else {
		err = f.runOnce(c, d, config, o)
	}
	if tuner != nil {
		err = errors.Join(err, tuner.Save())
	}
	return err
}

// runOnce measures one configuration.
func (f *benchFlags) runOnce(c *console.Console, d *gpu.Device, config recipe.Config, o bench.Options) error {
	b, err := bench.Measure(context.Background(), d, config.Model, o)
	c.Phase("")
	if err != nil {
		return err
	}
	if f.json {
		return b.Write(c.Out)
	}
	benchreport.Print(c, b)
	return nil
}
