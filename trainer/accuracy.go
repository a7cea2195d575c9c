package trainer

import (
	"encoding/json"
	"fmt"
	"image"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/grid"
)

// Accuracies classifies the test images: the target's always all, through the
// layers that see adapted images in training; of the source's at most limit (0
// for all), as they are and adapted.
func (t *Trainer) Accuracies(limit int) (map[string]Evaluation, error) {
	m := map[string]Evaluation{}
	var err error
	if m["target"], err = t.classify(model.ClassifyTarget, t.Data.Target.Test); err != nil {
		return nil, err
	}
	if t.Config.Method != PixelDA {
		return m, nil
	}
	source := head(t.Data.Source.Test, limit)
	if m["source"], err = t.classify(model.ClassifySource, source); err != nil {
		return nil, err
	}
	_, m["adapted"], err = t.adapt(source, seeded(t.Config.Seed))
	return m, err
}

// scoreImages is how many target images the label-free score looks at.
const scoreImages = 1000

// Score is the measure by which checkpoints are chosen: the information that the
// predictions hold about target images other than the test images. It uses no
// labels.
func (t *Trainer) Score() (float64, error) {
	set := t.Data.Target.Valid
	if set == nil || set.Len() == 0 {
		set = t.Data.Target.Train
	}
	unlabelled := *head(set, scoreImages)
	unlabelled.Labels = nil
	ev, err := t.classify(model.ClassifyTarget, &unlabelled)
	if err != nil {
		return 0, err
	}
	return ev.score(t.Classes)
}

// head is the first n images of a set; 0 means all.
func head(s *datasets.Set, n int) *datasets.Set {
	if n <= 0 || n >= s.Len() {
		return s
	}
	return s.Slice(0, n)
}

// parseEval decodes a line of metrics.jsonl if it is an evaluation.
func parseEval(line []byte) (rec EvalRecord, ok bool, err error) {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return rec, false, fmt.Errorf("trainer: metrics.jsonl: %w", err)
	}
	if kind.Kind != "eval" {
		return rec, false, nil
	}
	err = json.Unmarshal(line, &rec)
	return rec, err == nil, err
}

// sampler draws the grids of a run: the same source images and noise each time.
type sampler struct {
	*Trainer
	source, target *datasets.Set // of the model's size
}

const sampleImages = 16

func newSampler(t *Trainer) (*sampler, error) {
	if t.Data.Source.Test.Len() == 0 {
		return nil, fmt.Errorf("trainer: no source images to draw samples from")
	}
	return &sampler{
		Trainer: t,
		source:  head(t.Data.Source.Test, sampleImages),
		target:  sized(t.Data.Target.Train, t.Size),
	}, nil
}

func sized(s *datasets.Set, size int) *datasets.Set {
	if s.Width == size && s.Height == size {
		return s
	}
	return s.Resize(size, size)
}

// grid draws source images, what the generator makes of them, and the target
// images nearest to those.
func (s *sampler) grid() (image.Image, error) {
	images, _, err := s.adapt(s.source, seeded(s.Config.Seed))
	if err != nil {
		return nil, err
	}
	adapted := grid.Pixels(images, s.TargetChannels, s.Size, s.Size)
	row := func(caption string, channels int, pixels []byte) grid.Row {
		return grid.Row{Caption: caption, Width: s.Size, Height: s.Size, Channels: channels, Pixels: pixels}
	}
	rows := []grid.Row{
		row("source", s.source.Channels, sized(s.source, s.Size).Pixels),
		row("adapted", s.TargetChannels, adapted),
	}
	if s.target.Channels == s.TargetChannels {
		size := s.target.ImageBytes()
		nearest := grid.Nearest(adapted, s.target.Pixels, size)
		rows = append(rows, row("nearest target", s.target.Channels, grid.Pick(s.target.Pixels, size, nearest)))
	}
	return grid.Draw(rows, max(1, 64/s.Size))
}
