package checkpoint

import (
	"fmt"
	"maps"
	"slices"

	"pixelda-wgpu/trainer/engine"
)

// Inexact says in one line why a run that continues from the state of a checkpoint will not compute
// the same bits as an uninterrupted run, or returns "" if it will. The reason is that kernels
// differ. Nobody expects the same bits on another adapter, so it says nothing about a checkpoint
// from one.
func Inexact(t *engine.Trainer, st State) string {
	if st.Adapter != t.Device().Info().Key() {
		return ""
	}
	switch timed := len(st.Kernels) > 0; {
	case timed && t.Tuner() == nil:
		return "not bit-exact: the checkpoint names kernels that were chosen by timing, but now they are chosen by rule"
	case !timed && t.Tuner() != nil:
		return "not bit-exact: the checkpoint's kernels were chosen by rule, but now they are chosen by timing"
	case !timed:
		return ""
	}
	missing := t.Tuner().Missing(st.Kernels)
	if len(missing) == 0 {
		return ""
	}
	op := slices.Min(slices.Collect(maps.Keys(missing)))
	was := "for which the checkpoint names none"
	if name := missing[op]; name != "" {
		was = fmt.Sprintf("for which the checkpoint names %q", name)
	}
	return fmt.Sprintf("not bit-exact: this version has other kernels for %d of its operations, such as %q, %s",
		len(missing), op, was)
}
