//go:build !js

package gpu

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// Device is an open adapter. Its methods and those of its sessions may be called from any
// goroutine, and are served one at a time; callbacks run on the goroutine of the call that delivers
// them.
//
// A lost device (a driver reset, an unplugged GPU) ends the process: the native library aborts in
// the next call, which nothing in the process can catch. Work that must survive runs in a child
// process under a supervisor.
type Device struct {
	// OnPipeline, if set, is told how many of the shaders Load has compiled. It must not use the
	// device.
	OnPipeline func(done, total int)

	mu       sync.Mutex
	info     AdapterInfo
	instance *wgpu.Instance
	adapter  *wgpu.Adapter
	device   *wgpu.Device
	queue    *wgpu.Queue
	errors   errorWatch
	sessions map[*Session]struct{}
	closed   bool

	budget   float64           // cost of one submission, see cost
	inFlight [maxInFlight]flag // one per submission, in turn
	turn     int
	tick     float64 // nanoseconds per unit of timestamps; 0 before calibrate, -1 if there are none
}

// Two submissions keep a device busy, and there is not much more to wait for when a run is
// interrupted.
const maxInFlight = 2

// budgets are the costs that a submission may have, in the unit of cost: well below a second
// even where kernels run poorly, so that no watchdog intervenes and an interrupt is served soon,
// and far above the 0.1 ms that submitting takes.
var budgets = map[AdapterType]float64{Discrete: 2e11, Integrated: 5e10, Other: 5e10, CPU: 1e9}

// OpenGL is left out: wgpu's GL adapters lack what the programs need, and would be chosen silently
// where Vulkan is missing.
const backends = wgpu.InstanceBackend_Primary

// Adapters lists every adapter of the machine, best first: discrete,
// integrated, other, software.
func Adapters() ([]AdapterInfo, error) {
	instance, infos, adapters, err := enumerate()
	if err != nil {
		return nil, err
	}
	for _, a := range adapters {
		a.Release()
	}
	instance.Release()
	return infos, nil
}

// enumerate lists the adapters, best first, each with its description.
func enumerate() (*wgpu.Instance, []AdapterInfo, []*wgpu.Adapter, error) {
	if !hasVulkanLoader() {
		return nil, nil, nil, errNoLoader
	}
	wgpu.SetLogLevel(wgpu.LogLevel_Off)
	quietLoader()
	instance := wgpu.CreateInstance(&wgpu.InstanceDescriptor{Backends: backends})
	type entry struct {
		info    AdapterInfo
		adapter *wgpu.Adapter
	}
	var entries []entry
	for _, a := range instance.EnumerateAdapters(&wgpu.InstanceEnumerateAdapterOptons{Backends: backends}) {
		entries = append(entries, entry{describe(a), a})
	}
	if len(entries) == 0 {
		instance.Release()
		return nil, nil, nil, errNoAdapter
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return bestFirst(a.info, b.info) })
	infos := make([]AdapterInfo, len(entries))
	adapters := make([]*wgpu.Adapter, len(entries))
	for i, e := range entries {
		infos[i], adapters[i] = e.info, e.adapter
		infos[i].Index = i
	}
	return instance, infos, adapters, nil
}

// quietLoader turns off Mesa's layer that reorders adapters. Where that cannot ask the desktop for
// its choice (in containers, over ssh), it would only print errors about the missing desktop. It is
// set once: later, C code of other devices may be reading the environment.
func quietLoader() {
	if os.Getenv("XDG_RUNTIME_DIR") == "" && os.Getenv("NODEVICE_SELECT") == "" {
		_ = os.Setenv("NODEVICE_SELECT", "1") // fails only for malformed names
	}
}

func describe(a *wgpu.Adapter) AdapterInfo {
	p := a.GetProperties()
	info := AdapterInfo{
		Name:    p.Name,
		Vendor:  vendors[p.VendorId],
		Driver:  strings.TrimSpace(p.VendorName + " " + p.DriverDescription), // the driver's name and version
		Backend: p.BackendType.String(),
		Type:    Other,
		Limits:  limitsOf(a.GetLimits().Limits),
	}
	if info.Vendor == "" {
		info.Vendor = fmt.Sprintf("0x%04x", p.VendorId)
	}
	switch p.AdapterType {
	case wgpu.AdapterType_DiscreteGPU:
		info.Type = Discrete
	case wgpu.AdapterType_IntegratedGPU:
		info.Type = Integrated
	case wgpu.AdapterType_CPU:
		info.Type = CPU
	}
	for _, f := range a.EnumerateFeatures() {
		if name, ok := featureNames[f]; ok {
			info.Features = append(info.Features, name)
		}
	}
	slices.Sort(info.Features)
	return info
}

