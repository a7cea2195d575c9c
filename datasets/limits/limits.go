// Package limits bounds what is read, so that a wrong header, a decompression bomb or a huge folder
// ends in an error rather than in a machine out of memory.
package limits

import (
	"fmt"
	"io"
	"os"
	"slices"

	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets/limits"

// Upper bounds on what is read.
const (
	FileBytes   = 64 << 20 // of one image's file: no real photograph exceeds it; a bomb does
	ImagePixels = 64 << 20
	SetBytes    = 4 << 30 // of the pixels of one set in memory
	MappedBytes = 1 << 46 // of a mapped file, which takes no memory: only so that sizes never overflow
)

// ReadExactly reads n bytes, doubling its buffer as they arrive, and returns
// what it got together with any error.
func ReadExactly(r io.Reader, n int64) ([]byte, error) {
	buf := make([]byte, 0, min(n, 1<<20))
	for int64(len(buf)) < n {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, int(min(n-int64(len(buf)), int64(len(buf)))))
		}
		k, err := io.ReadFull(r, buf[len(buf):min(int64(cap(buf)), n)])
		buf = buf[:len(buf)+k]
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// ReadFile reads a file of at most FileBytes.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, FileBytes+1))
	if err == nil && len(data) > FileBytes {
		err = fmt.Errorf("more than %d bytes", FileBytes)
	}
	if err != nil {
		return nil, origin.Errorf("%s: %w", name, err)
	}
	return data, nil
}
