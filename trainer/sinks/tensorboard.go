package sinks

import (
	"bytes"
	"image/png"

	"pixelda-wgpu/trainer"
	"pixelda-wgpu/trainer/events"
	"pixelda-wgpu/trainer/recipe"
)

// TensorBoard writes a run in the form that TensorBoard reads: curves, samples and, for its table
// of runs, the hyperparameters.
type TensorBoard struct{ out *events.Writer }

// NewTensorBoard starts an event file in a run's folder for what comes after an iteration, 0 for a
// new run. Close ends it.
func NewTensorBoard(folder string, after int, c recipe.Config) (*TensorBoard, error) {
	out, err := events.Create(folder, after)
	if err != nil {
		return nil, err
	}
	out.HParams(c.Flat())
	return &TensorBoard{out}, nil
}

// Close closes the file.
func (t *TensorBoard) Close() error { return t.out.Close() }

// Hear writes what happened.
func (t *TensorBoard) Hear(e trainer.Event) error {
	switch e := e.(type) {
	case trainer.TrainRecord:
		scalars := map[string]float64{"learning_rate": e.LearningRate, "iterations_per_second": e.Rate}
		for name, v := range e.Loss {
			scalars["loss/"+name] = v
		}
		for name, v := range e.Correct {
			scalars["batch_accuracy/"+name] = v
		}
		t.out.Scalars(e.Step, scalars)
	case trainer.Evaluated:
		scalars := map[string]float64{"score": e.Record.Score}
		for domain, v := range e.Record.Accuracy {
			scalars["accuracy/"+domain] = v
		}
		for domain, v := range e.Record.Angle {
			scalars["angle/"+domain], scalars["angle_exact/"+domain] = v.Coded, v.Exact
		}
		t.out.Scalars(e.Record.Step, scalars)
		return t.out.Flush()
	case trainer.Sampled:
		img, err := e.Samples.Grid()
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			return err
		}
		t.out.Image(e.Step, "samples", b.Bytes(), img.Bounds().Dx(), img.Bounds().Dy())
	case trainer.Ended:
		t.out.End()
	}
	return nil
}
