package native

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/native/internal/reproduce"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/sinks"
	"pixelda-wgpu/trainer/study"
)

import ()

// reproduction is the command reproduce. It has no device: each run of a study is trained and
// measured by a supervised child, which is the same command with -cell.
type reproduction struct {
	console              *console.Console
	job                  reproduce.Job
	scale, objects, cell string
	list                 bool
}

// newReproduce is the command reproduce.
func newReproduce(c *console.Console) *cobra.Command {
	r := reproduction{console: c}
	var names, scales, objects []string
	var studies, pairs console.Table
	for _, o := range study.ObjectSets() {
		objects = append(objects, o.Key)
		pairs.Add(o.Key, o.About)
	}
	for _, s := range study.List(study.ObjectSets()[0]) {
		names = append(names, s.Name)
		studies.Add(s.Name, s.Title)
	}
	for _, s := range study.Scales() {
		scales = append(scales, string(s))
	}
	cmd := &cobra.Command{
		Use:   "reproduce TABLE [FLAGS]",
		Short: "repeat a table or figure of the paper",
		Long: `Trains what a table or figure of the paper needs, measures it, and writes a
report that sets the results beside the paper's: report.md, report.json, plots
and sample grids in OUT/SCALE/TABLE. The runs are ordinary ones in
OUT/SCALE/runs, and studies share them. You can end the command at any moment:
the same command then continues and repeats nothing that is finished. If a run
fails, the report says so and the others still take place.

Scales: full is the paper's size, which takes a GPU and days; small takes an
hour on two cores, and the report says what it changed.

` + strings.Join(studies.Lines("  "), "\n") + `

What -objects uses for LineMod in tables 2 to 6 and Figure 4:

` + strings.Join(pairs.Lines("  "), "\n"),
		Example: `pixelda-wgpu reproduce table1 -data data
pixelda-wgpu reproduce table1 -scale full -seeds 3
pixelda-wgpu reproduce fig3 -list`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return console.Misuse(cmd, "give one table or figure: what is %q?", args[1])
			case len(args) == 0 && !r.list:
				return console.Misuse(cmd, "give a table or figure: %s", strings.Join(names, ", "))
			}
			return nil
		},
		ValidArgs:   names,
		Annotations: map[string]string{ownChildren: "yes"},
		RunE:        func(cmd *cobra.Command, args []string) error { return r.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVar(&r.scale, "scale", string(study.Small),
		"repeat the study at `SCALE`: "+strings.Join(scales, ", ")+" (default: small)")
	f.IntVar(&r.job.Seeds, "seeds", 0,
		"repeat each run with `N` seeds; otherwise as many as the study says, usually one")
	f.StringVar(&r.job.Data, "data", "", "look for downloaded sets in `FOLDER` (default: data)")
	f.StringVar(&r.objects, "objects", "",
		"use these `OBJECTS` for LineMod: "+strings.Join(objects, ", ")+" (default: objects)")
	f.StringVar(&r.job.Out, "out", "studies", "write runs and reports to `FOLDER` (default: studies)")
	adapterFlag(cmd, &r.job.Adapter)
	f.BoolVar(&r.list, "list", false, "list the studies, or the runs of one study and how far they are")
	f.StringVar(&r.cell, "cell", "", "do this one `RUN`, in this process")
	if err := f.MarkHidden("cell"); err != nil {
		panic(err) // the flag is defined just above
	}
	jsonFlag(cmd, &r.job.JSON)
	for flag, values := range map[string][]string{"scale": scales, "objects": objects} {
		// It fails only for a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// run checks the flags, then works through the study, lists it, or does one run of it.
func (r *reproduction) run(cmd *cobra.Command, args []string) error {
	if !slices.Contains(study.Scales(), study.Scale(r.scale)) {
		return console.Misuse(cmd, "flag -scale: %q is not one of %v", r.scale, study.Scales())
	}
	objects, err := study.FindObjects(r.objects)
	if err != nil {
		return console.Misuse(cmd, "flag -objects: %v", err)
	}
	if len(args) == 0 {
		return r.listStudies(objects)
	}
	j := &r.job
	j.Console, j.Scale, j.Objects, j.Version = r.console, study.Scale(r.scale), r.objects, version()
	if j.Study, err = study.Find(args[0], objects); err != nil {
		return console.Misuse(cmd, "%v", err)
	}
	if r.objects != "" && j.Study.Objects == "" {
		return console.Misuse(cmd, "flag -objects: %s is about digits", j.Study.Name)
	}
	if j.Seeds < 0 {
		return console.Misuse(cmd, "flag -seeds: %d is not 1 or more", j.Seeds)
	}
	if j.Seeds == 0 {
		j.Seeds = j.Study.DefaultSeeds(j.Scale)
	}
	if j.Data == "" && j.Scale != study.Tiny { // Tiny has built-in images
		j.Data = "data"
	}
	switch {
	case r.cell != "":
		return r.do(cmd)
	case r.list:
		return j.List()
	}
	return j.Run()
}

// do does the run that -cell names, in this process.
func (r *reproduction) do(cmd *cobra.Command) error {
	cells := r.job.Cells()
	i := slices.IndexFunc(cells, func(c study.Cell) bool { return c.Key() == r.cell })
	if i < 0 {
		return console.Misuse(cmd, "flag -cell: %s has no run %q", r.job.Study.Name, r.cell)
	}
	quiet := r.console.Quiet() // the report gives the outcome
	return r.job.Do(cells[i], reproduce.Tools{
		Open:   func() (*gpu.Device, error) { return openDevice(r.console, r.job.Adapter) },
		Choose: func(d *gpu.Device) (graph.Chooser, error) { return chooser(quiet, d, false) },
		Train: func(ctx context.Context, d *gpu.Device, c recipe.Config, folder string) error {
			t := training{console: quiet, out: folder}
			return t.complete(ctx, d, c)
		},
	})
}

// listStudies prints what studies there are.
func (r *reproduction) listStudies(objects study.Objects) error {
	type one struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		About string `json:"about"`
	}
	var all []one
	var tab console.Table
	for _, s := range study.List(objects) {
		all = append(all, one{s.Name, s.Title, s.About})
		tab.Add(r.console.Bold(s.Name), s.Title)
	}
	if r.job.JSON {
		return r.console.JSON(all)
	}
	tab.Print(r.console, "")
	return nil
}

// complete begins or resumes the run of a configuration in t.out, unless it has ended.
func (t *training) complete(ctx context.Context, d *gpu.Device, c recipe.Config) error {
	run, err := rundir.Open(t.out)
	if err != nil { // there is none
		return t.start(ctx, d, c)
	}
	var rep sinks.Report
	switch err := run.Report(&rep); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case rep.Iterations == c.Iterations:
		return nil
	}
	return t.goOnIn(ctx, d, c, t.out)
}
