// Package gpu runs compute programs on a GPU through WebGPU. A Program is plain data; Open returns
// a Device, Load makes programs ready in a Session, and Run replays one at the cost of a
// submission. It is the only package that knows the host: files named *_native.go use the wgpu
// library, *_js.go the browser.
package gpu

import (
	"encoding/json"
	"io"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "gpu"

// Program is a straight line of compute dispatches over named buffers: the compiled form of a training
// step or of an inference pass. It is plain data, knows nothing of the host that it runs on and
// serialises as JSON, so that the native session, the browser's player and an exported bundle replay
// the same value.
type Program struct {
	Name       string     `json:"name"`
	Modules    []Module   `json:"modules"`
	Buffers    []Buffer   `json:"buffers"`
	Dispatches []Dispatch `json:"dispatches"`
}

// Module is one WGSL compute shader with the entry point "main".
type Module struct {
	Label string `json:"label"`
	Code  string `json:"code"`
}

// Buffer is a range of device memory known by its name. Programs that are loaded together share the
// buffers with the same name; such a buffer is as large as the largest request. New buffers are
// zero.
type Buffer struct {
	Name string `json:"name"`
	Size uint64 `json:"size"` // bytes, a multiple of 4
}

// Access says how a shader uses a binding.
type Access string

// The accesses a binding can have, as WGSL spells them.
const (
	Read      Access = "read"       // var<storage, read>
	ReadWrite Access = "read_write" // var<storage, read_write>
	Uniform   Access = "uniform"    // var<uniform>
)

// Binding attaches bytes [Offset, Offset+Size) of a program's buffer to
// @group(0) @binding(Index). Offsets are multiples of 256.
type Binding struct {
	Index  uint32 `json:"index"`
	Buffer int    `json:"buffer"` // into Program.Buffers
	Offset uint64 `json:"offset"`
	Size   uint64 `json:"size"`
	Access Access `json:"access"`
}

// Dispatch runs one module over a grid of workgroups. FLOPs counts the multiplies and adds of the
// direct algorithm, and Bytes the minimum traffic, so that a benchmark can relate time to work.
// Replay uses FLOPs to cut long programs into submissions that a watchdog tolerates.
type Dispatch struct {
	Label      string    `json:"label"`
	Module     int       `json:"module"` // into Program.Modules
	Bindings   []Binding `json:"bindings"`
	Workgroups [3]uint32 `json:"workgroups"`
	FLOPs      float64   `json:"flops,omitempty"`
	Bytes      float64   `json:"bytes,omitempty"`
}

// ReadProgram reads a program in JSON. Load validates it for the device that is to run it.
func ReadProgram(r io.Reader) (*Program, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	p := new(Program)
	if err := decoder.Decode(p); err != nil {
		return nil, origin.Errorf("this is no program: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, origin.Errorf("program %s is followed by other data", p.Name)
	}
	return p, nil
}
