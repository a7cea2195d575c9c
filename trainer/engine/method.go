package engine

import (
	"pixelda-wgpu/trainer/recipe"
)

// method is all there is to say about a method. Each has a file of its own, which registers it.
type method struct {
	about recipe.Description

	targetLabels  bool   // it trains on the labels of all target images
	sourceTowers  bool   // source images have layers of their own, which take the source's channels
	takesNoLabels string // why it cannot use the labels of a few target images; "" if it can

	// lay lays out the networks of a configuration and says how they are trained.
	lay func(c recipe.Config) (*Scheme, error)
	// check reports what else is wrong with a configuration; nil if there is nothing to check.
	check func(c recipe.Config) error
}

// methods are the registered ones, by name.
var methods = map[recipe.Method]method{}

// register makes a method known to this package and to configurations.
func register(m method) {
	m.about.Check = func(c recipe.Config) error {
		if m.takesNoLabels != "" && c.TargetLabelled > 0 {
			return origin.Errorf("configuration: target_labelled is %d, but the method %s %s", c.TargetLabelled,
				c.Method, m.takesNoLabels)
		}
		if m.check != nil {
			if err := m.check(c); err != nil {
				return err
			}
		}
		_, err := m.lay(c)
		return err
	}
	recipe.Register(m.about)
	methods[m.about.Name] = m
}
