package gpu

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// AdapterType says what kind of hardware an adapter is.
type AdapterType string

// The adapter types, best first.
const (
	Discrete   AdapterType = "discrete"
	Integrated AdapterType = "integrated"
	Other      AdapterType = "other" // virtual or unknown
	CPU        AdapterType = "cpu"   // a software driver
)

var adapterOrder = []AdapterType{Discrete, Integrated, Other, CPU}

// AdapterInfo describes one way to reach one GPU.
type AdapterInfo struct {
	Index    int         `json:"index"` // place in the list of Adapters
	Name     string      `json:"name"`
	Vendor   string      `json:"vendor"`
	Driver   string      `json:"driver"`
	Backend  string      `json:"backend"` // "Vulkan", "Metal", "D3D12" or "WebGPU"
	Type     AdapterType `json:"type"`
	Limits   Limits      `json:"limits"`
	Features []string    `json:"features"` // those that programs can use, as WebGPU spells them
}

// Software reports whether a CPU does the adapter's work.
func (a AdapterInfo) Software() bool { return a.Type == CPU }

// Has reports whether the adapter offers a feature by its WebGPU name.
func (a AdapterInfo) Has(feature string) bool { return slices.Contains(a.Features, feature) }

// Key identifies the adapter and its driver across runs, for caches of tuning choices: a new driver
// version has a new key.
func (a AdapterInfo) Key() string {
	return strings.Join([]string{a.Backend, a.Vendor, a.Name, a.Driver}, "/")
}

func (a AdapterInfo) String() string {
	return fmt.Sprintf("%d: %s (%s, %s, %s)", a.Index, a.Name, a.Type, a.Backend, a.Driver)
}

// bestFirst compares adapters by type and then by name, so that the order depends only on the
// machine.
func bestFirst(a, b AdapterInfo) int {
	return cmp.Or(
		cmp.Compare(slices.Index(adapterOrder, a.Type), slices.Index(adapterOrder, b.Type)),
		cmp.Compare(a.Key(), b.Key()),
	)
}

// TimestampQuery is the feature that lets Profile read the GPU's clock.
const TimestampQuery = "timestamp-query"

// Subgroups is the feature that allows shaders to say "enable subgroups;".
const Subgroups = "subgroups"

// Options says which device to open.
type Options struct {
	// Adapter is empty for the best adapter, or an index into Adapters, or part of a name, in upper
	// or lower case.
	Adapter string
}

// Choose finds the adapter that want asks for (see Options.Adapter) in a list that Adapters
// returned.
func Choose(list []AdapterInfo, want string) (int, error) {
	if want == "" {
		return 0, nil
	}
	if i, err := strconv.Atoi(want); err == nil && i >= 0 && i < len(list) {
		return i, nil
	}
	for i, a := range list {
		if strings.Contains(strings.ToLower(a.Name), strings.ToLower(want)) {
			return i, nil
		}
	}
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = a.String()
	}
	return 0, origin.Errorf("no adapter %q; there is %s", want, strings.Join(names, "; "))
}
