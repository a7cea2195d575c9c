package rundir

import (
	"os"
	"syscall"
)

const sharingViolation syscall.Errno = 32

// lock takes the folder's lock for as long as the file stays open, or until the process ends for
// whatever reason; errLocked if another process has it.
func lock(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	const shareNothing = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareNothing, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == sharingViolation {
		return nil, errLocked
	}
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// syncDir has nothing to do: Windows flushes names by itself.
func syncDir(string) error { return nil }
