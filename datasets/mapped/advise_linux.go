package mapped

import (
	"os"
	"syscall"
)

// adviseRandom tells the system that images will be read in random order. Otherwise each image that
// is not in memory brings along 128 KiB, which for a set larger than memory evict as much of what
// is still needed.
func adviseRandom(data []byte) {
	_ = syscall.Madvise(data, syscall.MADV_RANDOM) // only advice: without it reading is slower
}

// AdviseSoon tells the system that a part of a mapping is about to be read in order.
func AdviseSoon(part []byte) {
	page := uintptr(os.Getpagesize())
	if skip := -addressOf(part) & (page - 1); skip < uintptr(len(part)) {
		_ = syscall.Madvise(part[skip:], syscall.MADV_WILLNEED) // as above
	}
}
