package gpu

import (
	"fmt"
	"runtime"
)

var (
	errClosed    = origin.Errorf("the session is closed")
	errNoLoader  = origin.Errorf("no Vulkan loader (libvulkan.so.1) on this machine; %s", remedy())
	errNoAdapter = origin.Errorf("no adapter on this machine; %s", remedy())
)

// remedy says what to install to get an adapter.
func remedy() string {
	if runtime.GOOS != "linux" {
		return "update the driver of the graphics card"
	}
	return "install the Vulkan loader and a driver: Debian and Ubuntu: apt install libvulkan1 mesa-vulkan-drivers; " +
		"Fedora: dnf install vulkan-loader mesa-vulkan-drivers; Arch: pacman -S vulkan-icd-loader and vulkan-radeon, " +
		"vulkan-intel or vulkan-swrast; " +
		"for NVIDIA also its own driver"
}

// bytesString writes a size for a person.
func bytesString(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}
