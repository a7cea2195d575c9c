package native

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/sinks"
)

// terminal shows a run as it goes: its progress with the last losses, and a line for each evaluation.
type terminal struct {
	progress *console.Progress
	note     string
}

// Hear shows what happened.
func (t *terminal) Hear(e trainer.Event) error {
	switch e := e.(type) {
	case trainer.Iterated:
		t.progress.Set(int64(e.Step), t.note)
	case trainer.TrainRecord:
		t.note = lossNote(e)
	case trainer.Evaluated:
		t.progress.Print(fmt.Sprintf("%7d  %s", e.Record.Step, evaluated(e.Record)))
	}
	return nil
}

// conclude prints the outcome.
func (t *training) conclude(r sinks.Report, out string) {
	final := r.Final["target"].Accuracy
	t.console.Printf("\nTarget test accuracy after %d iterations\n", r.Iterations)
	tab := console.Table{Align: "lrl"}
	if r.SourceOnly != nil {
		tab.Add("source-only", console.Percent(*r.SourceOnly), "the same classifier without adaptation")
	}
	switch {
	case r.Method != recipe.PixelDA:
		tab.Add(string(r.Method), t.console.Bold(console.Percent(final)), "")
	case r.SourceOnly != nil:
		tab.Add("adapted", t.console.Bold(console.Percent(final)),
			fmt.Sprintf("%+.1f points", 100*(final-*r.SourceOnly)))
	default:
		tab.Add("adapted", t.console.Bold(console.Percent(final)), "")
	}
	if r.Method == recipe.PixelDA || r.Method.Adapts() {
		tab.Add("chosen", console.Percent(r.Chosen.Accuracy["target"]),
			fmt.Sprintf("checkpoint of iteration %d, chosen without target labels", r.Chosen.Step))
	}
	tab.Add("oracle", console.Percent(r.Oracle.Accuracy["target"]),
		fmt.Sprintf("best of all evaluations by target labels, iteration %d", r.Oracle.Step))
	tab.Print(t.console, "  ")
	if a := r.Final["target"].Angle; a != nil {
		t.console.Printf("\nMean angle error on the target after the last iteration: %s; %s as the original measures "+
			"it\n",
			console.Degrees(a.Exact), console.Degrees(a.Coded))
	}
	if r.Samples != "" {
		t.console.Printf("\nSamples     %s\n", r.Samples)
	}
	t.console.Printf("Checkpoint  %s\nReport      %s\n", r.Checkpoint, filepath.Join(out, "report.json"))
}

// evaluated words an evaluation, the target first. Angles are those that the paper reports.
func evaluated(r trainer.EvalRecord) string {
	var parts []string
	for _, domain := range []string{"target", "adapted", "source"} {
		v, ok := r.Accuracy[domain]
		if !ok {
			continue
		}
		part := domain + " " + console.Percent(v)
		if a, ok := r.Angle[domain]; ok {
			part += " " + console.Degrees(a.Coded)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// lossNote words the losses of a record, the most interesting first.
func lossNote(r trainer.TrainRecord) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Loss)) {
		parts = append(parts, fmt.Sprintf("%s %.3g", name, r.Loss[name]))
	}
	return strings.Join(parts, " ")
}
