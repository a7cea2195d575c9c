//go:build linux

package gpu_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/gpu"
	"pixelda-wgpu/gpu/gputest"
)

// inChild runs a function of this package's tests in a process of its own, for
// what a process can do once only, with more environment. The child prints
// what it finds.
func inChild(t *testing.T, name string, env ...string) string {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	c.Env = append(append(os.Environ(), "GPU_TEST_CHILD="+name), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("child %s: %v\n%s", name, err, out)
	}
	return string(out)
}

// TestChild is the other side of inChild and nothing by itself.
func TestChild(t *testing.T) {
	switch os.Getenv("GPU_TEST_CHILD") {
	case "open":
		_, err := gpu.Open(gpu.Options{Adapter: os.Getenv("PIXELDA_ADAPTER")})
		t.Log("RESULT", err)
		_, err = gpu.Adapters()
		t.Log("RESULT", err)
	case "memory":
		checkOutOfMemory(t)
	}
}

func TestNoAdapter(t *testing.T) {
	out := inChild(t, "open", "VK_ICD_FILENAMES=/nonexistent", "VK_DRIVER_FILES=/nonexistent")
	if strings.Count(out, "RESULT no adapter on this machine; install") != 2 {
		t.Errorf("without drivers:\n%s", out)
	}
}

func TestNoLoader(t *testing.T) {
	broken := t.TempDir()
	check(t, os.WriteFile(filepath.Join(broken, "libvulkan.so.1"), []byte("not a library"), 0o600))
	out := inChild(t, "open", "LD_LIBRARY_PATH="+broken)
	if strings.Count(out, "RESULT no Vulkan loader (libvulkan.so.1) on this machine; install") != 2 {
		t.Errorf("without a loader:\n%s", out)
	}
}

func TestOpenNamesTheAdapters(t *testing.T) {
	_, err := gpu.Open(gpu.Options{Adapter: "no such adapter"})
	if name := gputest.Device(t).Info().Name; err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("got %v, want an error that names %s", err, name)
	}
}

func TestAdapters(t *testing.T) {
	list, err := gpu.Adapters()
	check(t, err)
	keys := map[string]bool{}
	for i, a := range list {
		t.Logf("%v, limits %v, features %v", a, a.Limits.List(), a.Features)
		if a.Index != i || a.Name == "" || a.Backend == "" || a.Backend == "OpenGL" {
			t.Errorf("adapter %d is %+v", i, a)
		}
		if l, p := a.Limits, gpu.Portable; l.MaxBufferSize < p.MaxBufferSize ||
			l.MaxStorageBuffersPerShaderStage < p.MaxStorageBuffersPerShaderStage ||
			l.MaxComputeWorkgroupStorageSize < p.MaxComputeWorkgroupStorageSize {
			t.Errorf("adapter %d is below the limits of WebGPU: %+v", i, l)
		}
		keys[a.Key()] = true
	}
	if d := gputest.Device(t); !keys[d.Info().Key()] {
		t.Errorf("the list lacks the device's adapter %s", d.Info().Key())
	}
}

func TestDeviceClose(t *testing.T) {
	d, err := gpu.Open(gpu.Options{Adapter: os.Getenv("PIXELDA_ADAPTER")})
	check(t, err)
	s, err := d.Load(add("add", "x", "y", 0))
	check(t, err)
	check(t, s.Run("add"))
	check(t, s.ReadAsync("y", 0, 4, func([]byte, error) {}))
	d.Close()
	d.Close()
	if err := s.Run("add"); err == nil {
		t.Error("a session outlives its device")
	}
	if _, err := d.Load(add("add", "x", "y", 0)); err == nil {
		t.Error("a closed device loads")
	}
	s.Close()
}
