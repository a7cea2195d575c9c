package model

import (
	"fmt"
	"slices"

	"pixelda-wgpu/model/graph"
	"pixelda-wgpu/wgsl/kernels"
)

// Networks holds the variables of a method's networks, PixelDA's three or those of
// a baseline: what a checkpoint stores. Names and layouts are those of PyTorch
// modules.
type Networks struct {
	Config        Config
	Generator     *graph.Store // nil where the method has none, as are the others
	Discriminator *graph.Store
	Task          *graph.Store

	// The running moments of the batch normalisations; they have no gradient.
	GeneratorStats     *graph.Store
	DiscriminatorStats *graph.Store

	trained   []*graph.Store
	stats     []*graph.Store
	variables map[string]*graph.Variable
	optimizer kernels.Optimizer // of all that is trained
	decayAll  bool              // weight decay is of biases too
}

// NewNetworks lays out the variables of a configuration.
func NewNetworks(c Config) (*Networks, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := empty(c)
	n.Generator, n.Discriminator, n.Task = n.store("generator"), n.store("discriminator"), n.store("task")
	n.GeneratorStats, n.DiscriminatorStats = n.statistics("generator_stats"), n.statistics("discriminator_stats")
	n.layGenerator()
	n.layDiscriminator()
	n.layTask()
	return n, nil
}

// NewSupervised lays out the task tower alone, for SupervisedStep.
func NewSupervised(c Config) (*Networks, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := empty(c)
	n.Task = n.store("task")
	n.layTask()
	return n, nil
}

// empty has no variables yet, and Adam for an optimiser.
func empty(c Config) *Networks {
	return &Networks{
		Config: c, variables: map[string]*graph.Variable{},
		optimizer: kernels.Adam{Beta1: c.Beta1, Beta2: c.Beta2, Epsilon: c.Epsilon, Clip: c.ClipNorm},
	}
}

// store adds a store of trained variables.
func (n *Networks) store(name string) *graph.Store {
	s := graph.NewStore(name)
	n.trained = append(n.trained, s)
	return s
}

// statistics adds a store of running moments.
func (n *Networks) statistics(name string) *graph.Store {
	s := graph.NewStore(name)
	n.stats = append(n.stats, s)
	return s
}

// Trained lists the stores that have gradients and an optimiser's moments.
func (n *Networks) Trained() []*graph.Store { return n.trained }

// Moments is how many moments the optimiser keeps of each trained variable.
func (n *Networks) Moments() int { return n.optimizer.Moments() }

// Stores lists all stores that hold anything: those of Trained, then those of
// running moments, which a network without batch normalisation has none of.
func (n *Networks) Stores() []*graph.Store {
	stores := slices.Clone(n.trained)
	for _, s := range n.stats {
		if s.Len() > 0 {
			stores = append(stores, s)
		}
	}
	return stores
}

// GeneratorVariables lists all that the generator computes with: parameters, then
// running moments.
func (n *Networks) GeneratorVariables() []*graph.Variable {
	return slices.Concat(n.Generator.Variables(), n.GeneratorStats.Variables())
}

func (n *Networks) add(s *graph.Store, role graph.Role, name string, dims ...int) {
	n.variables[name] = s.AddAs(role, name, dims...)
}

// addNorm adds a batch normalisation: beta as a parameter, moments as statistics.
func (n *Networks) addNorm(params, stats *graph.Store, name string, channels int) {
	n.add(params, graph.Bias, name+".bias", channels)
	n.add(stats, graph.Mean, name+".running_mean", channels)
	n.add(stats, graph.Variance, name+".running_var", channels)
}

// bound gives the variables of the networks in one graph.
type bound struct {
	*Networks
	g *graph.Graph
}

func (b bound) get(name string) *graph.Tensor {
	v := b.variables[name]
	if v == nil {
		panic(fmt.Sprintf("model: no variable %s", name))
	}
	return b.g.Variable(v)
}
