package study

import (
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/grid"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/sinks"
)

// Bench is what cells are measured on.
type Bench struct {
	Device *gpu.Device
	Choose graph.Chooser
	Root   string
	Scale  Scale
}

// Conclude measures a cell, whose run, if it has one, has ended, and writes its outcome.
func (b Bench) Conclude(c Cell) error {
	folder := Folder(b.Root, b.Scale, c.Key())
	o, err := ReadOutcome(folder)
	if err != nil {
		return err
	}
	if o == nil || o.Error != "" {
		switch c.Work {
		case Train:
			o, err = trained(folder)
		case Redraw:
			o, err = b.redraw(c, folder)
		case Coral:
			o, err = b.coral(c)
		default:
			err = origin.Errorf("cell %s: no work %q", c.Key(), c.Work)
		}
		if err != nil {
			return err
		}
		o.Work, o.Config, o.Seen, o.Adapter = c.Work, c.Config, c.Seen, b.Device.Info().String()
	}
	if err := b.extras(c, folder, o); err != nil {
		return err
	}
	return o.Write(folder)
}

// trained reads the outcome of a run.
func trained(folder string) (*Outcome, error) {
	r, err := rundir.Open(folder)
	if err != nil {
		return nil, err
	}
	var rep sinks.Report
	if err := r.Report(&rep); err != nil {
		return nil, err
	}
	_, st, err := latest(folder)
	if err != nil {
		return nil, err
	}
	final := rep.Final["target"]
	chosen, oracle := rep.Chosen.Accuracy["target"], rep.Oracle.Accuracy["target"]
	_, seconds, err := ReadCurve(folder)
	if err != nil {
		return nil, err
	}
	o := &Outcome{Iterations: rep.Iterations, Seconds: seconds, Data: st.Data, Accuracy: final.Accuracy,
		Chosen: &chosen,
		Oracle: &oracle, Evaluation: final}
	if rep.Samples != "" {
		if o.Samples, err = filepath.Rel(folder, rep.Samples); err != nil {
			return nil, origin.Errorf("%w", err)
		}
	}
	return o, nil
}

// latest is the last checkpoint of a run.
func latest(folder string) (string, checkpoint.State, error) {
	r, err := rundir.Open(folder)
	if err != nil {
		return "", checkpoint.State{}, err
	}
	last, _, err := r.Latest(checkpoint.Check)
	if err != nil {
		return "", checkpoint.State{}, err
	}
	return checkpoint.Inspect(last.File)
}

// generator opens a run's final generator, for the run's source images.
func (b Bench) generator(folder string, data engine.Data) (*engine.Generator, error) {
	file, _, err := latest(folder)
	if err != nil {
		return nil, err
	}
	train := data.Source.Train
	form := model.Images{Width: train.Width, Height: train.Height, Channels: train.Channels}
	return checkpoint.OpenGenerator(b.Device, file, form, b.Choose)
}

// redrawnFile is what a Redraw cell makes: the source's training images and, since a source has to
// have some, the first of its test images.
const (
	redrawnFile = "redrawn.pxds"
	redrawnTest = 1000
	atOnce      = 4096 // images in memory as floats
)

// redraw has the source redrawn by the generator of the run that c uses.
func (b Bench) redraw(c Cell, folder string) (*Outcome, error) {
	run := Folder(b.Root, b.Scale, c.Uses)
	data, err := engine.OpenData(c.Config)
	if err != nil {
		return nil, err
	}
	g, err := b.generator(run, data)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	all := func(set *datasets.Set, name string, first int) (*datasets.Set, error) {
		drawn := datasets.Set{Name: name, Labels: set.Labels, Classes: set.Classes, Poses: set.Poses}
		var pixels []byte
		for from := 0; from < set.Len(); from += atOnce {
			part, err := g.Adapt(set.Slice(from, min(from+atOnce, set.Len())), c.Seed, first+from)
			if err != nil {
				return nil, err
			}
			if from == 0 {
				drawn.Width, drawn.Height, drawn.Channels = part.Width, part.Height, part.Channels
				pixels = make([]byte, 0, set.Len()*part.ImageBytes())
			}
			pixels = append(pixels, part.Pixels()...)
		}
		return drawn.Of(pixels), nil
	}
	train, test := data.Source.Train, data.Source.Test
	s := datasets.Splits{Origin: c.Config.Source + " redrawn by " + c.Uses}
	if s.Train, err = all(train, c.Config.Source+" redrawn train", 0); err != nil {
		return nil, err
	}
	if s.Test, err = all(test.Slice(0, min(redrawnTest, test.Len())), c.Config.Source+" redrawn test",
		train.Len()); err != nil {
		return nil, err
	}
	_, st, err := latest(run)
	if err != nil {
		return nil, err
	}
	o := &Outcome{Iterations: st.Iteration, Data: st.Data}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, origin.Errorf("%w", err)
	}
	// the result is mapped, so that training needs no memory for it
	return o, pack.SaveRaw(filepath.Join(folder, redrawnFile), s)
}

