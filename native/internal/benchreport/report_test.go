package benchreport

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/bench"
	"pixelda-wgpu/trainer/recipe"
)

import ()

// sample is a result of bench with round numbers.
func sample(dTime float64) *bench.Result {
	b := &bench.Result{
		Adapter: gpu.AdapterInfo{Name: "a GPU", Type: gpu.Discrete},
		Config:  recipe.Model{Size: 32, SourceChannels: 1, TargetChannels: 3, GBlocks: 1, GFilters: 64, Batch: 8},
		Samples: 5, BytesHeld: 3 << 20,
		Peak: bench.Peak{Arithmetic: bench.Rate{Wall: 200e9, CPU: 100e9}, Copy: bench.Rate{Wall: 10e9, CPU: 8e9}},
		Programs: []bench.Program{
			{Name: "d_step", Time: bench.Time{Wall: dTime, CPU: 2 * dTime}, Host: 0.5e-3, Dispatches: 6, FLOPs: 10e9,
				Bytes: 1e9},
			{Name: "g_step", Time: bench.Time{Wall: 0.05, CPU: 0.1}, Host: 0.25e-3, Dispatches: 3, FLOPs: 5e9,
				Bytes: 1e9},
		},
		Kernels: []bench.Kernel{
			{Name: "conv direct 2×4 8×64", Dispatches: 2, Seconds: 0.8 * dTime, FLOPs: 10e9, Bytes: 0.1e9},
			{Name: "conv direct 4×4 8×32", Dispatches: 2, Seconds: 0.04, FLOPs: 5e9, Bytes: 0.1e9},
			{Name: "add 1024", Dispatches: 5, Seconds: 0.0001, FLOPs: 0.1e6, Bytes: 0.5e6},
		},
	}
	return b
}

func TestPrint(t *testing.T) {
	for _, c := range []struct {
		kind gpu.AdapterType
		want string
	}{
		{gpu.Discrete, `32×32, 1 to 3 channels, 1 block of 64, batch 8, on a GPU

Step          time  GFLOP  GFLOP/s  of peak  dispatches  host time
d_step      100 ms     10    100.0   50.0 %           6     500 µs
g_step     50.0 ms      5    100.0   50.0 %           3     250 µs
iteration   150 ms     15    100.0   50.0 %           9     750 µs

The adapter's peak: 200.0 GFLOP/s of multiply-adds, copies at 10.0 GB/s.
Held on the device: 3 MiB.

Kind of kernel  dispatches    time    share  GFLOP/s  of peak  GB/s  of copy  bound by
conv direct              4  120 ms   99.9 %    125.0   62.5 %   1.7   16.7 %  arithmetic
others                   5  100 µs    0.1 %      1.0    0.5 %   5.0   50.0 %  memory
all                      9  120 ms  100.0 %    124.9   62.4 %   1.7   16.7 %  arithmetic

Slowest kernels       dispatches     time   share  GFLOP/s  of peak  GB/s  of copy  bound by
conv direct 2×4 8×64           2  80.0 ms  66.6 %    125.0   62.5 %   1.2   12.5 %  arithmetic
conv direct 4×4 8×32           2  40.0 ms  33.3 %    125.0   62.5 %   2.5   25.0 %  arithmetic
add 1024                       5   100 µs   0.1 %      1.0    0.5 %   5.0   50.0 %  memory
`},
		{gpu.CPU, `32×32, 1 to 3 channels, 1 block of 64, batch 8, on a GPU

Step          time  GFLOP  GFLOP/s  of peak  dispatches  host time  CPU time  GFLOP/s a core  of peak
d_step      100 ms     10    100.0   50.0 %           6     500 µs    200 ms            50.0   50.0 %
g_step     50.0 ms      5    100.0   50.0 %           3     250 µs    100 ms            50.0   50.0 %
iteration   150 ms     15    100.0   50.0 %           9     750 µs    300 ms            50.0   50.0 %

The adapter's peak: 200.0 GFLOP/s of multiply-adds (100.0 a core), copies at 10.0 GB/s.
`},
	} {
		var out bytes.Buffer
		b := sample(0.1)
		b.Adapter.Type = c.kind
		Print(console.New(&out, &out), b)
		if !strings.HasPrefix(out.String(), c.want) || c.kind == gpu.Discrete && out.String() != c.want {
			t.Errorf("the report is\n%s\nwant\n%s", out.String(), c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b *bench.Result) string {
		path := filepath.Join(dir, name)
		text, err := json.Marshal(b)
		if err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	before, after := sample(0.1), sample(0.05)
	after.Kernels[2].Name = "sum 12"
	var out bytes.Buffer
	if err := Compare(console.New(&out, &out), write("a", before), write("b", after)); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(out.String(), "\n\n")
	want := `                          A        B      speed of B
d_step               100 ms  50.0 ms  2.00 × as fast
g_step              50.0 ms  50.0 ms  1.00 × as fast
iteration            150 ms   100 ms  1.50 × as fast
dispatches                9        9
held on the device    3 MiB    3 MiB
peak, GFLOP/s         200.0    200.0

Kind of kernel
conv direct          120 ms  80.0 ms  1.50 × as fast
add                  100 µs        –
sum                       –   100 µs
`
	if table != want {
		t.Errorf("the comparison is\n%s\nwant\n%s", table, want)
	}
}
