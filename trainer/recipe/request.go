package recipe

import (
	"fmt"
	"strings"
)

// Request is what a person asks for: a preset, changed by a file, then by single settings. What is
// nil or empty was not asked for. The command line and the page both make their configurations from
// one, so that the same request means the same to both.
type Request struct {
	Preset   string // "" for the one suggested
	Software bool   // the adapter computes on the processor; this decides what is suggested

	File []byte // a configuration in JSON, whole or in part
	Name string // what errors call the file

	Method         Method
	Source, Target *string
	Data           *string
	Iterations     *int
	Baseline       *int
	Seed           *uint64

	Set []string // single settings, NAME=VALUE, in the order in which they apply
}

// UsageError is an error in a single setting that was asked for, rather than in a file or in a
// combination of settings. The command line shows its usage with it.
type UsageError struct {
	Flag string // "preset" or "set"
	Err  error
}

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error itself.
func (e *UsageError) Unwrap() error { return e.Err }

// Config merges the request, the general before the specific, and validates the result.
func (r Request) Config() (Config, error) {
	preset := r.Preset
	if preset == "" {
		preset = Suggested(r.Software)
	}
	c, err := Preset(preset)
	if err != nil {
		return c, &UsageError{"preset", err}
	}
	if r.Preset == "" && r.File == nil { // nothing was asked for: use built-in data, which a GPU learns in minutes
		c.Source, c.Target = "digits", "digits-m"
		if !r.Software {
			c.Iterations, c.Baseline = 10_000, 2_000
		}
	}
	if r.File != nil {
		if c, err = ParseConfig(r.File, c); err != nil {
			if r.Name != "" {
				err = fmt.Errorf("%s: %w", r.Name, err)
			}
			return c, err
		}
	}
	if r.Method != "" { // before the single settings, which may change those that the method brings
		c = c.WithMethod(r.Method)
	}
	override(&c.Source, r.Source)
	override(&c.Target, r.Target)
	override(&c.Data, r.Data)
	override(&c.Iterations, r.Iterations)
	override(&c.Baseline, r.Baseline)
	override(&c.Seed, r.Seed)
	for _, s := range r.Set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return c, &UsageError{"set", fmt.Errorf("-set %s: give NAME=VALUE", s)}
		}
		if c, err = SetField(c, name, value); err != nil {
			return c, &UsageError{"set", fmt.Errorf("-set %s: %w", s, err)}
		}
	}
	return c, c.Validate()
}

// override sets a setting if it was asked for.
func override[T any](setting *T, asked *T) {
	if asked != nil {
		*setting = *asked
	}
}
