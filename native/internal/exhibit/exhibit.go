// Package exhibit looks at a run, or at a single checkpoint: it draws what a gallery shows. It owns
// the device, and follows a run that is still training. It knows nothing of windows.
package exhibit

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/checkpoint"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/gallery"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/rundir"
	"pixelda-wgpu/trainer/sinks"
	"pixelda-wgpu/trainer/validate"
)

// Exhibit is a run, or a single checkpoint, as a gallery shows it.
type Exhibit struct {
	Title  string
	run    *rundir.Run // nil for a checkpoint by itself
	config recipe.Config
	data   engine.Data
	source *datasets.Set // the images shown
	target *datasets.Set // training images in the model's form; nil if the two cannot be compared

	generator   *engine.Generator
	checkpoints []string // oldest first
	at          int      // the one shown
	step        int
	failed      string // the newest checkpoint that could not be read, not to be tried again
}

const (
	exhibited = 16              // source images, as many as a run's sample grids show
	pollEvery = 2 * time.Second // for new checkpoints
)

// Open opens a run folder or a checkpoint, and its images; data, unless empty, replaces the run's
// folder of data sets. Only PixelDA has something to look at.
func Open(path, data string) (*Exhibit, error) {
	e := &Exhibit{at: -1, config: recipe.Earlier()}
	if r, err := rundir.Open(path); err == nil {
		e.run, e.Title = r, filepath.Base(filepath.Clean(path))
		if err := r.Config(&e.config); err != nil {
			return nil, err
		}
	} else {
		file, st, err := checkpoint.Inspect(path)
		if err != nil {
			return nil, err
		}
		e.config, e.checkpoints, e.Title = st.Config, []string{file}, filepath.Base(file)
	}
	if e.config.Method != recipe.PixelDA {
		return nil, fmt.Errorf("%s is of method %s, which has no generator to look at", path, e.config.Method)
	}
	if data != "" {
		e.config.Data = data
	}
	e.Title += "  ·  " + e.config.Source + " → " + e.config.Target
	var err error
	if e.data, err = engine.OpenData(e.config); err != nil {
		return nil, err
	}
	size := e.config.Model.Size
	e.source = e.data.Source.Test.Slice(0, min(exhibited, e.data.Source.Test.Len()))
	if train := e.data.Target.Train; train.Channels == e.config.Model.TargetChannels {
		e.target = engine.Neighbours(train, size)
	}
	return e, nil
}

// Display hands a change to the gallery, on the goroutine that draws.
type Display func(func(*gallery.Gallery))

// Serve answers a visitor until they leave, and follows the run. Until it returns, no other
// goroutine may use the device.
func (e *Exhibit) Serve(d *gpu.Device, v *Visitor, show Display) error {
	defer func() {
		if e.generator != nil {
			e.generator.Close()
		}
	}()
	d.OnPipeline = func(done, total int) {
		show(func(g *gallery.Gallery) { g.Status(fmt.Sprintf("Compiling shaders: %d of %d", done, total)) })
	}
	if err := e.follow(d, show, 0); err != nil {
		return err
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-v.left:
			return nil
		case <-poll.C:
			if err := e.follow(d, show, 0); err != nil {
				return err
			}
		case <-v.wishes:
			turn, queries := v.take()
			if turn != 0 {
				if err := e.follow(d, show, turn); err != nil {
					return err
				}
			}
			for _, q := range queries {
				a, err := e.answer(q)
				if err != nil {
					return err
				}
				show(func(g *gallery.Gallery) { g.Answer(a) })
			}
		}
	}
}

// follow looks for new checkpoints, and shows the one that is turn steps from the present one; a
// visitor at the newest is taken along to newer ones.
func (e *Exhibit) follow(d *gpu.Device, show Display, turn int) error {
	newest := e.at == len(e.checkpoints)-1
	shown := ""
	if e.at >= 0 {
		shown = e.checkpoints[e.at]
	}
	if err := e.list(); err != nil {
		return err
	}
	if len(e.checkpoints) == 0 {
		show(func(g *gallery.Gallery) { g.Status("Waiting for the run's first checkpoint") })
		return nil
	}
	next := len(e.checkpoints) - 1
	for i, file := range e.checkpoints {
		if file == shown && (!newest || turn < 0) {
			next = i
		}
	}
	next = max(0, min(next+turn, len(e.checkpoints)-1))
	file := e.checkpoints[next]
	e.at = next
	if file != shown && file != e.failed {
		if err := e.load(d, file); err != nil {
			if e.generator == nil {
				return err
			}
			e.failed = file // it may have been removed just now; the run goes on
			show(func(g *gallery.Gallery) { g.Toast(err.Error()) })
			return nil
		}
	} else if turn == 0 && e.run != nil {
		status := e.status()
		show(func(g *gallery.Gallery) { g.Status(status) })
		return nil
	}
	samples, err := e.samples()
	if err != nil {
		return err
	}
	status := e.status()
	show(func(g *gallery.Gallery) { g.Show(samples); g.Status(status) })
	return nil
}

