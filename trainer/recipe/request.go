package recipe

import (
	"encoding/json"
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

// UnknownSettingError is the error for a name that no setting has.
type UnknownSettingError struct{ Name string }

func (e *UnknownSettingError) Error() string {
	return fmt.Sprintf("there is no setting %q; config.json of a run lists them", e.Name)
}

// ValueError is the error for a value of the wrong kind.
type ValueError struct{ Name, Value string }

func (e *ValueError) Error() string { return fmt.Sprintf("%s is no value of %s", e.Value, e.Name) }

// SetField returns c with one field changed: a JSON name of its own, its model's or its
// adaptation's, and a value in JSON. Strings may lack quotes, as may lists of strings separated by
// commas. Errors are an UnknownSettingError or a ValueError; bounds are not checked.
func SetField(c Config, name, value string) (Config, error) {
	if name == "method" {
		return c.WithMethod(Method(strings.Trim(value, `"`))), nil
	}
	form := ""
	for _, part := range []struct {
		of   any
		form string
	}{{c, `{%q:%s}`}, {c.Model, `{"model":{%q:%s}}`}, {c.Adaptation, `{"adaptation":{%q:%s}}`}} {
		if _, ok := fieldsOf(part.of)[name]; ok { // only one of them has it: names do not repeat
			form = part.form
		}
	}
	if form == "" {
		return c, &UnknownSettingError{name}
	}
	text, _ := json.Marshal(value) // strings cannot fail
	list, _ := json.Marshal(strings.Split(value, ","))
	for _, raw := range [][]byte{[]byte(value), text, list} {
		if !json.Valid(raw) {
			continue
		}
		d := json.NewDecoder(strings.NewReader(fmt.Sprintf(form, name, raw)))
		d.DisallowUnknownFields() // in an object given as a value
		changed := c
		if d.Decode(&changed) == nil {
			return changed, nil
		}
	}
	return c, &ValueError{name, value}
}
