package engine

import (
	"errors"
	"math"
	"math/rand/v2"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/trainer/validate"
)

// Evaluation is the outcome of one exact pass over images with labels.
type Evaluation struct {
	Images    int       `json:"images"`
	Accuracy  float64   `json:"accuracy"`        // share classified as labelled
	PerClass  []float64 `json:"per_class"`       // of each class; 0, not NaN, for a class without images
	Confusion [][]int   `json:"confusion"`       // by label, then by prediction
	Angle     *Angles   `json:"angle,omitempty"` // nil if the model or the images have no poses
	logits    []float32 // [images, classes]
}

// score is the label-free measure by which checkpoints are chosen: the information that the
// predictions hold about the images.
func (ev Evaluation) score(classes int) (float64, error) {
	p, err := validate.Probabilities(ev.logits, classes)
	if err != nil {
		return 0, err
	}
	return validate.InformationMaximization(p, classes)
}

// classify passes all images of a set through a classifying program and tallies the results.
func (e *Engine) classify(program string, set *datasets.Set) (Evaluation, error) {
	told, outputs := e.predictions(program, set.Len())
	if err := e.pass(program, set, outputs...); err != nil {
		return Evaluation{}, err
	}
	return told.tally(set, e.Networks.Config.Classes), nil
}

// pass runs a program over all images of a set.
func (e *Engine) pass(program string, set *datasets.Set, outputs ...output) error {
	batch := make([]byte, form(set).Bytes(e.Networks.Config.Batch))
	return e.batches(set.Len(), program, func(indices []int) error {
		set.Gather(batch, indices)
		return e.Session.Write(program+".images", 0, batch)
	}, outputs...)
}

// predictions is what a program says about images.
type predictions struct {
	logits      []float32 // [n, classes]
	quaternions []float32 // [n, 4]; nil where the model learns none
}

// predictions allocates those of n images, and says which buffers they come from.
func (e *Engine) predictions(program string, n int) (*predictions, []output) {
	p := &predictions{logits: make([]float32, n*e.Networks.Config.Classes)}
	outputs := []output{{program + ".logits", e.Networks.Config.Classes, p.logits}}
	if e.Networks.Config.LearnsPose() {
		p.quaternions = make([]float32, 4*n)
		outputs = append(outputs, output{program + ".quaternions", 4, p.quaternions})
	}
	return p, outputs
}

// output is a result of a program that is to be collected: width floats per image.
type output struct {
	buffer string
	width  int
	all    []float32
}

// batches runs a program over n images in batches; the last one is filled up with the last image.
func (e *Engine) batches(n int, program string, feed func(indices []int) error, outputs ...output) error {
	batch := e.Networks.Config.Batch
	indices := make([]int, batch)
	var late error
	for from := 0; from < n; from += batch {
		for i := range indices {
			indices[i] = min(from+i, n-1)
		}
		if err := feed(indices); err != nil {
			return err
		}
		if err := e.Session.Run(program); err != nil {
			return err
		}
		for _, o := range outputs {
			part := o.all[from*o.width : min(from+batch, n)*o.width]
			err := e.Session.ReadAsync(o.buffer, 0, 4*uint64(len(part)), func(b []byte, err error) {
				late = errors.Join(late, err)
				copy(gpu.Bytes(part), b)
			})
			if err != nil {
				return err
			}
		}
	}
	return errors.Join(e.Session.Wait(), late)
}

// tally compares predictions with the labels and the poses of a set.
func (p *predictions) tally(set *datasets.Set, classes int) Evaluation {
	ev := tally(p.logits, set.Labels, classes)
	if p.quaternions != nil && len(set.Poses) > 0 {
		a := angles(p.quaternions, set.Poses)
		ev.Angle = &a
	}
	return ev
}

// tally compares logits with labels.
func tally(logits []float32, labels []uint32, classes int) Evaluation {
	predicted := make([]uint32, len(logits)/classes)
	for i := range predicted {
		row := logits[i*classes : (i+1)*classes]
		for c, v := range row {
			if v > row[predicted[i]] {
				predicted[i] = uint32(c)
			}
		}
	}
	ev := Tally(predicted, labels, classes)
	ev.logits = logits
	return ev
}

// Tally compares predicted classes with labels, which may be nil.
func Tally(predicted, labels []uint32, classes int) Evaluation {
	ev := Evaluation{Images: len(predicted), PerClass: make([]float64, classes), Confusion: make([][]int, classes)}
	for c := range ev.Confusion {
		ev.Confusion[c] = make([]int, classes)
	}
	if labels == nil {
		return ev
	}
	correct := 0
	for i, p := range predicted {
		ev.Confusion[labels[i]][p]++
		if p == labels[i] {
			correct++
		}
	}
	ev.Accuracy = float64(correct) / float64(len(predicted))
	for c, row := range ev.Confusion {
		total := 0
		for _, k := range row {
			total += k
		}
		if total > 0 {
			ev.PerClass[c] = float64(row[c]) / float64(total)
		}
	}
	return ev
}

// adapt redraws all images of a set, with the noise that noise provides for each, and classifies
// the results. These are floats [n,Ct,S,S] in (−1, 1), kept only if they are wanted, since they
// take four times the memory of a set.
func (e *Engine) adapt(
	set *datasets.Set, noise func(z []float32, image int), wanted bool,
) ([]float32, Evaluation, error) {
	c := e.Networks.Config
	batch := make([]byte, form(set).Bytes(c.Batch))
	z := make([]float32, c.Batch*c.NoiseDim)
	width := c.TargetChannels * c.Size * c.Size
	told, outputs := e.predictions(model.AdaptProgram, set.Len())
	var images []float32
	if wanted {
		images = make([]float32, set.Len()*width)
		outputs = append(outputs, output{"adapt.images", width, images})
	}
	err := e.batches(set.Len(), model.AdaptProgram, func(indices []int) error {
		set.Gather(batch, indices)
		if err := e.Session.Write("adapt.source", 0, batch); err != nil || c.NoiseDim == 0 {
			return err
		}
		for i, image := range indices {
			noise(z[i*c.NoiseDim:(i+1)*c.NoiseDim], image)
		}
		return e.Session.Write("adapt.z", 0, gpu.Bytes(z))
	}, outputs...)
	if err != nil {
		return nil, Evaluation{}, err
	}
	return images, told.tally(set, c.Classes), nil
}

// Noise draws the noise of one image outside training: z ~ U(−1, 1), always the same for a seed and
// an image.
func Noise(z []float32, seed uint64, image int) {
	r := rand.New(rand.NewPCG(seed, uint64(image)))
	for i := range z {
		z[i] = float32(2*r.Float64() - 1)
	}
}

// normalNoise draws z ~ N(0, 1) as Noise does uniform numbers.
func normalNoise(z []float32, seed uint64, image int) {
	r := rand.New(rand.NewPCG(seed, uint64(image)))
	for i := range z {
		z[i] = float32(r.NormFloat64())
	}
}

// seeded is the noise of a seed for images numbered from first.
func seeded(seed uint64, first int) func(z []float32, image int) {
	return func(z []float32, image int) { Noise(z, seed, first+image) }
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
