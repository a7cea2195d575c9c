package native

import (
	"fmt"

	"github.com/spf13/cobra"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer"
)

// evaluation is what eval prints as JSON.
type evaluation struct {
	Checkpoint string                        `json:"checkpoint"`
	Iteration  int                           `json:"iteration"`
	Source     string                        `json:"source"`
	Target     string                        `json:"target"`
	Domains    map[string]trainer.Evaluation `json:"domains"`
}

func newEval(c *console) *cobra.Command {
	var adapter, data, target string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval [FLAGS] RUN|CHECKPOINT",
		Short: "measure a classifier on whole test splits",
		Long: `Classifies every test image once and prints the accuracy, overall and by class:
of the target, through the layers that saw adapted images in training, and for
PixelDA also of the source as it is and adapted. For a classifier that tells
orientations, also the mean error of their angle. Of a run it takes the
checkpoint that was chosen without target labels.`,
		Example: `pixelda-wgpu eval runs/0001-pixelda
pixelda-wgpu eval -json runs/0001-pixelda/checkpoints/step-00001000.safetensors
pixelda-wgpu eval -target photos/dusk runs/0001-pixelda`,
		Args: oneArgument("a run folder or a checkpoint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, st, err := trainer.Inspect(args[0])
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("data") {
				st.Config.Data = data
			}
			if cmd.Flags().Changed("target") {
				st.Config.Target = target
			}
			// What chooses training images is no concern of tests, and other images may lack it.
			st.Config.TrainClasses, st.Config.TargetLabelled = nil, 0
			images, err := trainer.OpenData(st.Config)
			if err != nil {
				return err
			}
			if !images.Target.Test.Labelled() {
				return fmt.Errorf("target %s has no labels to measure against", st.Config.Target)
			}
			d, err := gpu.Open(gpu.Options{Adapter: adapter})
			if err != nil {
				return err
			}
			defer d.Close()
			c.watchCompiler(d)
			domains, err := trainer.Evaluate(d, file, images, graph.RuleFor(d.Info()))
			if err != nil {
				return err
			}
			if asJSON {
				return c.json(evaluation{file, st.Iteration, st.Config.Source, st.Config.Target, domains})
			}
			c.printf("%s after %d iterations\n\n", file, st.Iteration)
			c.printAccuracies(domains, images.Source.Train.Classes)
			return nil
		},
	}
	adapterFlag(cmd, &adapter)
	cmd.Flags().StringVar(&data, "data", "", "the `FOLDER` with downloaded data sets, if not the run's")
	cmd.Flags().StringVar(&target, "target", "", "other target `IMAGES` than the run's")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printAccuracies writes a table: a column a domain, a row a class.
func (c *console) printAccuracies(domains map[string]trainer.Evaluation, classes []string) {
	tab := table{align: "l"}
	head, images, all := []string{c.bold("Test images")}, []string{"images"}, []string{"accuracy"}
	var shown []trainer.Evaluation
	for _, name := range []string{"target", "adapted", "source"} {
		ev, ok := domains[name]
		if !ok {
			continue
		}
		tab.align += "r"
		shown = append(shown, ev)
		head = append(head, c.bold(name))
		images = append(images, fmt.Sprint(ev.Images))
		all = append(all, c.bold(accuracyOf(ev.Accuracy)))
	}
	tab.add(head...)
	tab.add(images...)
	tab.add(all...)
	for _, row := range []struct {
		name  string
		angle func(trainer.Angles) float64
	}{
		{"angle error", func(a trainer.Angles) float64 { return a.Exact }},
		{"as in the paper", func(a trainer.Angles) float64 { return a.Coded }},
	} {
		cells, known := []string{row.name}, false
		for _, ev := range shown {
			cell := ""
			if ev.Angle != nil {
				cell, known = degrees(row.angle(*ev.Angle)), true
			}
			cells = append(cells, cell)
		}
		if known {
			tab.add(cells...)
		}
	}
	for i, class := range classes {
		row := []string{c.faint("class " + class)}
		for _, ev := range shown {
			row = append(row, accuracyOf(ev.PerClass[i]))
		}
		tab.add(row...)
	}
	tab.print(c, "  ")
}

// oneArgument is for commands that work on one thing.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return misuse(cmd, "wants %s, one", what)
		}
		return nil
	}
}
