package reproduce

import (
	"fmt"
	"path/filepath"

	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/study"
)

import ()

// Listing is a cell in the list of a study's runs, in JSON.
type Listing struct {
	Run        string      `json:"run"`
	State      study.State `json:"state"`
	Folder     string      `json:"folder"`
	Method     string      `json:"method"`
	Iterations int         `json:"iterations"`
	Uses       string      `json:"uses,omitempty"`
}

// List prints the runs of the study and how far each has got.
func (j *Job) List() error {
	var all []Listing
	for _, c := range j.Cells() {
		state, _, err := c.State(j.folder(c))
		if err != nil {
			return err
		}
		method := string(c.Config.Method)
		if c.Work != study.Train {
			method = string(c.Work)
		}
		all = append(all, Listing{c.Key(), state, j.folder(c), method, c.Config.Iterations, c.Uses})
	}
	if j.JSON {
		return j.Console.JSON(all)
	}
	j.Console.Printf("%s\n%s\n\n", j.Console.Bold(j.Study.Title), j.Study.About)
	tab := console.Table{Align: "lllr"}
	tab.Head(j.Console, "run", "state", "does", "iterations")
	for _, l := range all {
		iterations := fmt.Sprint(l.Iterations)
		if l.Method == string(study.Redraw) || l.Method == string(study.Coral) {
			iterations = ""
		}
		tab.Add(l.Run, string(l.State), l.Method, iterations)
	}
	tab.Print(j.Console, "")
	j.Console.Printf("\nRuns     %s\nReport   %s\n", filepath.Join(j.Out, string(j.Scale), "runs"),
		filepath.Join(j.Study.ReportFolder(j.Out, j.Scale), reportMarkdown))
	return nil
}
