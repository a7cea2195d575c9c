package native

import (
	"fmt"

	"github.com/spf13/cobra"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
)

// evaluation is what eval prints as JSON.
type evaluation struct {
	Checkpoint string                       `json:"checkpoint"`
	Iteration  int                          `json:"iteration"`
	Source     string                       `json:"source"`
	Target     string                       `json:"target"`
	Domains    map[string]engine.Evaluation `json:"domains"`
}

// newEval is the command eval.
func newEval(c *console.Console) *cobra.Command {
	var adapter, data, target string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval [FLAGS] RUN|CHECKPOINT",
		Short: "measure a classifier on whole test splits",
		Long: `Classifies every test image once and prints the accuracy, overall and by class.
Target images pass through the layers that were trained on adapted images. For
PixelDA it also measures the source, both as it is and adapted. For a classifier
that estimates orientations it adds the mean error of their angle. Given a run,
it takes the checkpoint that was chosen without target labels.`,
		Example: `pixelda-wgpu eval runs/0001-pixelda
pixelda-wgpu eval -json runs/0001-pixelda/checkpoints/step-00001000.safetensors
pixelda-wgpu eval -target photos/dusk runs/0001-pixelda`,
		Args: console.OneArgument("a run folder or a checkpoint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, st, err := checkpoint.Inspect(args[0])
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("data") {
				st.Config.Data = data
			}
			if cmd.Flags().Changed("target") {
				st.Config.Target = target
			}
			// These settings select training images; other images may not have the classes or
			// labels that they ask for.
			st.Config.TrainClasses, st.Config.TargetLabelled = nil, 0
			images, err := engine.OpenData(st.Config)
			if err != nil {
				return err
			}
			if !images.Target.Test.Labelled() {
				return fmt.Errorf("target %s has no labels to measure against", st.Config.Target)
			}
			d, err := openDevice(c, adapter)
			if err != nil {
				return err
			}
			defer d.Close()
			domains, err := checkpoint.Evaluate(d, file, images, graph.RuleFor(d.Info()))
			if err != nil {
				return err
			}
			if asJSON {
				return c.JSON(evaluation{file, st.Iteration, st.Config.Source, st.Config.Target, domains})
			}
			c.Printf("%s after %d iterations\n\n", file, st.Iteration)
			printAccuracies(c, domains, images.Source.Train.Classes)
			return nil
		},
	}
	adapterFlag(cmd, &adapter)
	cmd.Flags().StringVar(&data, "data", "", "look for downloaded data sets in `FOLDER` instead of the run's")
	cmd.Flags().StringVar(&target, "target", "", "measure on these target `IMAGES` instead of the run's")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printAccuracies writes a table with a column for each domain and a row for each class.
func printAccuracies(c *console.Console, domains map[string]engine.Evaluation, classes []string) {
	tab := console.Table{Align: "l"}
	head, images, all := []string{c.Bold("Test images")}, []string{"images"}, []string{"accuracy"}
	var shown []engine.Evaluation
	for _, name := range []string{"target", "adapted", "source"} {
		ev, ok := domains[name]
		if !ok {
			continue
		}
		tab.Align += "r"
		shown = append(shown, ev)
		head = append(head, c.Bold(name))
		images = append(images, fmt.Sprint(ev.Images))
		all = append(all, c.Bold(console.Percent(ev.Accuracy)))
	}
	tab.Add(head...)
	tab.Add(images...)
	tab.Add(all...)
	for _, row := range []struct {
		name  string
		angle func(engine.Angles) float64
	}{
		{"angle error", func(a engine.Angles) float64 { return a.Exact }},
		{"as in the paper", func(a engine.Angles) float64 { return a.Coded }},
	} {
		cells, known := []string{row.name}, false
		for _, ev := range shown {
			cell := ""
			if ev.Angle != nil {
				cell, known = console.Degrees(row.angle(*ev.Angle)), true
			}
			cells = append(cells, cell)
		}
		if known {
			tab.Add(cells...)
		}
	}
	for i, class := range classes {
		row := []string{c.Faint("class " + class)}
		for _, ev := range shown {
			row = append(row, console.Percent(ev.PerClass[i]))
		}
		tab.Add(row...)
	}
	tab.Print(c, "  ")
}
