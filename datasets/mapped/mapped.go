// Package mapped lets files be read as memory, where the system supports that.
package mapped

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"

	"pixelda-wgpu/datasets/limits"
)

// Files that hold pixels the way a Set does, plain idx files and raw packed sets, are mapped: the
// system reads their pages when images are asked for, and takes the memory back when it needs it.
// So a set may be larger than memory.
//
// A mapping lasts as long as the process, since any slice of it may be in use; it costs addresses,
// not memory. The file must not change until then. Replacing it by another one of the same name is
// safe (Windows refuses it); truncating it makes reading a fault, which Fault explains; and writing
// into it changes the images under the reader.

// ErrNoMapping says that a file has to be read instead.
var ErrNoMapping = errors.New("the file cannot be mapped")

// mapping is a mapped file's place in memory.
type mapping struct {
	name       string
	start, end uintptr
}

var mappings struct {
	sync.Mutex
	list []mapping
}

// File maps the first size bytes of a file for reading. The name identifies it in errors.
func File(name string, f *os.File, size int64) ([]byte, error) {
	if size < 1 || size > min(limits.MappedBytes, math.MaxInt) {
		return nil, ErrNoMapping
	}
	data, err := systemMap(f, int(size))
	if err != nil {
		return nil, ErrNoMapping // not every file system can
	}
	adviseRandom(data)
	start := addressOf(data)
	mappings.Lock()
	defer mappings.Unlock()
	mappings.list = append(mappings.list, mapping{name, start, start + uintptr(size)})
	return data, nil
}

// Fault returns the error behind a recovered panic if that was a fault in a mapped file, else nil.
// Only goroutines that have called debug.SetPanicOnFault(true) panic; in others a fault ends the
// process.
func Fault(recovered any) error {
	var told *FaultError
	if err, ok := recovered.(error); ok && errors.As(err, &told) {
		return told
	}
	at, ok := recovered.(interface{ Addr() uintptr })
	if !ok {
		return nil
	}
	mappings.Lock()
	defer mappings.Unlock()
	for _, m := range mappings.list {
		if at.Addr() >= m.start && at.Addr() < m.end {
			return &FaultError{m.name, at.Addr() - m.start}
		}
	}
	return nil
}

// FaultError is a fault in a mapped file.
type FaultError struct {
	name string
	at   uintptr
}

func (e *FaultError) Error() string {
	return fmt.Sprintf("%s: byte %d can no longer be read: the file was cut off or overwritten while it "+
		"was in use, or its disk failed; restore it and try again", e.name, e.at)
}
