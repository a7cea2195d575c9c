//go:build !js

package main

import (
	"encoding/json"
	"fmt"
	"os"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/wgsl/kernels"
)

// reduction is one that the lanes of a workgroup share, with the kernel that completes it, in both
// forms: with barriers and with subgroup operations. The native library compiles only the former.
type reduction struct {
	Name      string       `json:"name"`
	Shape     [4]int       `json:"shape"`
	Barriers  *gpu.Program `json:"barriers"`
	Subgroups *gpu.Program `json:"subgroups"`
}

// printReductions prints the reductions over maps of the given shapes as JSON.
func printReductions(shapes []string) error {
	var all []reduction
	for _, s := range shapes {
		var m kernels.Map
		if _, err := fmt.Sscanf(s, "%d,%d,%d,%d", &m.N, &m.C, &m.H, &m.W); err != nil {
			return fmt.Errorf("shape %q: want N,C,H,W", s)
		}
		norm := kernels.BatchNorm{Map: m, Epsilon: 1e-3, NoBeta: true}
		for _, r := range []struct {
			name    string
			kernels []kernels.Kernel
		}{
			{"sum", []kernels.Kernel{kernels.ChannelSum(m), kernels.SumPartials(m.Parts(), m.C, false)}},
			{"moments", []kernels.Kernel{kernels.BatchNormStats(norm), kernels.BatchNormFinalize(norm, false, 0)}},
			{"pairs", []kernels.Kernel{kernels.BatchNormGradReduce(norm), kernels.BatchNormGradFinalize(norm, false)}},
			{"normalize", []kernels.Kernel{kernels.Normalize(m.N, m.C*m.H*m.W)}},
		} {
			both := reduction{r.name, [4]int{m.N, m.C, m.H, m.W}, lower(r.name+" by barriers "+s, m, r.kernels), nil}
			for i, k := range r.kernels {
				r.kernels[i] = k.Subgroups()
			}
			both.Subgroups = lower(r.name+" by subgroups "+s, m, r.kernels)
			all = append(all, both)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

// lower makes a program of kernels that run one after the other, on buffers named after their
// bindings.
func lower(name string, m kernels.Map, kernels []kernels.Kernel) *gpu.Program {
	lengths := map[string]int{"x": m.Len(), "dy": m.Len(), "y": m.Len(), "partials": 2 * m.Parts() * m.C,
		"sums": 2 * m.C}
	p := &gpu.Program{Name: name}
	index := map[string]int{}
	for i, k := range kernels {
		d := gpu.Dispatch{Label: k.Name, Module: i, Workgroups: k.Workgroups, FLOPs: k.FLOPs, Bytes: k.Bytes}
		for _, b := range k.Bindings() {
			length, ok := lengths[b.Name]
			if !ok {
				length = m.C
			}
			size := uint64(length+3) / 4 * 16
			if _, ok := index[b.Name]; !ok {
				index[b.Name] = len(p.Buffers)
				p.Buffers = append(p.Buffers, gpu.Buffer{Name: b.Name, Size: size})
			}
			d.Bindings = append(d.Bindings, gpu.Binding{Index: b.Index, Buffer: index[b.Name], Size: size,
				Access: gpu.Access(b.Access)})
		}
		p.Modules = append(p.Modules, gpu.Module{Label: k.Name, Code: k.Code()})
		p.Dispatches = append(p.Dispatches, d)
	}
	return p
}