// vendors maps the PCI and Khronos numbers of GPU vendors to names.
var vendors = map[uint32]string{
	0x1002: "AMD", 0x1010: "Imagination", 0x106b: "Apple", 0x10de: "NVIDIA", 0x13b5: "ARM",
	0x1414: "Microsoft", 0x1ae0: "Google", 0x5143: "Qualcomm", 0x8086: "Intel", 0x10005: "Mesa",
}

// The features that programs can use. 16-bit floats in shaders are not among them: the library's
// compiler does not know the type.
var featureNames = map[wgpu.FeatureName]string{
	wgpu.FeatureName_TimestampQuery: TimestampQuery,
}

func limitsOf(l wgpu.Limits) Limits {
	return Limits{
		MaxBufferSize:                     l.MaxBufferSize,
		MaxStorageBufferBindingSize:       l.MaxStorageBufferBindingSize,
		MaxUniformBufferBindingSize:       l.MaxUniformBufferBindingSize,
		MaxStorageBuffersPerShaderStage:   l.MaxStorageBuffersPerShaderStage,
		MaxUniformBuffersPerShaderStage:   l.MaxUniformBuffersPerShaderStage,
		MinStorageBufferOffsetAlignment:   l.MinStorageBufferOffsetAlignment,
		MinUniformBufferOffsetAlignment:   l.MinUniformBufferOffsetAlignment,
		MaxComputeWorkgroupStorageSize:    l.MaxComputeWorkgroupStorageSize,
		MaxComputeInvocationsPerWorkgroup: l.MaxComputeInvocationsPerWorkgroup,
		MaxComputeWorkgroupSizeX:          l.MaxComputeWorkgroupSizeX,
		MaxComputeWorkgroupSizeY:          l.MaxComputeWorkgroupSizeY,
		MaxComputeWorkgroupSizeZ:          l.MaxComputeWorkgroupSizeZ,
		MaxComputeWorkgroupsPerDimension:  l.MaxComputeWorkgroupsPerDimension,
	}
}

// Open opens the adapter that o asks for with all its limits.
func Open(o Options) (*Device, error) {
	instance, infos, adapters, err := enumerate()
	if err != nil {
		return nil, err
	}
	at, err := Choose(infos, o.Adapter)
	for i, a := range adapters {
		if i != at || err != nil {
			a.Release()
		}
	}
	if err != nil {
		instance.Release()
		return nil, err
	}
	d := &Device{
		info: infos[at], instance: instance, adapter: adapters[at],
		sessions: map[*Session]struct{}{}, budget: budgets[infos[at].Type],
	}
	limits := d.adapter.GetLimits().Limits
	limits.MaxPushConstantSize = 0 // the binding leaves it uninitialised
	var features []wgpu.FeatureName
	if d.info.Has(TimestampQuery) {
		features = append(features, wgpu.FeatureName_TimestampQuery)
	}
	d.device, err = d.adapter.RequestDevice(&wgpu.DeviceDescriptor{
		RequiredLimits:   &wgpu.RequiredLimits{Limits: limits},
		RequiredFeatures: features,
	})
	if err != nil {
		d.adapter.Release()
		instance.Release()
		return nil, origin.Errorf("adapter %s refuses to open a device; update its driver or choose another adapter",
			d.info)
	}
	d.queue = d.device.GetQueue()
	d.errors = watchErrors(d.device)
	for i := range d.inFlight {
		d.inFlight[i] = newFlag()
	}
	return d, nil
}

// Close waits for the work under way, closes the sessions and the device.
func (d *Device) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.finish()
	for s := range d.sessions {
		s.release()
	}
	d.closed = true
	d.queue.Release()
	d.device.Release()
	d.adapter.Release()
	d.instance.Release()
	d.errors.free()
	for _, f := range d.inFlight {
		f.free()
	}
}

// submit hands commands to the device as soon as fewer than maxInFlight submissions are pending.
func (d *Device) submit(commands *wgpu.CommandBuffer) {
	f := d.inFlight[d.turn]
	if f.state() == 0 {
		await(d.device, f)
	}
	d.turn = (d.turn + 1) % maxInFlight
	d.queue.Submit(commands)
	commands.Release()
	onDone(d.queue, f)
	poll(d.device)
}

// finish waits until the device is idle.
func (d *Device) finish() {
	d.queue.Submit() // flushes writes that no submission has followed
	f := newFlag()
	onDone(d.queue, f)
	await(d.device, f)
	f.free()
	for _, f := range d.inFlight {
		await(d.device, f)
	}
}
