// Package reproduce works through the runs of a study, each in a child process of its own, so that
// no run can take down others, and writes the study's report.
package reproduce

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/supervise"
	"pixelda-wgpu/trainer/study"
)

// Job is a study to be repeated, as a command line asks for it.
type Job struct {
	Console *console.Console
	Study   study.Study
	Scale   study.Scale
	Seeds   int    // repeats of each run
	Out     string // folder of runs and reports
	Data    string // folder of downloaded sets; empty at scale Tiny for built-in ones
	Objects string // the flag -objects
	Adapter string // the flag -adapter
	Version string // of this program, for the report
	JSON    bool   // the outcome is printed for programs to read
}

// Cells lists the runs of the study, each after those it uses.
func (j *Job) Cells() []study.Cell { return j.Study.Cells(j.Scale, j.Seeds, j.Out, j.Data) }

// arguments is the command line that does the study, or one cell of it.
func (j *Job) arguments(cell string) []string {
	args := []string{"reproduce", j.Study.Name, "-scale", string(j.Scale), "-seeds", fmt.Sprint(j.Seeds), "-out", j.Out}
	for _, f := range [][2]string{{"-data", j.Data}, {"-objects", j.Objects}, {"-adapter", j.Adapter},
		{"-cell", cell}} {
		if f[1] != "" {
			args = append(args, f[0], f[1])
		}
	}
	return args
}

func (j *Job) folder(c study.Cell) string { return study.Folder(j.Out, j.Scale, c.Key()) }

// Run does every cell that is not finished, then writes the report and prints its table. The report
// says why a cell failed, and the others go on. Ctrl-C ends it with an error that says how to
// continue.
func (j *Job) Run() error {
	cells := j.Cells()
	if err := j.check(cells); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	finished := map[string]bool{}
	for i, c := range cells {
		state, _, err := c.State(j.folder(c))
		if err != nil {
			return err
		}
		if state != study.Finished {
			fmt.Fprintf(j.Console.Err, "\n%s %d of %d: %s\n", j.Study.Name, i+1, len(cells), c.Key())
			err := j.child(c, finished)
			if err != nil && ctx.Err() == nil {
				if err = j.keep(c, err); err != nil {
					return err
				}
			}
			if state, _, err = c.State(j.folder(c)); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted; to go on: pixelda-wgpu %s", strings.Join(j.arguments(""), " "))
		}
		finished[c.Key()] = state == study.Finished
	}
	return j.report()
}

// check opens the data sets of everything that is still to be done, and looks for the adapter,
// before hours are spent on any of it.
func (j *Job) check(cells []study.Cell) error {
	idle, opened := true, map[string]bool{}
	for _, c := range cells {
		state, _, err := c.State(j.folder(c))
		if err != nil {
			return err
		}
		if state == study.Finished {
			continue
		}
		idle = false
		if c.Uses != "" { // what it uses has the same images
			continue
		}
		for _, spec := range []string{c.Config.Source, c.Config.Target} {
			if opened[spec] || draw.Generated(spec) {
				continue
			}
			opened[spec] = true
			if _, err := open.Splits(spec, datasets.Options{Dir: c.Config.Data}); err != nil {
				return fmt.Errorf("%w; docs/studies.md tells where the images of each study come from", err)
			}
		}
	}
	if idle { // a report needs none
		return nil
	}
	list, err := gpu.Adapters()
	if err != nil {
		return err
	}
	_, err = gpu.Choose(list, j.Adapter)
	return err
}

// keep reports that a cell failed, and makes that its outcome unless the child has already done so.
func (j *Job) keep(c study.Cell, why error) error {
	j.Console.Warn("%s failed: %s", c.Key(), why.Error())
	if o, err := study.ReadOutcome(j.folder(c)); err != nil || o != nil {
		return err
	}
	return c.Fail(j.folder(c), why.Error())
}

// child runs the child for a cell.
func (j *Job) child(c study.Cell, finished map[string]bool) error {
	if c.Uses != "" && !finished[c.Uses] {
		return fmt.Errorf("it needs %s, which has failed", c.Uses)
	}
	args := j.arguments(c.Key())
	// A child that is started after a crash continues by itself.
	status, err := supervise.New(io.Discard, j.Console.Err).Run(func(string) []string { return args })
	if err == nil && status != console.Done {
		err = fmt.Errorf("its process ended with status %d", status)
	}
	return err
}
