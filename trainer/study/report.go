package study

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/trainer/spread"
)

// Report is the outcome of a study: report.json.
type Report struct {
	Study    string   `json:"study"`
	Title    string   `json:"title"`
	About    string   `json:"about"`
	Notes    []string `json:"notes"`
	Command  string   `json:"command"` // that makes it again
	Version  string   `json:"version"`
	Scale    Scale    `json:"scale"`
	Seeds    []uint64 `json:"seeds"`
	Adapters []string `json:"adapters"`

	Columns []ReportColumn `json:"columns"`
	Rows    []ReportRow    `json:"rows"`
	Order   []Order        `json:"order"` // by column, if the paper gives one
	Runs    []ReportRun    `json:"runs"`
	Shrunk  []Shrinkage    `json:"shrunk"` // what the scale changed
	// the smallest and the largest share of the full iterations that runs have
	Share    [2]float64 `json:"iterations_share"`
	Failures []Failure  `json:"failures"`
	Pictures []Picture  `json:"pictures"`
	Curves   []Curve    `json:"curves,omitempty"`
}

// ReportColumn is a column with its images.
type ReportColumn struct {
	Scenario  string    `json:"scenario"`
	Title     string    `json:"title"`
	Statistic Statistic `json:"statistic"`
	Source    string    `json:"source"`
	Target    string    `json:"target"`
	Data      []string  `json:"data"` // fingerprints: of source and target, for each seed that draws other splits
}

// ReportRow is a row with a figure per column.
type ReportRow struct {
	Key     string   `json:"key"`
	Title   string   `json:"title"`
	Figures []Figure `json:"figures"`
}

// Figure is one cell of the table, in percent or degrees. What is unknown is nil.
type Figure struct {
	Paper  *float64       `json:"paper"`
	Ours   *float64       `json:"ours"`   // by the column's statistic
	Spread *spread.Spread `json:"spread"` // over seeds
}

// ReportRun is a cell of the study.
type ReportRun struct {
	Key        string   `json:"key"`
	Folder     string   `json:"folder"`
	Iterations int      `json:"iterations"`
	Seconds    float64  `json:"seconds,omitempty"` // of training
	Accuracy   float64  `json:"accuracy"`
	Chosen     *float64 `json:"chosen,omitempty"`
	Oracle     *float64 `json:"oracle,omitempty"`
	Cost       *float64 `json:"cost,omitempty"`
	Memory     *Memory  `json:"memory,omitempty"`
	Divergence *float64 `json:"divergence,omitempty"`
}

// Shrinkage is what a scale changed in the full configuration of some rows.
type Shrinkage struct {
	Scenario string   `json:"scenario"`
	Row      string   `json:"row"`
	Changes  []string `json:"changes"`
}

// Failure is a cell that failed.
type Failure struct {
	Key   string `json:"key"`
	Error string `json:"error"`
}

// Picture is an image file of the report.
type Picture struct {
	Caption string `json:"caption"`
	File    string `json:"file"` // in the report's folder
	From    string `json:"-"`    // the file in a run's folder that it is copied from
}

// Curve is the accuracy of a run during training.
type Curve struct {
	Scenario string  `json:"scenario"`
	Row      string  `json:"row"`
	Seed     uint64  `json:"seed"`
	Points   []Point `json:"points"`
}

