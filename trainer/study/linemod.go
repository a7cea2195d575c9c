package study

import (
	"path/filepath"
	"strings"

	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
)

// Objects is a pair of domains in place of the paper's LineMod scenario (section 4.1).
type Objects struct {
	Key, Title string
	About      string
	channels   int // of both domains: 3, or 4 with depth
	classes    int
	seen       []string // the classes of Table 4's adaptation, which come first; the paper does not name its six
	source     func(data string) string
	target     func(data string) string
	black      func(data string) string // for Table 3: the source on black,
	onImages   func(data string) string // and in front of images, by the same renderer
}

// ObjectSets lists the choices, the default first.
func ObjectSets() []Objects {
	named := func(name string) func(string) string { return func(string) string { return name } }
	file := func(name string) func(string) string {
		return func(data string) string { return filepath.Join(data, name) }
	}
	return []Objects{
		{
			Key: "objects", Title: "Objects → objects in clutter",
			About: "built-in, eleven classes, RGB with depth; needs " +
				"no files",
			channels: 4, classes: 11, seen: []string{"boat", "camera", "car", "chair", "drill", "hammer"},
			source: named("objects"), target: named("objects-m"),
			black: named("objects"), onImages: named("objects-bg"),
		},
		{
			Key: "crops", Title: "LineMod crops, rendered → real", About: "five classes of LineMod, RGB: the sets " +
				"linemod-crops-synthetic and linemod-crops",
			channels: 3, classes: 5, seen: []string{"ape", "benchvise", "cam"},
			source: named("linemod-crops-synthetic"), target: named("linemod-crops"),
			black: file("crops-synthetic.pxds"), onImages: file("crops-on-photos.pxds"),
		},
		{
			Key: "linemod", Title: "Synthetic Cropped LineMod → Cropped LineMod",
			About: "eleven classes, RGB with depth: " +
				"linemod-synthetic.pxds and the set linemod",
			channels: 4, classes: 11, seen: []string{"ape", "benchvise", "cam", "can", "cat", "driller"},
			source: file("linemod-synthetic.pxds"), target: named("linemod"),
			black: file("linemod-synthetic.pxds"), onImages: file("linemod-on-photos.pxds"),
		},
	}
}

// FindObjects returns a choice by its key; "" is the default.
func FindObjects(key string) (Objects, error) {
	var keys []string
	for _, o := range ObjectSets() {
		if o.Key == key || key == "" {
			return o, nil
		}
		keys = append(keys, o.Key)
	}
	return Objects{}, origin.Errorf("there are no objects %q; there are %s", key, strings.Join(keys, ", "))
}

// scenario is the pair, with its depth or without.
func (o Objects) scenario(key string, channels int) scenario {
	return scenario{
		key: "linemod-" + o.Key + key, title: o.Title, preset: "linemod",
		narrow: narrowLineMod, small: smallLineMod,
		iterations: map[recipe.Method]int{
			engine.SourceOnly: classifierIterations, engine.TargetOnly: classifierIterations,
			engine.DANN: classifierIterations, engine.MMD: classifierIterations, engine.DSN: classifierIterations,
		},
		images: func(c *Cell, data string) {
			source := o.source
			switch c.Source {
			case OnBlack:
				source = o.black
			case OnImages:
				source = o.onImages
			}
			m := &c.Config.Model
			c.Config.Source, c.Config.Target = source(data), o.target(data)
			m.SourceChannels, m.TargetChannels, m.Classes = channels, channels, o.classes
		},
	}
}

// classifierIterations is how long a classifier is trained on objects at full size, by itself or
// with DANN, MMD or DSN. The paper does not say.
const classifierIterations = 100_000

// redrawnBy is the cell that redraws the whole source with the generator of trained.
func redrawnBy(trained Cell, row string) Cell {
	c := trained
	c.Row, c.Work, c.Uses, c.Extras = row, Redraw, trained.Key(), nil
	return c
}

// lineModStudies are the studies on objects.
func lineModStudies(o Objects) []Study {
	studies := []Study{o.table2(), o.table3(), o.table4(), o.table5(), o.table6(), o.figure4()}
	for i := range studies {
		studies[i].Objects = o.Key
		studies[i].Notes = append(studies[i].Notes, "Images: "+o.About+".")
	}
	return studies
}

var lineModRows = []Row{
	{"source-only", "Source only", nil},
	{"mmd", "MMD", nil},
	{"dann", "DANN", nil},
	{"dsn", "DSN", nil},
	{"pixelda", "PixelDA", []float64{99.98, 23.5}},
	{"target-only", "Target only", nil},
}