// list finds the checkpoints of a run.
func (e *Exhibit) list() error {
	if e.run == nil {
		return nil
	}
	there, err := e.run.Checkpoints()
	if err != nil {
		return err
	}
	e.checkpoints = e.checkpoints[:0]
	for _, c := range there {
		e.checkpoints = append(e.checkpoints, c.File)
	}
	return nil
}

// load loads the generator of a checkpoint.
func (e *Exhibit) load(d *gpu.Device, file string) error {
	if e.generator == nil {
		form := model.Images{Width: e.source.Width, Height: e.source.Height, Channels: e.source.Channels}
		g, err := checkpoint.OpenGenerator(d, file, form, graph.RuleFor(d.Info()))
		if err != nil {
			return err
		}
		e.generator = g
	}
	st, err := checkpoint.Reload(e.generator, file)
	e.step = st.Iteration
	return err
}

// status says what the run is doing.
func (e *Exhibit) status() string {
	if e.run == nil {
		return "One checkpoint"
	}
	var report sinks.Report
	if e.run.Report(&report) == nil {
		s := fmt.Sprintf("Finished after %d iterations", report.Iterations)
		if target, ok := report.Final["target"]; ok {
			s += ", target accuracy " + console.Percent(target.Accuracy)
		}
		if report.SourceOnly != nil {
			s += " (source only " + console.Percent(*report.SourceOnly) + ")"
		}
		return s
	}
	var last trainer.EvalRecord
	step := 0
	err := e.run.Metrics(func(line []byte) error {
		var rec trainer.EvalRecord
		if err := json.Unmarshal(line, &rec); err != nil {
			return err
		}
		step = rec.Step
		if rec.Kind == "eval" {
			last = rec
		}
		return nil
	})
	if err != nil || step == 0 {
		return "Following the run"
	}
	s := fmt.Sprintf("Following the run: %d of %d iterations", step, e.config.Iterations)
	if accuracy, ok := last.Accuracy["target"]; ok {
		s += ", target accuracy " + console.Percent(accuracy)
	}
	return s
}

// samples redraws all source images with the run's noise.
func (e *Exhibit) samples() (gallery.Samples, error) {
	s := gallery.Samples{
		Title: e.Title, Step: e.step, Earlier: e.at > 0, Later: e.at < len(e.checkpoints)-1, Classes: e.source.Classes,
	}
	all := make([]int, e.source.Len())
	for i := range all {
		all[i] = i
	}
	m := e.config.Model
	drawn, err := e.generator.Engine.Samples(e.source, engine.SeededNoise(m.NoiseDim, e.config.Seed, all), e.target, 1)
	if err != nil {
		return s, err
	}
	if s.Probabilities, err = probabilities(drawn, m.Classes); err != nil {
		return s, err
	}
	for i := range all {
		s.Noise = append(s.Noise, drawn.Noise[i*m.NoiseDim:(i+1)*m.NoiseDim])
	}
	s.Source, s.Adapted = images(drawn.Source), images(drawn.Adapted)
	for _, label := range e.source.Labels {
		s.Labels = append(s.Labels, int(label))
	}
	if drawn.Nearest != nil {
		s.Nearest = images(drawn.Nearest)
	}
	return s, nil
}

// answer redraws one source image with the noise of a query.
func (e *Exhibit) answer(q gallery.Query) (gallery.Answer, error) {
	a := gallery.Answer{ID: q.ID}
	same := make([]int, len(q.Noise))
	for i := range same {
		same[i] = q.Image
	}
	drawn, err := e.generator.Engine.Samples(e.source.Subset(same), slices.Concat(q.Noise...), e.target, q.Neighbours)
	if err != nil {
		return a, err
	}
	a.Images = images(drawn.Adapted)
	if a.Probabilities, err = probabilities(drawn, e.config.Model.Classes); err != nil || drawn.Nearest == nil {
		return a, err
	}
	near := images(drawn.Nearest)
	for i := range len(near) / len(same) { // the neighbours of the first image
		a.Neighbours = append(a.Neighbours, gallery.Neighbour{Image: near[i], Distance: drawn.Distances[i]})
	}
	return a, nil
}

// probabilities are those of the classes, one row per image.
func probabilities(s engine.Samples, classes int) ([][]float32, error) {
	p, err := validate.Probabilities(s.Logits, classes)
	return rowsOf(p, classes), err
}

// PictureName is a file name for a picture of the gallery.
func (e *Exhibit) PictureName() string {
	name, _, _ := strings.Cut(e.Title, " ")
	return fmt.Sprintf("pixelda-%s-%s.png", strings.TrimSuffix(name, ".safetensors"), time.Now().Format("150405.000"))
}

func images(s *datasets.Set) []*gallery.Image {
	return gallery.FromPixels(s.Pixels(), s.Width, s.Height, s.Channels)
}

func rowsOf(values []float32, width int) [][]float32 {
	var rows [][]float32
	for ; len(values) >= width; values = values[width:] {
		rows = append(rows, values[:width])
	}
	return rows
}
