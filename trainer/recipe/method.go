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

// Description is what a configuration has to know about a method.
type Description struct {
	Name  Method
	Place int // where it is in a list of methods for people

	// Defaults sets what the method's sources state: it changes settings of the model and returns
	// the adaptation. It is nil for methods that keep the preset's settings and have no adaptation.
	Defaults func(m *Model) Adaptation
	Uses     []string // the settings of the adaptation that the method reads

	// Check reports settings that do not fit each other or the method. The numbers are within their
	// bounds when it is called.
	Check func(c Config) error
}

// methods are those registered so far.
var methods = map[Method]Description{}

// Register makes a method known. The package that trains with it calls this when the program
// starts, so that everything about a method is in one file, and this package, which all others
// build on, imports none of them.
func Register(d Description) {
	if _, twice := methods[d.Name]; twice {
		panic("recipe: the method " + string(d.Name) + " is registered twice")
	}
	methods[d.Name] = d
}

// Methods lists the methods in a sensible order for people.
func Methods() []Method {
	return slices.SortedFunc(maps.Keys(methods), func(a, b Method) int {
		return cmp.Or(cmp.Compare(methods[a].Place, methods[b].Place), cmp.Compare(a, b))
	})
}

// Adapts reports whether a method has an adaptation: means of its own by which it adapts.
func (m Method) Adapts() bool { return methods[m].Defaults != nil }

// WithMethod is the configuration with another method and the settings that its sources state. If
// it already has that method, it is unchanged.
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