// table2 is the paper's Table 2.
func (o Objects) table2() Study {
	s := o.scenario("", o.channels)
	return Study{
		Name: "table2", Title: "Table 2: adaptation from rendered to real objects", Curves: true,
		About: "Accuracy and mean angle error on the target's test images of a classifier trained without " +
			"adaptation, by each method, and on target labels.",
		Rows:    lineModRows,
		Columns: []Column{s.column(), {s.key, s.title, Angle}},
		cells: func(scale Scale, seed uint64) []Cell {
			var cells []Cell
			for _, m := range []recipe.Method{engine.SourceOnly, engine.MMD, engine.DANN, engine.DSN, recipe.PixelDA,
				engine.TargetOnly} {
				cells = append(cells, s.cell(scale, m, string(m), seed, nil))
			}
			return cells
		},
	}
}

// table3 is the paper's Table 3.
func (o Objects) table3() Study {
	s := o.scenario("-rgb", 3)
	before := func(backdrop Source, scale Scale, m recipe.Method, row string, seed uint64) Cell {
		c := s.cell(scale, m, row, seed, nil)
		c.Source = backdrop
		return c
	}
	return Study{
		Name: "table3", Title: "Table 3: the source's background",
		About: "The source's objects on black, and in front of images, without depth.",
		Notes: []string{"The paper's images are those of ImageNet; the built-in objects stand before drawn textures."},
		Rows: []Row{
			{"source-only-black", "Source only, black", nil}, {"pixelda-black", "PixelDA, black", nil},
			{"source-only-images", "Source only, images", nil}, {"pixelda-images", "PixelDA, images", nil},
		},
		Columns: []Column{s.column(), {s.key, s.title, Angle}},
		cells: func(scale Scale, seed uint64) []Cell {
			return []Cell{
				before(OnBlack, scale, engine.SourceOnly, "source-only-black", seed),
				before(OnBlack, scale, recipe.PixelDA, "pixelda-black", seed),
				before(OnImages, scale, engine.SourceOnly, "source-only-images", seed),
				before(OnImages, scale, recipe.PixelDA, "pixelda-images", seed),
			}
		},
	}
}

// table4 is the paper's Table 4.
func (o Objects) table4() Study {
	s := o.scenario("", o.channels)
	return Study{
		Name: "table4", Title: "Table 4: classes that adaptation has not seen",
		About: "The generator is trained on some classes only: " + strings.Join(o.seen, ", ") +
			". It then redraws the " +
			"source of all classes, on which a new classifier is trained. " +
			"Beside it the same with a generator trained on all classes.",
		Notes: []string{"The paper trains on six of eleven classes; which, no source at hand tells. That the " +
			"classifier is a new one is this program's reading of it."},
		Rows: []Row{
			{"new-some", "Some classes seen", nil},
			{"new-all", "All classes seen", nil},
		},
		Columns: []Column{s.column(), {s.key, s.title, UnseenAccuracy}, {s.key, s.title, Angle}},
		cells: func(scale Scale, seed uint64) []Cell {
			some := s.cell(scale, recipe.PixelDA, "pixelda-some", seed, func(c *recipe.Config) {
				c.TrainClasses = o.seen
			})
			all := s.cell(scale, recipe.PixelDA, "pixelda", seed, nil)
			var cells []Cell
			for _, trained := range []Cell{some, all} {
				name := strings.Replace(strings.Replace(trained.Row, "pixelda-", "", 1), "pixelda", "all", 1)
				redrawn := redrawnBy(trained, "redrawn-"+name)
				redrawn.Config.TrainClasses = []string{} // all classes are redrawn
				fresh := newClassifier(s, scale, "new-"+name, seed, redrawn)
				fresh.Seen = len(o.seen) // for both rows, so that they are measured on the same classes
				cells = append(cells, trained, redrawn, fresh)
			}
			return cells
		},
	}
}

// newClassifier trains a classifier on redrawn images alone.
func newClassifier(s scenario, scale Scale, row string, seed uint64, redrawn Cell) Cell {
	return s.cell(scale, engine.SourceOnly, row, seed, nil).on(redrawn)
}

// on is the cell with the images that redrawn makes as its source.
func (c Cell) on(redrawn Cell) Cell {
	c.Source, c.Uses = Redrawn, redrawn.Key()
	return c
}

