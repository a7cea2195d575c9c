// Package wgsl holds the compute shaders: every .wgsl file is one kernel that
// can be read, and compiled by any WGSL tool, as it stands. The Go file beside
// it specialises the kernel for given shapes and says how to dispatch it.
package wgsl

import (
	"embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed *.wgsl
var sources embed.FS

// Kernel is a shader specialised for one shape. It is expanded when its code or
// bindings are first asked for: most plans of an operation are never chosen.
type Kernel struct {
	Name       string // for people: file and shape
	Workgroups [3]uint32
	FLOPs      float64 // multiplies and adds of the direct algorithm
	Bytes      float64 // least memory traffic: every operand once
	source     *source
}

// source is what a kernel is expanded from.
type source struct {
	name, file string
	params     Params
	subgroups  bool
	once       sync.Once
	expansion
}

// NewKernel is a kernel that is no file of this package.
func NewKernel(name, code string, bindings []Binding, groups [3]uint32) Kernel {
	k := Kernel{Name: name, Workgroups: groups, source: &source{expansion: expansion{code, bindings}}}
	k.source.once.Do(func() {})
	return k
}

// Subgroups is the kernel with subgroup operations where it reduces over the lanes of
// a workgroup, for devices with the feature of that name. Its sums round otherwise.
func (k Kernel) Subgroups() Kernel {
	if s := k.source; s.file != "" {
		k.source = &source{name: s.name, file: s.file, params: s.params, subgroups: true}
	}
	return k
}

// Code is the WGSL with the entry point "main".
func (k Kernel) Code() string { return k.source.expanded().code }

// Bindings are those that the specialised code uses, by index.
func (k Kernel) Bindings() []Binding { return k.source.expanded().bindings }

// expanded specialises the file. Parameters come from this package's own
// constructors, so an error is a defect of theirs and panics; a test specialises
// every kernel for every shape in use.
func (s *source) expanded() expansion {
	s.once.Do(func() {
		var err error
		if s.expansion, err = expansions.specialize(s.file, s.params, s.subgroups); err != nil {
			panic(fmt.Sprintf("wgsl: %s: %v", s.name, err))
		}
	})
	return s.expansion
}

// Binding is one buffer of a kernel in @group(0).
type Binding struct {
	Index  uint32
	Name   string
	Access string // "read", "read_write" or "uniform"
}

// Limits of WebGPU that every kernel keeps to: those of any conforming
// adapter, so that no kernel needs a request for more.
const (
	MaxWorkgroupsPerDimension = 65535
	MaxInvocations            = 256
	MaxWorkgroupMemory        = 16384 // bytes
	MaxUniformBinding         = 65536 // bytes
)

// maxTurns is how often the loops of an invocation may turn: lavapipe ends them
// after 65,535 turns, all together, without a word.
const maxTurns = 65000

// build makes a dispatchable kernel of a file. Very large shapes make kernels that
// do not fit.
func build(name, file string, p Params, groups [3]uint32, flops, bytes float64) Kernel {
	for _, g := range groups {
		if g == 0 {
			panic(fmt.Sprintf("wgsl: %s: %d × %d × %d workgroups", name, groups[0], groups[1], groups[2]))
		}
	}
	return Kernel{Name: name, Workgroups: groups, FLOPs: flops, Bytes: bytes, source: &source{name: name, file: file, params: p}}
}

// Fits reports whether every adapter can dispatch the kernel.
func (k Kernel) Fits() bool { return slices.Max(k.Workgroups[:]) <= MaxWorkgroupsPerDimension }

// grid folds n workgroups into x and y so that neither passes the limit. The
// shader takes workgroup_id.y * num_workgroups.x + workgroup_id.x and must
// ignore what lies beyond n.
func grid(n int) [3]uint32 {
	x, y := n, 1
	for x > MaxWorkgroupsPerDimension {
		y *= 2
		x = ceilDiv(n, y)
	}
	return [3]uint32{uint32(x), uint32(y), 1}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
