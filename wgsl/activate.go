package wgsl

// ActivationKind is an activation function, numbered as the kernels do.
type ActivationKind int

// The activations; the leaky ReLU's slope is a parameter beside them.
const (
	Linear ActivationKind = iota
	ReLU
	LeakyReLU
	Tanh
)