// table5 is the paper's Table 5.
func (o Objects) table5() Study {
	s := o.scenario("", o.channels)
	similarity, note := model.MaskedCode, "The content loss is masked by the source's depth."
	if o.channels < 4 {
		similarity, note = model.PairwiseCode, "Without depth there is no mask: the content loss is that of whole "+
			"images, which is not the paper's."
	}
	losses := func(c *recipe.Config, source, adapted float64) {
		m := &c.Model
		m.TaskSourceWeight, m.TaskAdaptedWeight = source, adapted
		if source == 0 {
			m.PoseSourceWeight = 0
		} else if m.PoseSourceWeight == 0 {
			m.PoseSourceWeight = m.PoseAdaptedWeight
		}
	}
	return Study{
		Name: "table5", Title: "Table 5: the spread over initialisations",
		About: "The deviation over seeds of the accuracy, with none of the task losses in adaptation (the classifier " +
			"is trained on redrawn images afterwards), " +
			"with that of adapted images, with that of source images too, and with the content loss besides.",
		Notes: []string{note,
			"With weights of orientation as the paper has them for adapted images, for source images " +
				"too where their task loss counts."},
		Rows: []Row{
			{"none", "No task loss", []float64{23.26}},
			{"adapted", "Task loss of adapted images", []float64{22.32}},
			{"both", "Task losses of source and adapted images", []float64{2.04}},
			{"content", "These and the content loss", []float64{1.60}},
		},
		Columns: []Column{{s.key, s.title, AccuracyDeviation}, s.column()},
		Seeds:   map[Scale]int{Full: 10, Small: 3, Tiny: 2},
		cells: func(scale Scale, seed uint64) []Cell {
			row := func(name string, source, adapted float64, content bool) Cell {
				return s.cell(scale, recipe.PixelDA, "losses-"+name, seed, func(c *recipe.Config) {
					losses(c, source, adapted)
					if adapted == 0 {
						c.Model.TaskInGWeight, c.Model.PoseAdaptedWeight, c.Model.PoseSourceWeight = 0, 0, 0
					}
					if content {
						c.Model.Similarity, c.Model.SimilarityWeight = similarity, 22.9
					}
				})
			}
			bare := row("none", 0, 0, false)
			redrawn := redrawnBy(bare, "redrawn-losses-none")
			cells := []Cell{bare, redrawn, newClassifier(s, scale, "none", seed, redrawn)}
			for _, c := range []Cell{row("adapted", 0, 1, false), row("both", 1, 1, false),
				row("content", 1, 1, true)} {
				c.Row = strings.TrimPrefix(c.Row, "losses-")
				cells = append(cells, c)
			}
			return cells
		},
	}
}

// table6 is the paper's Table 6.
func (o Objects) table6() Study {
	s := o.scenario("", o.channels)
	const labels = 1000
	with := func(c *recipe.Config) { c.TargetLabelled = labels }
	return Study{
		Name: "table6", Title: "Table 6: a thousand target labels",
		About: "A thousand labelled target images by themselves, beside the source, and in PixelDA; and PixelDA " +
			"without them.",
		Rows: []Row{
			{"labels-only", "1,000 labels only", nil},
			{"source-labels", "Source and 1,000 labels", nil},
			{"pixelda", "PixelDA without labels", []float64{99.98, 23.5}},
			{"pixelda-labels", "PixelDA and 1,000 labels", nil},
		},
		Columns: []Column{s.column(), {s.key, s.title, Angle}},
		cells: func(scale Scale, seed uint64) []Cell {
			return []Cell{
				s.cell(scale, engine.TargetOnly, "labels-only", seed, func(c *recipe.Config) {
					c.TargetTrain = labels
				}),
				s.cell(scale, engine.SourceOnly, "source-labels", seed, with),
				s.cell(scale, recipe.PixelDA, "pixelda", seed, nil),
				s.cell(scale, recipe.PixelDA, "pixelda-labels", seed, with),
			}
		},
	}
}

// figure4 is the paper's Figure 4.
func (o Objects) figure4() Study {
	s := o.scenario("", o.channels)
	return Study{
		Name: "fig4", Title: "Figure 4: redrawn objects and the target images nearest to them",
		About: "Rendered objects, what the generator makes of them, and of all target training images those at the " +
			"smallest Euclidean distance, with their depth where there is one.",
		Notes:   []string{neighboursNote},
		Rows:    []Row{{Key: "pixelda", Title: "PixelDA", Paper: []float64{99.98, 23.5}}},
		Columns: []Column{s.column(), {s.key, s.title, Angle}},
		cells: func(scale Scale, seed uint64) []Cell {
			c := s.cell(scale, recipe.PixelDA, "pixelda", seed, nil)
			c.Extras = []Extra{Neighbours}
			return []Cell{c}
		},
	}
}