// NewReport reads the outcomes of a study's cells, which are below root. The report lists what is
// missing or failed.
func NewReport(s Study, scale Scale, seeds int, root, data string) (*Report, error) {
	r := &Report{Study: s.Name, Title: s.Title, About: s.About, Notes: s.Notes, Scale: scale,
		Failures: []Failure{}, Pictures: []Picture{}, Order: []Order{}, Shrunk: []Shrinkage{}, Runs: []ReportRun{}}
	for seed := range seeds {
		r.Seeds = append(r.Seeds, uint64(seed)+1)
	}
	outcomes := map[string][]*Outcome{} // by scenario and row
	fingerprints := map[string]map[string]bool{}
	adapters := map[string]bool{}
	r.Share[0] = 1
	cells, full := s.Cells(scale, seeds, root, data), s.Cells(Full, seeds, root, data)
	for i, c := range cells {
		share := float64(c.Config.Iterations) / float64(full[i].Config.Iterations)
		r.Share = [2]float64{min(r.Share[0], share), max(r.Share[1], share)}
		folder := Folder(root, scale, c.Key())
		state, o, err := c.State(folder)
		if err != nil {
			return nil, err
		}
		changes := Shrunk(full[i].Config, c.Config)
		if c.Images != full[i].Images {
			changes = append(changes, fmt.Sprintf("images of a domain all → %d", c.Images))
		}
		if c.Seed == 1 && c.Work != Redraw && len(changes) > 0 {
			r.Shrunk = append(r.Shrunk, Shrinkage{c.Scenario, c.Row, changes})
		}
		if state != Finished {
			why := "it has not come to its end: run the command again"
			if o != nil && o.Error != "" {
				why = o.Error
			}
			r.Failures = append(r.Failures, Failure{c.Key(), why})
			continue
		}
		adapters[o.Adapter] = true
		if c.Work == Redraw {
			continue
		}
		if err := r.add(s, c, folder, o); err != nil {
			return nil, err
		}
		name := c.Scenario + "/" + c.Row
		outcomes[name] = append(outcomes[name], o)
		if c.Uses == "" {
			if fingerprints[c.Scenario] == nil {
				fingerprints[c.Scenario] = map[string]bool{}
			}
			fingerprints[c.Scenario][o.Data] = true
		}
	}
	r.Adapters = slices.Sorted(maps.Keys(adapters))
	for _, col := range s.Columns {
		rc := ReportColumn{Scenario: col.Scenario, Title: col.Title, Statistic: col.Statistic,
			Data: slices.Sorted(maps.Keys(fingerprints[col.Scenario]))}
		for _, c := range cells {
			if c.Scenario == col.Scenario && c.Uses == "" {
				rc.Source, rc.Target = c.Config.Source, c.Config.Target
			}
		}
		r.Columns = append(r.Columns, rc)
	}
	return r, r.fill(s, outcomes)
}

// add adds the outcome of a finished cell.
func (r *Report) add(s Study, c Cell, folder string, o *Outcome) error {
	r.Runs = append(r.Runs, ReportRun{
		Key: c.Key(), Folder: folder, Iterations: o.Iterations, Seconds: o.Seconds, Accuracy: o.Accuracy,
		Chosen: o.Chosen,
		Oracle: o.Oracle, Cost: o.Cost, Memory: o.Memory,
		Divergence: o.Divergence,
	})
	picture := func(caption, file string) {
		name := strings.NewReplacer("/", "-").Replace(c.Key()) + "-" + caption + ".png"
		r.Pictures = append(r.Pictures, Picture{c.Key() + ": " + caption, name, filepath.Join(folder, file)})
	}
	for _, e := range c.Extras {
		if file, ok := o.Pictures[e]; ok {
			picture(string(e), file)
		}
	}
	if o.Samples != "" && len(o.Pictures) == 0 {
		picture("samples", o.Samples)
	}
	if s.Curves && c.Work == Train {
		points, _, err := ReadCurve(folder)
		if err != nil {
			return err
		}
		r.Curves = append(r.Curves, Curve{c.Scenario, c.Row, c.Seed, points})
	}
	return nil
}

// fill makes the table and compares its order with the paper's.
func (r *Report) fill(s Study, outcomes map[string][]*Outcome) error {
	for _, row := range s.Rows {
		line := ReportRow{Key: row.Key, Title: row.Title}
		for i, col := range s.Columns {
			f := Figure{Paper: row.paper(i)}
			var values []float64
			for _, o := range outcomes[col.Scenario+"/"+row.Key] {
				if v, ok := o.value(col.Statistic); ok {
					values = append(values, v)
				}
			}
			if len(values) > 0 {
				sp, err := spread.Of(values)
				if err != nil {
					return origin.Errorf("%s, %s: %w", col.Scenario, row.Key, err)
				}
				f.Spread = &sp
				switch col.Statistic {
				case AccuracyDeviation:
					f.Ours = sp.Deviation
				default:
					f.Ours = &sp.Mean
				}
			}
			line.Figures = append(line.Figures, f)
		}
		r.Rows = append(r.Rows, line)
	}
	for i := range s.Columns {
		if o := r.order(i); o.Pairs > 0 {
			r.Order = append(r.Order, o)
		}
	}
	return nil
}
