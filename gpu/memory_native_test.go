//go:build linux

package gpu_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"pixelda-wgpu/gpu"
)

// A long run neither grows nor drifts.
func TestReplaysKeepMemory(t *testing.T) {
	s := load(t, add("add", "x", "y", 0))
	write(t, s, "x", 0, 1)
	replays := func(count int) {
		for range count {
			write(t, s, "scale", 0, 1)
			check(t, s.Run("add"))
			check(t, s.ReadAsync("y", 0, 4, func(_ []byte, err error) { check(t, err) }))
		}
		check(t, s.Wait())
	}
	replays(100)
	before, held := resident(t), s.BytesHeld()
	replays(500)
	// Each replay uploads, submits and reads: were a command buffer or a staging
	// buffer of 4 KiB left behind, growth would pass 500 * 4 KiB = 2 MiB. The
	// allowance leaves room for the Go heap, which may double its few MiB.
	if grown := resident(t) - before; grown > 8<<20 {
		t.Errorf("500 replays grow the process by %d KiB", grown>>10)
	}
	if now := s.BytesHeld(); now > held+16<<10 {
		t.Errorf("staging grew from %d to %d bytes", held, now)
	}
	if y := read(t, s, "y", 0); y != 600 {
		t.Errorf("y = %v, want 600", y)
	}
}

// resident is the memory of this process in bytes.
func resident(t *testing.T) int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	check(t, err)
	return pages * int64(os.Getpagesize())
}

func TestOutOfMemory(t *testing.T) {
	out := inChild(t, "memory")
	for _, want := range []string{`RESULT no memory for buffer "big`, "1.0 GiB, with ",
		"held already; a smaller batch needs less (Not enough memory left)", "RESULT works still"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
}

// checkOutOfMemory loads more than the process may have. It runs in a child, whose
// address space it limits: software adapters then fail as GPUs do.
func checkOutOfMemory(t *testing.T) {
	d, err := gpu.Open(gpu.Options{Adapter: os.Getenv("PIXELDA_ADAPTER")})
	check(t, err)
	if d.Info().Software() {
		used := resident(t) // far below the address space, which Go reserves in plenty
		limit := syscall.Rlimit{Cur: uint64(used) + 8<<30, Max: uint64(used) + 8<<30}
		check(t, syscall.Setrlimit(syscall.RLIMIT_AS, &limit))
	}
	p := add("add", "x", "y", 0)
	for i := range 1024 {
		p.Buffers = append(p.Buffers, gpu.Buffer{Name: "big" + string(rune('a'+i%26)) + strings.Repeat("_", i/26),
			Size: min(1<<30, d.Limits().MaxBufferSize)})
	}
	_, err = d.Load(p)
	t.Log("RESULT", err)
	s, err := d.Load(add("add", "x", "y", 0))
	check(t, err)
	check(t, s.Run("add"))
	check(t, s.Wait())
	t.Log("RESULT works still")
}
