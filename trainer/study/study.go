// Package study repeats the paper's tables and figures. A study is data: the runs that it consists
// of, the paper's figures, and how a table is made from the outcomes. Runs are ordinary ones, in
// run folders that studies share: what one study has trained, another one of the same scale does
// not train again.
package study

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/gpu/fault"
	"pixelda-wgpu/trainer/recipe"
)

// origin marks the errors of this package.
const origin fault.Origin = "trainer/study"

// Study is a table or figure of the paper, or a claim of its text.
type Study struct {
	Name    string
	Title   string
	About   string   // what it shows, for help and report
	Notes   []string // what a reader of its figures needs to know
	Rows    []Row
	Columns []Column
	Objects string // the key of its objects; "" for digits
	Curves  bool   // with accuracy against iterations
	Seeds   map[Scale]int

	cells func(s Scale, seed uint64) []Cell
}

// Row is a line of a table: a method, or a variant of one.
type Row struct {
	Key, Title string
	Paper      []float64 // the paper's figures for the first columns, as far as an available source confirms them
}

// paper is the paper's figure for a column, or nil if none is quoted.
func (r Row) paper(column int) *float64 {
	if column >= len(r.Paper) {
		return nil
	}
	return &r.Paper[column]
}

// Column is a figure for each row: a statistic of a scenario's outcomes.
type Column struct {
	Scenario, Title string
	Statistic       Statistic
}

// Statistic names a figure that is computed from the outcomes of several seeds.
type Statistic string

// The statistics, of the target's test images: shares in percent, angles in degrees.
const (
	Accuracy          Statistic = "accuracy"           // the mean over seeds
	AccuracyDeviation Statistic = "accuracy_deviation" // and its deviation
	UnseenAccuracy    Statistic = "unseen_accuracy"    // of classes that adaptation did not see
	Angle             Statistic = "angle"              // from predicted to true orientation, as in the original
)

// Work is what a cell does.
type Work string

// The kinds of work.
const (
	Train  Work = "train"  // a run of its configuration
	Coral  Work = "coral"  // CORAL and a linear machine on the features of a source-only run
	Redraw Work = "redraw" // the whole source set, redrawn by the generator of a PixelDA run
)

// Cell is one piece of a study: a row's result in a scenario, for a seed.
type Cell struct {
	Scenario, Row string
	Seed          uint64
	Work          Work
	Config        recipe.Config // of Train; otherwise that of the run used
	Source        Source        // where the source images of Config come from
	Uses          string        // the key of the cell whose run or images this one uses
	Seen          int           // how many classes, counted from the first, UnseenAccuracy leaves out
	Images        int           // how many of each domain Coral uses; 0 for all
	Extras        []Extra       // measured beyond accuracy

	images func(c *Cell, data string)
}

// Source says where a cell's source images come from. The zero value means those of its scenario.
type Source int

// The other sources.
const (
	OnBlack  Source = iota + 1 // the scenario's objects on black, for Table 3
	OnImages                   // the same objects in front of images
	Redrawn                    // what the Redraw cell that the cell uses has made
)

// Extra is a measurement of a trained run.
type Extra string

// The measurements.
const (
	Neighbours    Extra = "neighbours"    // samples with their nearest target images, and how far away those are
	Interpolation Extra = "interpolation" // samples along a line from one noise to another
	Divergence    Extra = "divergence"    // the proxy A-distance from the classifier's training images to the target
)

// Key names a cell, and its folder among those of the same scale.
func (c Cell) Key() string { return key(c.Scenario, c.Row, c.Seed) }

func key(scenario, row string, seed uint64) string {
	return fmt.Sprintf("%s/%s/seed-%d", scenario, row, seed)
}

// Folder is where a cell's run is, for studies of a scale below root.
func Folder(root string, s Scale, key string) string {
	return filepath.Join(root, string(s), "runs", filepath.FromSlash(key))
}

// ReportFolder is where the report of a study is.
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

// order is that of the paper, followed by what its text claims.
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

// Cells lists what a study does for seeds 1 to seeds at a scale, each cell after those that it
// uses. Runs are below root, data sets in data; without data, the scale for tests uses the built-in
// digits.
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

// DefaultSeeds is how many seeds a study uses at a scale by default.
func (s Study) DefaultSeeds(scale Scale) int { return max(1, s.Seeds[scale]) }

// scenario is a pair of domains.
type scenario struct {
	key, title string
	preset     string // the paper's size
	narrow     func(c *recipe.Config)
	iterations map[recipe.Method]int      // at scale Full, if not the preset's
	small      map[recipe.Method]int      // and at scale Small
	images     func(c *Cell, data string) // sets the images; nil for the preset's
}

// column is a scenario's accuracy.
func (s scenario) column() Column { return Column{s.key, s.title, Accuracy} }

// cell trains a method in a scenario, with settings adjusted by change, which may be nil.
func (s scenario) cell(scale Scale, m recipe.Method, row string, seed uint64, change func(c *recipe.Config)) Cell {
	c, err := recipe.Preset(s.preset)
	if err != nil {
		panic(err) // a bug in the definition, which tests find
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
