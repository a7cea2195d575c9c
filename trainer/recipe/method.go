package recipe

import (
	"cmp"
	"maps"
	"slices"
)

// Method names what is trained: PixelDA, or a baseline to compare it with.
type Method string

// PixelDA is the method of the presets.
const PixelDA Method = "pixelda"

// Description is what a configuration has to know of a method.
type Description struct {
	Name  Method
	Place int // among the others where they are listed for reading

	// Defaults sets what the method's sources state: it changes settings of the model and returns
	// the adaptation. It is nil for methods that keep the preset's and have no adaptation.
	Defaults func(m *Model) Adaptation
	Uses     []string // the settings of the adaptation that the method reads

	// Check reports settings that do not fit each other or the method. The numbers are within their
	// bounds when it is called.
	Check func(c Config) error
}

// methods are those that were registered.
var methods = map[Method]Description{}

// Register makes a method known. The package that trains by it does so when the program begins, so
// that all there is to say of a method stands in one file, and this package, on which all others
// build, imports none of them.
func Register(d Description) {
	if _, twice := methods[d.Name]; twice {
		panic("recipe: the method " + string(d.Name) + " is registered twice")
	}
	methods[d.Name] = d
}

// Methods lists the methods, in an order for reading.
func Methods() []Method {
	return slices.SortedFunc(maps.Keys(methods), func(a, b Method) int {
		return cmp.Or(cmp.Compare(methods[a].Place, methods[b].Place), cmp.Compare(a, b))
	})
}

// Adapts reports whether a method adapts by means of its own: it has an adaptation.
func (m Method) Adapts() bool { return methods[m].Defaults != nil }

// WithMethod is the configuration with another method and the settings that its sources state. With
// the method that it has, it stays as it is.
func (c Config) WithMethod(m Method) Config {
	if m == c.Method {
		return c
	}
	c.Method, c.Adaptation = m, Adaptation{}
	if m.Adapts() {
		c.Adaptation = methods[m].Defaults(&c.Model)
	}
	return c
}
