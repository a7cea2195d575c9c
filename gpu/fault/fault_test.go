package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestOf(t *testing.T) {
	const low, high Origin = "datasets", "trainer/engine"
	inner := low.Errorf("no folder %s: %w", "x", fs.ErrNotExist)
	for name, c := range map[string]struct {
		err  error
		want Origin
		text string
	}{
		"worded":       {inner, low, "no folder x: file does not exist"},
		"worded again": {high.Errorf("training: %w", inner), high, "training: no folder x: file does not exist"},
		"passed on":    {fmt.Errorf("a: %w", inner), low, "a: no folder x: file does not exist"},
		"one of two": {errors.Join(fs.ErrClosed, inner), low,
			"file already closed\nno folder x: file does not exist"},
		"the system's": {fs.ErrNotExist, "", "file does not exist"},
		"none":         {nil, "", ""},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%s: from %q, want %q", name, got, c.want)
		}
		if c.err != nil && c.err.Error() != c.text {
			t.Errorf("%s: %q, want %q", name, c.err, c.text)
		}
	}
	several := low.Errorf("%w and %w", fs.ErrClosed, fs.ErrExist)
	if !errors.Is(inner, fs.ErrNotExist) || !errors.Is(several, fs.ErrClosed) || !errors.Is(several, fs.ErrExist) {
		t.Error("what an error was made of cannot be found in it")
	}
}
