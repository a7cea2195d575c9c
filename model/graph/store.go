package graph

// Store lays out the variables of one network in flat buffers: their values
// and, in the same order, gradients and the optimiser's moments. A network is
// saved by a few reads, and optimised by one dispatch.
type Store struct {
	name  string
	vars  []*Variable
	words int
}

// Role is what a variable does in its network: it decides how the variable begins, and
// whether its size counts in weight decay.
type Role int

// The roles.
const (
	Weight   Role = iota // of a linear map
	Bias                 // added to a channel
	Slope                // of a PReLU
	Mean                 // running, of a batch normalisation
	Variance             // likewise
)

// Variable is a named array in a store.
type Variable struct {
	Name   string
	Role   Role
	Dims   []int // as files have it: OIHW, [out, in] or [features]
	Offset int   // in floats, a multiple of 64
	store  *Store
}

// align keeps variables on 256 bytes, the alignment of bindings.
const align = 64

// NewStore returns an empty store; name begins the names of its buffers.
func NewStore(name string) *Store { return &Store{name: name} }

// Add appends a weight.
func (s *Store) Add(name string, dims ...int) *Variable { return s.AddAs(Weight, name, dims...) }

// AddAs appends a variable with a role.
func (s *Store) AddAs(role Role, name string, dims ...int) *Variable {
	v := &Variable{Name: name, Role: role, Dims: dims, Offset: s.words, store: s}
	s.vars = append(s.vars, v)
	s.words += (v.Len() + align - 1) / align * align
	return v
}

// Name is what the names of the store's buffers begin with.
func (s *Store) Name() string { return s.name }

// Variables lists the variables in the order of their memory.
func (s *Store) Variables() []*Variable { return s.vars }

// Len is the number of floats of each buffer, alignment included.
func (s *Store) Len() int { return s.words }

// Count is the number of parameters, without alignment.
func (s *Store) Count() int {
	n := 0
	for _, v := range s.vars {
		n += v.Len()
	}
	return n
}

// Values names the buffer of the variables' values, Len floats as are the others.
func (s *Store) Values() string { return s.name + ".values" }

// Grads names the buffer of the last step's gradients, before clipping.
func (s *Store) Grads() string { return s.name + ".grads" }

// M names the buffer of an optimiser's first moments.
func (s *Store) M() string { return s.Moment(0) }

// V names the buffer of its second moments, if it has any.
func (s *Store) V() string { return s.Moment(1) }

// Moment names the buffer of moments number i, from 0.
func (s *Store) Moment(i int) string { return s.name + [...]string{".m", ".v"}[i] }

// Len is the variable's number of elements.
func (v *Variable) Len() int {
	n := 1
	for _, d := range v.Dims {
		n *= d
	}
	return n
}

// Buffer names the buffer of the variable's value.
func (v *Variable) Buffer() string { return v.store.Values() }

// shape of the variable as a tensor.
func (v *Variable) shape() Shape {
	switch len(v.Dims) {
	case 1:
		return Shape{1, v.Dims[0], 1, 1}
	case 2:
		return Shape{v.Dims[0], v.Dims[1], 1, 1}
	case 4:
		return Shape{v.Dims[0], v.Dims[1], v.Dims[2], v.Dims[3]}
	}
	fail("variable %s: %d dimensions; want 1, 2 or 4", v.Name, len(v.Dims))
	return Shape{}
}

// Variable brings a variable's values into the graph.
func (g *Graph) Variable(v *Variable) *Tensor {
	return (&Tensor{Shape: v.shape(), label: v.Name, buffer: v.store.Values(), offset: v.Offset}).checked()
}

// flat is a whole buffer of a store as a tensor.
func (s *Store) flat(buffer string) *Tensor {
	return (&Tensor{Shape: Features(1, s.words), label: buffer, buffer: buffer}).checked()
}
