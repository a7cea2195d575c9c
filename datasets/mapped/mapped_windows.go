package mapped

import (
	"os"
	"syscall"
	"unsafe"
)

func systemMap(f *os.File, size int) ([]byte, error) {
	handle, err := syscall.CreateFileMapping(syscall.Handle(f.Fd()), nil, syscall.PAGE_READONLY,
		uint32(uint64(size)>>32), uint32(size), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = syscall.CloseHandle(handle) }() // the view keeps the mapping alive
	address, err := syscall.MapViewOfFile(handle, syscall.FILE_MAP_READ, 0, 0, uintptr(size))
	if err != nil {
		return nil, err
	}
	// This memory does not belong to the garbage collector, so its address serves as a pointer.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&address)), size), nil
}

func addressOf(data []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(data))) }
