package model

import (
	"fmt"
	"slices"

	"pixelda-wgpu/model/graph"
)

// Networks holds the variables of the three networks: what a checkpoint stores.
// Names and layouts are those of PyTorch modules.
type Networks struct {
	Config
	Generator     *graph.Store
	Discriminator *graph.Store
	Task          *graph.Store

	// The running moments of the batch normalisations; they have no gradient.
	GeneratorStats     *graph.Store
	DiscriminatorStats *graph.Store

	variables map[string]*graph.Variable
}

// NewNetworks lays out the variables of a configuration.
func NewNetworks(c Config) (*Networks, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := &Networks{
		Config:    c,
		Generator: graph.NewStore("generator"), Discriminator: graph.NewStore("discriminator"), Task: graph.NewStore("task"),
		GeneratorStats: graph.NewStore("generator_stats"), DiscriminatorStats: graph.NewStore("discriminator_stats"),
		variables: map[string]*graph.Variable{},
	}
	n.layGenerator()
	n.layDiscriminator()
	n.layTask()
	return n, nil
}

// Trained lists the stores that have gradients and Adam moments.
func (n *Networks) Trained() []*graph.Store {
	return []*graph.Store{n.Generator, n.Discriminator, n.Task}
}

// Stores lists all stores that hold anything: those of Trained, then those of
// running moments, which a network without batch normalisation has none of.
func (n *Networks) Stores() []*graph.Store {
	stores := n.Trained()
	for _, s := range []*graph.Store{n.GeneratorStats, n.DiscriminatorStats} {
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

func (n *Networks) add(s *graph.Store, name string, dims ...int) {
	n.variables[name] = s.Add(name, dims...)
}

// addNorm adds a batch normalisation: beta as a parameter, moments as statistics.
func (n *Networks) addNorm(params, stats *graph.Store, name string, channels int) {
	n.add(params, name+".bias", channels)
	n.add(stats, name+".running_mean", channels)
	n.add(stats, name+".running_var", channels)
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
