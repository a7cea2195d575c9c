package recipe

import (
	"encoding/json"
	"fmt"
	"strings"
)

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
