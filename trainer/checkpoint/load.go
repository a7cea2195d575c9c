package checkpoint

import (
	"errors"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/gpu"
	"pixelda-wgpu/model"
	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/trainer/engine"
	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/trainer/safetensors"
)

// Fits reports whether the images, which c names, are those that the checkpoint, called name in
// errors, was trained on. The error is an engine.ErrOtherImages.
func (st State) Fits(data engine.Data, c recipe.Config, name string) error {
	if data.Fingerprint() != st.Data {
		return otherImages(c, name)
	}
	return nil
}

func otherImages(c recipe.Config, name string) error {
	return origin.Errorf("%s %w than %s → %s hold now; restore them, or start a new run", name,
		engine.ErrOtherImages, c.Source, c.Target)
}

// Resume takes a trainer to the state of an open checkpoint, called name in errors. The images must
// be those that it was trained on.
func Resume(t *engine.Trainer, f *safetensors.File, st State, name string) error {
	if t.Fingerprint() != st.Data { // checked before anything changes
		return otherImages(t.Config, name)
	}
	if err := Restore(t.Engine, f, true); err != nil {
		return err
	}
	t.Baseline = st.Baseline
	return t.GoOn(st.Iteration, st.Data)
}

// with opens a checkpoint and closes it after use.
func with(path string, use func(f *safetensors.File, st State) error) error {
	f, st, err := Open(path)
	if err != nil {
		return err
	}
	err = use(f, st)
	if lacks := (*engine.LacksError)(nil); errors.As(err, &lacks) {
		err = origin.Errorf("%s %w", path, err)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// loader sets an engine's variables to those of an open checkpoint, without the optimiser's moments.
func loader(f *safetensors.File) func(*engine.Engine) error {
	return func(e *engine.Engine) error { return Restore(e, f, false) }
}

// Evaluate measures a checkpoint on whole test splits of the data, by domain.
func Evaluate(
	d *gpu.Device, path string, data engine.Data, choose graph.Chooser,
) (all map[string]engine.Evaluation, err error) {
	err = with(path, func(f *safetensors.File, st State) (err error) {
		all, err = engine.Evaluate(d, st.Config, data, choose, loader(f))
		return err
	})
	return all, err
}

// Features is engine.Features for a checkpoint's classifier.
func Features(
	d *gpu.Device, path string, choose graph.Chooser, sets ...*datasets.Set,
) (all [][]float32, units int, err error) {
	err = with(path, func(f *safetensors.File, st State) (err error) {
		all, units, err = engine.Features(d, st.Config, choose, loader(f), sets...)
		return err
	})
	return all, units, err
}

// OpenGenerator loads the generator of a checkpoint for source images of the given form.
func OpenGenerator(
	d *gpu.Device, path string, source model.Images, choose graph.Chooser,
) (g *engine.Generator, err error) {
	err = with(path, func(f *safetensors.File, st State) (err error) {
		if g, err = engine.OpenGenerator(d, st.Config, source, choose); err != nil {
			return err
		}
		if err = Restore(g.Engine, f, false); err != nil {
			g.Close()
		}
		return err
	})
	return g, err
}

// Reload gives a generator the variables of another checkpoint of the same model.
func Reload(g *engine.Generator, path string) (state State, err error) {
	err = with(path, func(f *safetensors.File, st State) error {
		state = st
		if model.Config(st.Config.Model) != g.Engine.Networks.Config {
			return origin.Errorf("%s is of another model", path)
		}
		return Restore(g.Engine, f, false)
	})
	return state, err
}
