package native

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/benchreport"
	"pixelda-wgpu/native/internal/chart"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/recipe"
)

func newBench(c *console.Console) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [FLAGS]",
		Short: "time a training step, kernel by kernel",
		Long: `Times an iteration of training, a step of the discriminator and the task tower
and a step of the generator, on random images, and relates it to what the
adapter was just seen to do at most. GFLOP/s count the multiplies and adds of
the direct algorithms, whatever a kernel does; GB/s the least traffic. A kernel
is bound by arithmetic or by memory, whichever would take it longer at the
adapter's peak (its roofline). On a software adapter the processors' time is
given too: other programs that run at the same time do not change it. With -vary
it does so for several values of a setting and tells how time grows with work,
without a look into the steps.`,
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
				return console.Misuse(cmd, "-plot draws what -vary measures; give that too")
			case f.plot != "" && chart.Format(f.plot) == "":
				return console.Misuse(cmd, "-plot %s: give a file to write that ends in .svg or .png", f.plot)
			}
			return f.run(c, cmd)
		},
	}
	f.config.add(cmd)
	cmd.Flags().IntVar(&f.batch, "batch", 0, "images a batch, instead of the configuration's `N`")
	cmd.Flags().IntVar(&f.steps, "steps", 5, "take the median of `N` samples of each step (5)")
	cmd.Flags().StringVar(&f.vary, "vary", "", "measure each value of a number of the model: `NAME=VALUE,VALUE,…`")
	cmd.Flags().StringVar(&f.plot, "plot", "", "draw what -vary measured, on logarithmic axes, to `FILE`.svg or .png")
	adapterFlag(cmd, &f.adapter)
	cmd.Flags().BoolVar(&f.tune, "tune", false, "time the variants of each kernel and use the fastest, as training does")
	jsonFlag(cmd, &f.json)
	cmd.Flags().StringVar(&f.compare, "compare", "", "compare what -json printed in two files: -compare `A.json` B.json")
	return cmd
}

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
	var tuner *graph.Tuner
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
