// Package study repeats the paper's tables and figures. A study is data: the runs
// that it consists of, the paper's figures, and how a table is made of their
// outcomes. Runs are ordinary ones, in run folders that studies share: what one has
// trained, another of the same scale does not train again.
package study

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/trainer/recipe"
)

// origin marks the errors of this room.
const origin fault.Origin = "trainer/study"

// Study is a table or figure of the paper, or a claim of its text.
type Study struct {
	Name    string
	Title   string
	About   string   // what it shows, for help and report
	Notes   []string // what a reader of its figures has to know
	Rows    []Row
	Columns []Column
	Objects string // the objects that it is on, by their key; "" for digits
	Curves  bool   // with accuracy against iterations
	Seeds   map[Scale]int

	cells func(s Scale, seed uint64) []Cell
}

// Row is a line of a table: a method, or a variant of one.
type Row struct {
	Key, Title string
	Paper      []float64 // the paper's figures of the first columns, as far as a source at hand confirms them
}

// paper is the paper's figure for a column, nil where none is quoted.
func (r Row) paper(column int) *float64 {
	if column >= len(r.Paper) {
		return nil
	}
	return &r.Paper[column]
}

// Column is a figure of each row: a statistic of a scenario's outcomes.
type Column struct {
	Scenario, Title string
	Statistic       Statistic
}

// Statistic names a figure that outcomes of several seeds make.
type Statistic string

// The statistics, of the target's test images: shares in percent, angles in degrees.
const (
	Accuracy          Statistic = "accuracy"           // the mean over seeds
	AccuracyDeviation Statistic = "accuracy_deviation" // and its deviation
	UnseenAccuracy    Statistic = "unseen_accuracy"    // of classes that adaptation did not see
	Angle             Statistic = "angle"              // between told and true orientation, as the original measures it
)

// Work is what a cell does.
type Work string

// The kinds of work.
const (
	Train  Work = "train"  // a run of its configuration
	Coral  Work = "coral"  // CORAL and a linear machine on the features of a source-only run
	Redraw Work = "redraw" // the whole source set, by the generator of a PixelDA run
)

// Cell is one piece of a study: a row's result in a scenario, for a seed.
type Cell struct {
	Scenario, Row string
	Seed          uint64
	Work          Work
	Config        recipe.Config // of Train; of others the run's that they use
	Source        Source        // where the source images of Config come from
	Uses          string        // the key of the cell whose run or images this one uses
	Seen          int           // the first so many classes are those that UnseenAccuracy leaves out
	Images        int           // of each domain that Coral takes; 0 for all
	Extras        []Extra       // measured beyond accuracy

	images func(c *Cell, data string)
}

// Source says where a cell's source images come from. The zero value stands for those
// of its scenario.
type Source int

// The other sources.
const (
	OnBlack  Source = iota + 1 // the scenario's objects on black, for Table 3
	OnImages                   // the same objects before images
	Redrawn                    // what the Redraw cell made that the cell uses
)

// Extra is a measurement of a trained run.
type Extra string

// The measurements.
const (
	Neighbours    Extra = "neighbours"    // samples with their nearest target images, and how far those are
	Interpolation Extra = "interpolation" // samples along a line from one noise to another
	Divergence    Extra = "divergence"    // the proxy A-distance of what the classifier was trained on from the target
)

// Key names a cell, and its folder below those of the same scale.
func (c Cell) Key() string { return key(c.Scenario, c.Row, c.Seed) }

func key(scenario, row string, seed uint64) string {
	return fmt.Sprintf("%s/%s/seed-%d", scenario, row, seed)
}

// Folder is where a cell's run is, for studies of a scale that lie in root.
func Folder(root string, s Scale, key string) string {
	return filepath.Join(root, string(s), "runs", filepath.FromSlash(key))
}

// ReportFolder is where the report of a study lies.
func (s Study) ReportFolder(root string, scale Scale) string {
	name := s.Name
	if s.Objects != "" {
		name += "-" + s.Objects
	}
	return filepath.Join(root, string(scale), name)
}

// List is every study, in the paper's order, those on LineMod with the given objects.
func List(o Objects) []Study {
	all := append([]Study{table1(), figure3(), noiseLine(), decoupling(), curve()}, lineModStudies(o)...)
	place := func(s Study) int { return slices.Index(order, s.Name) }
	slices.SortFunc(all, func(a, b Study) int { return place(a) - place(b) })
	return all
}

// order is that of the paper, then what its text claims.
var order = []string{"table1", "table2", "table3", "table4", "table5", "table6", "fig3", "fig4", "supplement1",
	"decoupling", "curve"}

// Find returns a study by name.
func Find(name string, o Objects) (Study, error) {
	for _, s := range List(o) {
		if s.Name == name {
			return s, nil
		}
	}
	return Study{}, origin.Errorf("there is no study %q; there are %s", name, strings.Join(order, ", "))
}

// Cells lists what a study does for seeds 1 to seeds at a scale, each cell behind
// those it uses. Runs lie below root, data sets in data; without data the scale for
// tests takes the built-in digits.
func (s Study) Cells(scale Scale, seeds int, root, data string) []Cell {
	var all []Cell
	for seed := range seeds {
		all = append(all, s.cells(scale, uint64(seed)+1)...)
	}
	for i := range all {
		c := &all[i]
		c.Config.Data, c.Config.Seed = data, c.Seed
		if c.images != nil {
			c.images(c, data)
		}
		if scale == Tiny && data == "" && c.images == nil {
			c.Config.Target = "digits-m"
			if c.Config.Source == "mnist" {
				c.Config.Source = "digits"
			}
		}
		if c.Source == Redrawn {
			c.Config.Source = filepath.Join(Folder(root, scale, c.Uses), redrawnFile)
		}
	}
	return all
}

// DefaultSeeds is how many seeds a study takes at a scale unless told.
func (s Study) DefaultSeeds(scale Scale) int { return max(1, s.Seeds[scale]) }

// scenario is a pair of domains.
type scenario struct {
	key, title string
	preset     string // the paper's size
	narrow     func(c *recipe.Config)
	iterations map[recipe.Method]int      // at scale Full, where not the preset's
	small      map[recipe.Method]int      // and at scale Small
	images     func(c *Cell, data string) // fills in which images; nil for the preset's
}

// column is a scenario's accuracy.
func (s scenario) column() Column { return Column{s.key, s.title, Accuracy} }

// cell trains a method in a scenario, with what change makes of the settings; change
// may be nil.
func (s scenario) cell(scale Scale, m recipe.Method, row string, seed uint64, change func(c *recipe.Config)) Cell {
	c, err := recipe.Preset(s.preset)
	if err != nil {
		panic(err) // a defect of the definition, which tests find
	}
	c.Baseline = 0 // source-only is a row of its own
	if scale != Full {
		s.narrow(&c)
	}
	c = c.WithMethod(m)
	if scale != Full {
		narrowAdaptation(&c)
	}
	if n, ok := s.iterations[m]; ok {
		c.Iterations = n
	}
	if change != nil {
		change(&c)
	}
	scale.shorten(&c, s.small)
	return Cell{Scenario: s.key, Row: row, Seed: seed, Work: Train, Config: c, images: s.images}
}
