// Package schema writes the types of messages as lines of text that can be compared with the lines
// that web/test/message-lines.mjs writes of the TypeScript types. There is a line for each thing
// that may stand at a place:
//
//	FromWorker<progress>.stage "loading"
//	FromWorker<ready>.snapshot null
//	FromWorker<ready>.snapshot.step number
//	ToWorker<preview>.count? number
//
// A place is a root and the fields on the way: "?" follows an optional field, "[]" stands for the
// items of an array, "{}" for the values of a map. Of several objects that may stand at a place, each
// is named in angle brackets: by the values of those fields that can have one value only, or else by its
// fields, both in the order of the fields' names.
package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/protocol"
)

// Describe returns the sorted lines of all messages, as a page posts and receives them.
func Describe() []string {
	var w writer
	w.messages()
	slices.Sort(w.lines)
	return slices.Compact(w.lines)
}

type writer struct{ lines []string }

func (w *writer) say(place, what string) { w.lines = append(w.lines, place+" "+what) }

// object writes the fields of an object. Of an open object, Go may know more fields than
// TypeScript.
func (w *writer) object(place string, fields []field, open bool) {
	w.say(place, "object")
	if open {
		w.say(place, "open")
	}
	for _, f := range fields {
		f.write(w, place)
	}
}

// field is a field of an object.
type field struct {
	name     string
	optional bool
	of       []string // the names of the objects that have it, if several may be at the place; nil for all
	value    func(w *writer, place string)
}

func (f field) write(w *writer, place string) {
	place += "." + f.name
	if f.optional {
		place += "?"
	}
	f.value(w, place)
}

// one is a field that can only have this value.
func one(name, value string) field {
	return field{name: name, value: func(w *writer, place string) { w.say(place, strconv.Quote(value)) }}
}

// of is a required field of a Go type.
func of(name string, t reflect.Type) field {
	return field{name: name, value: func(w *writer, place string) { w.value(place, t) }}
}

// value writes what may be at a place that a Go type describes.
func (w *writer) value(place string, t reflect.Type) {
	switch t {
	case reflect.TypeFor[message.Bytes]():
		w.say(place, "bytes")
		return
	case reflect.TypeFor[message.Floats]():
		w.say(place, "floats")
		return
	case reflect.TypeFor[protocol.Nothing]():
		w.say(place, "null")
		return
	case reflect.TypeFor[json.RawMessage]():
		panic(fmt.Sprintf("schema: %s is raw JSON; say what it holds in the function raw", place))
	}
	if values, ok := literals[t]; ok {
		for _, v := range values {
			w.say(place, strconv.Quote(v))
		}
		return
	}
	switch t.Kind() {
	case reflect.Bool:
		w.say(place, "boolean")
	case reflect.String:
		w.say(place, "string")
	case reflect.Slice, reflect.Array:
		w.say(place, "array")
		w.value(place+"[]", t.Elem())
	case reflect.Map:
		w.say(place, "map")
		w.value(place+"{}", t.Elem())
	case reflect.Pointer:
		w.say(place, "null")
		w.value(place, t.Elem())
	case reflect.Struct:
		w.structure(place, t)
	default:
		if !t.ConvertibleTo(reflect.TypeFor[float64]()) {
			panic(fmt.Sprintf("schema: %s is a %v, which has no form in a message", place, t))
		}
		w.say(place, "number")
	}
}

// structure writes a struct: an object, or several where fields have the tag "of".
func (w *writer) structure(place string, t reflect.Type) {
	fields := fieldsOf(t)
	var names []string
	for _, f := range fields {
		for _, name := range f.of {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if names == nil {
		w.object(place, fields, open[t])
		return
	}
	for _, name := range names {
		var some []field
		for _, f := range fields {
			switch {
			case f.of == nil: // the field that tells the objects apart
				some = append(some, one(f.name, name))
			case slices.Contains(f.of, name):
				some = append(some, f)
			}
		}
		w.object(place+"<"+name+">", some, false)
	}
}

// fieldsOf lists the fields of a struct as encoding/json has them.
func fieldsOf(t reflect.Type) []field {
	var all []field
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			all = append(all, fieldsOf(f.Type)...)
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		x := of(name, f.Type)
		x.optional = strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if tag, ok := f.Tag.Lookup("of"); ok {
			x.of, x.optional = strings.Split(tag, ","), false
		}
		if x.optional || x.of != nil { // it is omitted where it would be null
			for f.Type.Kind() == reflect.Pointer {
				f.Type = f.Type.Elem()
			}
			x = field{name: name, optional: x.optional, of: x.of, value: of(name, f.Type).value}
		}
		if what := raw(t, f.Name); what != nil {
			x.value = what
		}
		all = append(all, x)
	}
	return all
}
