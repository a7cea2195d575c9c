package native

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/study"
)

// The files of a report.
const (
	reportMarkdown = "report.md"
	reportJSON     = "report.json"
)

// report writes the report of the study and prints its table.
func (r *reproduction) report() error {
	rep, err := study.NewReport(r.study, study.Scale(r.scale), r.seeds, r.out, r.data)
	if err != nil {
		return err
	}
	rep.Version, rep.Command = version(), "pixelda-wgpu "+strings.Join(r.arguments(""), " ")
	folder := r.study.ReportFolder(r.out, rep.Scale)
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
	if r.json {
		err = r.console.json(rep)
	} else {
		r.printReport(rep, file)
	}
	if n := len(rep.Failures); n > 0 && err == nil {
		return fmt.Errorf("%s failed, the first of them %s: %s; %s tells of all, and the same command tries again",
			count(n, "run"), rep.Failures[0].Key, rep.Failures[0].Error, file)
	}
	return err
}

// printReport shows the table and what came of the paper's order.
func (r *reproduction) printReport(rep *study.Report, file string) {
	r.printf("\n%s, scale %s, %s\n", r.bold(rep.Title), rep.Scale, count(len(rep.Seeds), "seed"))
	var tab table
	head := []string{""}
	for i := range rep.Columns {
		head = append(head, rep.Heading(i), "paper")
	}
	tab.align = "l" + strings.Repeat("r", len(head)-1)
	tab.head(r.console, head...)
	for _, row := range rep.Rows {
		cells := []string{row.Title}
		for i, f := range row.Figures {
			cells = append(cells, f.Text(rep.Columns[i].Statistic), r.faint(f.PaperText()))
		}
		tab.add(cells...)
	}
	tab.print(r.console, "  ")
	for _, o := range rep.Order {
		r.printf("%s\n", strings.ReplaceAll(o.Text(), "**", ""))
		const most = 5 // the report has all
		for i, v := range o.Reversed {
			if i == most {
				r.printf("  %s more in the report\n", count(len(o.Reversed)-most, "pair"))
				break
			}
			r.printf("  %s\n", v.Text())
		}
	}
	r.printf("\nReport  %s\n", file)
}

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
