package native

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/trainer/study"
)

// reproduction is the command reproduce. It has no device: each cell of a study is
// trained and measured by a supervised child, the same command with -cell, so that
// nothing which happens to one touches the others.
type reproduction struct {
	*console
	study                           study.Study
	scale, out, data, objects, cell string
	adapter                         string
	seeds                           int
	list, json                      bool
}

func newReproduce(c *console) *cobra.Command {
	r := reproduction{console: c}
	var names, scales, objects []string
	var studies, pairs table
	for _, o := range study.ObjectSets() {
		objects = append(objects, o.Key)
		pairs.add(o.Key, o.About)
	}
	for _, s := range study.List(study.ObjectSets()[0]) {
		names = append(names, s.Name)
		studies.add(s.Name, s.Title)
	}
	for _, s := range study.Scales() {
		scales = append(scales, string(s))
	}
	cmd := &cobra.Command{
		Use:   "reproduce TABLE [FLAGS]",
		Short: "repeat a table or figure of the paper",
		Long: `Trains what a table or figure of the paper needs, measures it and writes a report
with the paper's figures beside: report.md, report.json, plots and sample grids
in OUT/SCALE/TABLE. Runs lie in OUT/SCALE/runs; they are ordinary ones, and
studies share them. It can be ended at any moment: the same command goes on and
repeats nothing that is finished. A run that fails is told in the report, and the
others go on.

Scales: full is the paper's size, which wants a GPU and days; small takes an
hour on two cores; the report says what it changed.

` + strings.Join(studies.lines("  "), "\n") + `

What stands for LineMod in tables 2 to 6 and Figure 4, by -objects:

` + strings.Join(pairs.lines("  "), "\n"),
		Example: `pixelda-wgpu reproduce table1 -data data
pixelda-wgpu reproduce table1 -scale full -seeds 3
pixelda-wgpu reproduce fig3 -list`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return misuse(cmd, "wants one table or figure: what is %q?", args[1])
			case len(args) == 0 && !r.list:
				return misuse(cmd, "wants a table or figure: %s", strings.Join(names, ", "))
			}
			return nil
		},
		ValidArgs:   names,
		Annotations: map[string]string{ownChildren: "yes"},
		RunE:        func(cmd *cobra.Command, args []string) error { return r.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVar(&r.scale, "scale", string(study.Small), "how much of the paper's `SIZE`: "+strings.Join(scales, ", ")+" (small)")
	f.IntVar(&r.seeds, "seeds", 0, "repeat each run with `N` seeds; otherwise as many as the study says, mostly one")
	f.StringVar(&r.data, "data", "", "the `FOLDER` of downloaded sets (data)")
	f.StringVar(&r.objects, "objects", "", "what stands for LineMod, `WHICH`: "+strings.Join(objects, ", ")+" (objects)")
	f.StringVar(&r.out, "out", "studies", "the `FOLDER` for runs and reports (studies)")
	adapterFlag(cmd, &r.adapter)
	f.BoolVar(&r.list, "list", false, "list the studies, or the runs of one and how far they are")
	f.StringVar(&r.cell, "cell", "", "do this one `RUN`, in this process")
	if err := f.MarkHidden("cell"); err != nil {
		panic(err) // the flag is defined a line above
	}
	jsonFlag(cmd, &r.json)
	for flag, values := range map[string][]string{"scale": scales, "objects": objects} {
		// The only error is a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

func (r *reproduction) run(cmd *cobra.Command, args []string) (err error) {
	if !slices.Contains(study.Scales(), study.Scale(r.scale)) {
		return misuse(cmd, "flag -scale: %q is none of %v", r.scale, study.Scales())
	}
	objects, err := study.FindObjects(r.objects)
	if err != nil {
		return misuse(cmd, "flag -objects: %v", err)
	}
	if len(args) == 0 {
		return r.listStudies(objects)
	}
	if r.study, err = study.Find(args[0], objects); err != nil {
		return misuse(cmd, "%v", err)
	}
	if r.objects != "" && r.study.Objects == "" {
		return misuse(cmd, "flag -objects: %s is about digits", r.study.Name)
	}
	if r.seeds < 0 {
		return misuse(cmd, "flag -seeds: %d is not 1 or more", r.seeds)
	}
	if r.seeds == 0 {
		r.seeds = r.study.DefaultSeeds(study.Scale(r.scale))
	}
	if r.data == "" && study.Scale(r.scale) != study.Tiny { // which has built-in images
		r.data = "data"
	}
	cells := r.study.Cells(study.Scale(r.scale), r.seeds, r.out, r.data)
	switch {
	case r.cell != "":
		i := slices.IndexFunc(cells, func(c study.Cell) bool { return c.Key() == r.cell })
		if i < 0 {
			return misuse(cmd, "flag -cell: %s has no run %q", r.study.Name, r.cell)
		}
		return r.do(cells[i])
	case r.list:
		return r.listCells(cells)
	}
	return r.all(cells)
}

// arguments is the command line that does the study, or one cell of it.
func (r *reproduction) arguments(cell string) []string {
	args := []string{"reproduce", r.study.Name, "-scale", r.scale, "-seeds", fmt.Sprint(r.seeds), "-out", r.out}
	for _, f := range [][2]string{{"-data", r.data}, {"-objects", r.objects}, {"-adapter", r.adapter}, {"-cell", cell}} {
		if f[1] != "" {
			args = append(args, f[0], f[1])
		}
	}
	return args
}

func (r *reproduction) folder(c study.Cell) string {
	return study.Folder(r.out, study.Scale(r.scale), c.Key())
}

// all does every cell that is not finished, then reports.
func (r *reproduction) all(cells []study.Cell) error {
	if err := r.check(cells); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	finished := map[string]bool{}
	for i, c := range cells {
		state, _, err := c.State(r.folder(c))
		if err != nil {
			return err
		}
		if state != study.Finished {
			fmt.Fprintf(r.err, "\n%s %d of %d: %s\n", r.study.Name, i+1, len(cells), c.Key())
			err := r.child(c, finished)
			if err != nil && ctx.Err() == nil {
				if err = r.keep(c, err); err != nil {
					return err
				}
			}
			if state, _, err = c.State(r.folder(c)); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted; to go on: pixelda-wgpu %s", strings.Join(r.arguments(""), " "))
		}
		finished[c.Key()] = state == study.Finished
	}
	return r.report()
}

// check opens the sets of all that is still to do and looks for the adapter, before hours
// are spent on some of it.
func (r *reproduction) check(cells []study.Cell) error {
	idle, opened := true, map[string]bool{}
	for _, c := range cells {
		state, _, err := c.State(r.folder(c))
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
			if opened[spec] || datasets.Generated(spec) {
				continue
			}
			opened[spec] = true
			if _, err := datasets.Open(spec, datasets.Options{Dir: c.Config.Data}); err != nil {
				return fmt.Errorf("%w; docs/studies.md tells where the images of each study come from", err)
			}
		}
	}
	if idle { // a report needs no device
		return nil
	}
	list, err := gpu.Adapters()
	if err != nil {
		return err
	}
	_, err = gpu.Choose(list, r.adapter)
	return err
}

// keep tells that a cell failed, and makes that its outcome unless the child has.
func (r *reproduction) keep(c study.Cell, why error) error {
	fmt.Fprintf(r.err, "pixelda-wgpu: %s failed: %s\n", c.Key(), plain(why.Error()))
	if o, err := study.ReadOutcome(r.folder(c)); err != nil || o != nil {
		return err
	}
	return c.Fail(r.folder(c), plain(why.Error()))
}

// child runs the child for a cell.
func (r *reproduction) child(c study.Cell, finished map[string]bool) error {
	if c.Uses != "" && !finished[c.Uses] {
		return fmt.Errorf("it needs %s, which has failed", c.Uses)
	}
	args := r.arguments(c.Key())
	// A child that comes after a crash goes on by itself.
	status, err := newSupervisor(io.Discard, r.err).supervise(func(string) []string { return args })
	if err == nil && status != exitDone {
		err = fmt.Errorf("its process ended with status %d", status)
	}
	return err
}

// listing is a cell as -list -json tells it.
type listing struct {
	Run        string      `json:"run"`
	State      study.State `json:"state"`
	Folder     string      `json:"folder"`
	Method     string      `json:"method"`
	Iterations int         `json:"iterations"`
	Uses       string      `json:"uses,omitempty"`
}

func (r *reproduction) listCells(cells []study.Cell) error {
	var all []listing
	for _, c := range cells {
		state, _, err := c.State(r.folder(c))
		if err != nil {
			return err
		}
		method := string(c.Config.Method)
		if c.Work != study.Train {
			method = string(c.Work)
		}
		all = append(all, listing{c.Key(), state, r.folder(c), method, c.Config.Iterations, c.Uses})
	}
	if r.json {
		return r.console.json(all)
	}
	r.printf("%s\n%s\n\n", r.bold(r.study.Title), r.study.About)
	tab := table{align: "lllr"}
	tab.head(r.console, "run", "state", "does", "iterations")
	for _, l := range all {
		iterations := fmt.Sprint(l.Iterations)
		if l.Method == string(study.Redraw) || l.Method == string(study.Coral) {
			iterations = ""
		}
		tab.add(l.Run, string(l.State), l.Method, iterations)
	}
	tab.print(r.console, "")
	r.printf("\nRuns     %s\nReport   %s\n", filepath.Join(r.out, r.scale, "runs"), filepath.Join(r.study.ReportFolder(r.out, study.Scale(r.scale)), reportMarkdown))
	return nil
}

func (r *reproduction) listStudies(objects study.Objects) error {
	type one struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		About string `json:"about"`
	}
	var all []one
	var tab table
	for _, s := range study.List(objects) {
		all = append(all, one{s.Name, s.Title, s.About})
		tab.add(r.bold(s.Name), s.Title)
	}
	if r.json {
		return r.console.json(all)
	}
	tab.print(r.console, "")
	return nil
}
