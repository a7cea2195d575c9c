package wgsl

import (
	"fmt"
	"sync"
)

// expansions holds what has been specialised: a network repeats its layers,
// and so do the programs made of it.
var expansions = cache{made: map[string]expansion{}}

type cache struct {
	sync.Mutex
	made map[string]expansion // by file, parameters and form
}

type expansion struct {
	code     string
	bindings []Binding
}

// specialize is the function of that name, once for equal arguments.
func (c *cache) specialize(file string, p Params, subgroups bool) (expansion, error) {
	c.Lock()
	defer c.Unlock()
	key := fmt.Sprint(file, p, subgroups) // prints maps in the order of their keys
	e, ok := c.made[key]
	if !ok {
		var err error
		if e.code, e.bindings, err = specialize(file, p, subgroups); err != nil {
			return e, err
		}
		c.made[key] = e
	}
	return e, nil
}