// extras measures what a cell asks for and its outcome lacks.
func (b Bench) extras(c Cell, folder string, o *Outcome) error {
	missing := slices.DeleteFunc(slices.Clone(c.Extras), o.measured)
	if len(missing) == 0 {
		return nil
	}
	data, err := engine.OpenData(c.Config)
	if err != nil {
		return err
	}
	if i := slices.Index(missing, Divergence); i >= 0 {
		distance, err := b.divergence(c, folder, data)
		if err != nil {
			return err
		}
		o.Divergence, missing = &distance, slices.Delete(missing, i, i+1)
	}
	if len(missing) == 0 {
		return nil
	}
	g, err := b.generator(folder, data)
	if err != nil {
		return err
	}
	defer g.Close()
	if o.Pictures == nil {
		o.Pictures = map[Extra]string{}
	}
	for _, e := range missing {
		var picture image.Image
		switch e {
		case Neighbours:
			picture, o.Memory, err = neighbours(g, data, c.Seed)
		case Interpolation:
			picture, err = interpolation(g, data, c.Seed)
		default:
			err = origin.Errorf("cell %s: no measurement %q", c.Key(), e)
		}
		if err != nil {
			return err
		}
		o.Pictures[e] = string(e) + ".png"
		file := filepath.Join(folder, o.Pictures[e])
		if err := rundir.WriteFile(file, func(w io.Writer) error { return png.Encode(w, picture) }); err != nil {
			return err
		}
	}
	return nil
}

// Memory compares adapted images with target training images: did the generator memorise any?
type Memory struct {
	Images  int       `json:"images"`  // compared, of each kind
	Adapted Distances `json:"adapted"` // from adapted images to the nearest target image
	Target  Distances `json:"target"`  // from target images to the nearest other one
}

// Distances are root mean square differences of pixels, where 1 is black to white.
type Distances struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Mean   float64 `json:"mean"`
}

func distancesOf(matches []grid.Match, size int) Distances {
	var d Distances
	all := make([]float64, len(matches))
	for i, m := range matches {
		all[i] = math.Sqrt(float64(m.Distance)/float64(size)) / 255
		d.Mean += all[i] / float64(len(all))
	}
	slices.Sort(all)
	n := len(all)
	d.Least, d.Median = all[0], (all[(n-1)/2]+all[n/2])/2
	return d
}

const (
	comparedImages = 256 // adapted ones, and target ones
	shownImages    = 32
)

// neighbours draws adapted images above their nearest target images and measures how close those
// are.
func neighbours(g *engine.Generator, data engine.Data, seed uint64) (image.Image, *Memory, error) {
	source := data.Source.Test.Subset(engine.FirstImages(data.Source.Test, comparedImages))
	adapted, err := g.Adapt(source, seed, 0)
	if err != nil {
		return nil, nil, err
	}
	targets := engine.Neighbours(data.Target.Train.WithChannels(g.Engine.Networks.Config.TargetChannels),
		g.Engine.Networks.Config.Size)
	if targets.Len() < 2 {
		return nil, nil, origin.Errorf("the target has %d training images; want at least 2 to compare them",
			targets.Len())
	}
	size := targets.ImageBytes()
	near := make([]grid.Match, adapted.Len())
	for i, matches := range grid.Neighbours(adapted.Pixels(), targets.Pixels(), size, 1) {
		near[i] = matches[0]
	}
	some := shuffled(targets.Len(), seed)
	some = some[:min(len(near), len(some))]
	m := &Memory{len(near), distancesOf(near, size), distancesOf(grid.NearestOthers(some, targets.Pixels(), size),
		size)}

	n := min(shownImages, adapted.Len())
	indices := make([]int, n)
	for i := range n {
		indices[i] = near[i].Image
	}
	var rows []grid.Row
	for _, of := range []struct {
		caption string
		set     *datasets.Set
	}{
		{"source", source.Slice(0, n).Resize(g.Engine.Networks.Config.Size, g.Engine.Networks.Config.Size).Hold()},
		{"adapted", adapted.Slice(0, n)}, {"nearest target", targets.Subset(indices)},
	} {
		colours := engine.Row(of.caption, of.set)
		rows = append(rows, colours)
		if of.set.Channels == datasets.RGBD {
			rows = append(rows, colours.Channel(datasets.RGBD-1, "its depth"))
		}
	}
	picture, err := grid.Draw(rows, max(1, 64/g.Engine.Networks.Config.Size))
	return picture, m, err
}

// shuffled is the numbers below n in a random order drawn from seed.
func shuffled(n int, seed uint64) []int { return rand.New(rand.NewPCG(seed, 0)).Perm(n) }

// interpolation draws, in a row per source image, the image and what the generator makes of it with
// noise on a line from one draw to another, the same for all rows.
func interpolation(g *engine.Generator, data engine.Data, seed uint64) (image.Image, error) {
	const steps, images = 15, 8
	c := g.Engine.Networks.Config
	ends := engine.SeededNoise(c.NoiseDim, seed, []int{0, 1})
	noise := make([]float32, steps*c.NoiseDim)
	for k := range steps {
		t := float32(k) / (steps - 1)
		for j := range c.NoiseDim {
			noise[k*c.NoiseDim+j] = (1-t)*ends[j] + t*ends[c.NoiseDim+j]
		}
	}
	var rows []grid.Row
	for _, i := range engine.FirstImages(data.Source.Test, images) {
		source := data.Source.Test.Subset(slices.Repeat([]int{i}, steps))
		drawn, err := g.Engine.Samples(source, noise, nil, 0)
		if err != nil {
			return nil, err
		}
		first := source.Slice(0, 1).Resize(c.Size, c.Size).WithChannels(c.TargetChannels)
		one := engine.Row("", drawn.Adapted)
		one.Pixels = slices.Concat(first.Pixels(), drawn.Adapted.Pixels())
		rows = append(rows, one)
	}
	return grid.Draw(rows, max(1, 64/g.Engine.Networks.Config.Size))
}
