//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package mapped

import "os"

// Browsers cannot map files, so sets are read.
func systemMap(*os.File, int) ([]byte, error) { return nil, ErrNoMapping }

func addressOf([]byte) uintptr { return 0 }
