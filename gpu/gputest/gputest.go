// Package gputest runs WGSL in tests: on the machine's best adapter, or on the
// one that the environment variable PIXELDA_ADAPTER chooses by index or name.
package gputest

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"pixelda-wgpu/gpu"
)

// With a software driver, tests spend their time in its compiler, which uses one thread per device.
// So tests that run in parallel have a device each; those that run one after the other share one.
var devices struct {
	sync.Mutex
	idle []*gpu.Device
	held map[testing.TB]*gpu.Device
}

// Device returns a device that the test has to itself until it and its subtests have ended: one
// that another test no longer needs, or a new one. Without an adapter the test fails: a GPU test
// that does not run proves nothing.
func Device(t testing.TB) *gpu.Device {
	t.Helper()
	devices.Lock()
	defer devices.Unlock()
	d := devices.held[t]
	if d != nil {
		return d
	}
	if n := len(devices.idle); n > 0 {
		d, devices.idle = devices.idle[n-1], devices.idle[:n-1]
	} else {
		var err error
		if d, err = gpu.Open(gpu.Options{Adapter: os.Getenv("PIXELDA_ADAPTER")}); err != nil {
			t.Fatal(err)
		}
	}
	if devices.held == nil {
		devices.held = map[testing.TB]*gpu.Device{}
	}
	devices.held[t] = d
	t.Cleanup(func() {
		devices.Lock()
		defer devices.Unlock()
		delete(devices.held, t)
		devices.idle = append(devices.idle, d)
	})
	return d
}

// shaders has a lock for the text of each shader.
var shaders sync.Map

// Load makes programs ready to run on the test's device. If parallel tests need the same shader,
// one compiles it while the others wait, and they then find it in the driver's cache.
func Load(t testing.TB, programs ...*gpu.Program) *gpu.Session {
	t.Helper()
	var texts []string
	for _, p := range programs {
		for _, m := range p.Modules {
			texts = append(texts, m.Code)
		}
	}
	slices.Sort(texts) // so that no two tests wait for each other
	for _, text := range slices.Compact(texts) {
		lock, _ := shaders.LoadOrStore(text, new(sync.Mutex))
		lock.(*sync.Mutex).Lock()
		defer lock.(*sync.Mutex).Unlock()
	}
	s, err := Device(t).Load(programs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Binding is one argument of Run.
type Binding struct {
	access gpu.Access
	data   []byte
}

// In binds numbers as var<storage, read>.
func In[T gpu.Number](s []T) Binding { return Binding{gpu.Read, gpu.Bytes(s)} }

// Uniform binds numbers as var<uniform>.
func Uniform[T gpu.Number](s []T) Binding { return Binding{gpu.Uniform, gpu.Bytes(s)} }

// Out binds numbers as var<storage, read_write>; Run starts from their values
// and leaves the results in them.
func Out[T gpu.Number](s []T) Binding { return Binding{gpu.ReadWrite, gpu.Bytes(s)} }

// Run executes a compute shader with the entry point main once. The bindings are numbered in order
// from 0. Buffers are padded to multiples of 16 bytes, as models' are.
func Run(t testing.TB, code string, workgroups [3]uint32, bindings ...Binding) {
	t.Helper()
	p := &gpu.Program{
		Name:       "test",
		Modules:    []gpu.Module{{Label: t.Name(), Code: code}},
		Dispatches: []gpu.Dispatch{{Label: t.Name(), Workgroups: workgroups}},
	}
	for i, b := range bindings {
		size := max(16, (uint64(len(b.data))+15)/16*16)
		p.Buffers = append(p.Buffers, gpu.Buffer{Name: fmt.Sprint(i), Size: size})
		p.Dispatches[0].Bindings = append(p.Dispatches[0].Bindings, gpu.Binding{
			Index: uint32(i), Buffer: i, Size: size, Access: b.access,
		})
	}
	s := Load(t, p)
	defer s.Close()
	for i, b := range bindings {
		if err := s.Write(fmt.Sprint(i), 0, b.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Run("test"); err != nil {
		t.Fatal(err)
	}
	for i, b := range bindings {
		if b.access != gpu.ReadWrite {
			continue
		}
		if err := s.Read(fmt.Sprint(i), 0, b.data); err != nil {
			t.Fatal(err)
		}
	}
}
