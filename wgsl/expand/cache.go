package expand

import (
	"fmt"
	"io/fs"
	"sync"
)

// Cache specialises the kernels of a library, each once for the same parameters: a
// network repeats its layers, and so do the programs made of it.
type Cache struct {
	library fs.FS
	mutex   sync.Mutex
	made    map[string]Expansion // by file, parameters and form
}

// Expansion is a specialised kernel: its WGSL, with the entry point "main", and the
// bindings that it uses, by index.
type Expansion struct {
	Code     string
	Bindings []Binding
}

// NewCache returns an empty cache for a library of files.
func NewCache(library fs.FS) *Cache { return &Cache{library: library, made: map[string]Expansion{}} }

// Specialize is the function of that name, once for equal arguments.
func (c *Cache) Specialize(file string, p Params, subgroups bool) (Expansion, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	key := fmt.Sprint(file, p, subgroups) // prints maps in the order of their keys
	e, ok := c.made[key]
	if !ok {
		var err error
		if e.Code, e.Bindings, err = Specialize(c.library, file, p, subgroups); err != nil {
			return e, err
		}
		c.made[key] = e
	}
	return e, nil
}
