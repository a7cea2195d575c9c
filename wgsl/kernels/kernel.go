// Package kernels holds the compute shaders: each .wgsl file here has one entry point,
// and the Go file beside it says how to specialise it for given shapes and how to
// dispatch it.
package kernels

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"pixelda-wgpu/wgsl/expand"
	"pixelda-wgpu/wgsl/pieces"
)

//go:embed *.wgsl
var files embed.FS

// Library holds the kernels, and the pieces that they include.
var Library fs.FS = library{files, pieces.Files}

// Identity identifies the kernels of this build: what was measured with other ones
// says nothing about these.
var Identity = sync.OnceValue(func() string { return expand.Hash(Library) })

var expansions = expand.NewCache(Library)

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
	params     expand.Params
	subgroups  bool
	once       sync.Once
	expansion  expand.Expansion
}

// NewKernel is a kernel that is no file of this package.
func NewKernel(name, code string, bindings []expand.Binding, groups [3]uint32) Kernel {
	k := Kernel{Name: name, Workgroups: groups,
		source: &source{expansion: expand.Expansion{Code: code, Bindings: bindings}}}
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
func (k Kernel) Code() string { return k.source.expanded().Code }

// Bindings are those that the specialised code uses, by index.
func (k Kernel) Bindings() []expand.Binding { return k.source.expanded().Bindings }

// expanded specialises the file. Parameters come from this package's own
// constructors, so an error is a defect of theirs and panics; a test specialises
// every kernel for every shape in use.
func (s *source) expanded() expand.Expansion {
	s.once.Do(func() {
		var err error
		if s.expansion, err = expansions.Specialize(s.file, s.params, s.subgroups); err != nil {
			panic(fmt.Sprintf("kernels: %s: %v", s.name, err))
		}
	})
	return s.expansion
}

// Limits of WebGPU that every kernel keeps to: those of any conforming
// adapter, so that no kernel needs a request for more.
const (
	MaxWorkgroupsPerDimension = 65535
	MaxInvocations            = 256
	MaxWorkgroupMemory        = 16384 // bytes
	MaxUniformBinding         = 65536 // bytes
)

// MaxTurns is how often the loops of an invocation may turn: lavapipe ends them
// after 65,535 turns, all together, without a word.
const MaxTurns = 65000

// New makes a dispatchable kernel of a file. Very large shapes make kernels that
// do not fit.
func New(name, file string, p expand.Params, groups [3]uint32, flops, bytes float64) Kernel {
	for _, g := range groups {
		if g == 0 {
			panic(fmt.Sprintf("kernels: %s: %d × %d × %d workgroups", name, groups[0], groups[1], groups[2]))
		}
	}
	return Kernel{Name: name, Workgroups: groups, FLOPs: flops, Bytes: bytes,
		source: &source{name: name, file: file, params: p}}
}

// Fits reports whether every adapter can dispatch the kernel.
func (k Kernel) Fits() bool { return slices.Max(k.Workgroups[:]) <= MaxWorkgroupsPerDimension }

// Grid folds n workgroups into x and y so that neither passes the limit. The
// shader takes workgroup_id.y * num_workgroups.x + workgroup_id.x and must
// ignore what lies beyond n.
func Grid(n int) [3]uint32 {
	x, y := n, 1
	for x > MaxWorkgroupsPerDimension {
		y *= 2
		x = CeilDiv(n, y)
	}
	return [3]uint32{uint32(x), uint32(y), 1}
}

// CeilDiv is ⌈a / b⌉.
func CeilDiv(a, b int) int { return (a + b - 1) / b }
