package reproduce

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/study"
)

// The files of a report.
const (
	reportMarkdown = "report.md"
	reportJSON     = "report.json"
)

// report writes the report of the study and prints its table. It is an error if runs have failed.
func (j *Job) report() error {
	rep, err := study.NewReport(j.Study, j.Scale, j.Seeds, j.Out, j.Data)
	if err != nil {
		return err
	}
	rep.Version, rep.Command = j.Version, "pixelda-wgpu "+strings.Join(j.arguments(""), " ")
	folder := j.Study.ReportFolder(j.Out, rep.Scale)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	for _, p := range rep.Pictures {
		if err := copyFile(filepath.Join(folder, p.File), p.From); err != nil {
			return err
		}
	}
	plots, err := plotReport(folder, rep)
	if err != nil {
		return err
	}
	rep.Pictures = slices.Concat(plots, rep.Pictures)
	file := filepath.Join(folder, reportMarkdown)
	if err := rundir.WriteFile(file, rep.Markdown); err != nil {
		return err
	}
	err = rundir.WriteFile(filepath.Join(folder, reportJSON), func(w io.Writer) error {
		text, err := json.MarshalIndent(rep, "", "  ")
		if err == nil {
			_, err = w.Write(append(text, '\n'))
		}
		return err
	})
	if err != nil {
		return err
	}
	if j.JSON {
		err = j.Console.JSON(rep)
	} else {
		j.printReport(rep, file)
	}
	if n := len(rep.Failures); n > 0 && err == nil {
		return fmt.Errorf("%s failed, the first of them %s: %s; %s lists all of them, and the same command tries "+
			"them again",
			console.Count(n, "run"), rep.Failures[0].Key, rep.Failures[0].Error, file)
	}
	return err
}

// printReport shows the table, and whether the rows rank as in the paper.
func (j *Job) printReport(rep *study.Report, file string) {
	j.Console.Printf("\n%s, scale %s, %s\n", j.Console.Bold(rep.Title), rep.Scale,
		console.Count(len(rep.Seeds), "seed"))
	var tab console.Table
	head := []string{""}
	for i := range rep.Columns {
		head = append(head, rep.Heading(i), "paper")
	}
	tab.Align = "l" + strings.Repeat("r", len(head)-1)
	tab.Head(j.Console, head...)
	for _, row := range rep.Rows {
		cells := []string{row.Title}
		for i, f := range row.Figures {
			cells = append(cells, f.Text(rep.Columns[i].Statistic), j.Console.Faint(f.PaperText()))
		}
		tab.Add(cells...)
	}
	tab.Print(j.Console, "  ")
	for _, o := range rep.Order {
		j.Console.Printf("%s\n", strings.ReplaceAll(o.Text(), "**", ""))
		const most = 5 // the report lists all
		for i, v := range o.Reversed {
			if i == most {
				j.Console.Printf("  %s more in the report\n", console.Count(len(o.Reversed)-most, "pair"))
				break
			}
			j.Console.Printf("  %s\n", v.Text())
		}
	}
	j.Console.Printf("\nReport  %s\n", file)
}

// copyFile copies a file, completely or not at all.
func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	return rundir.WriteFile(to, func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
}
