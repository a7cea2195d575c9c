package mapped

import (
	"os"
	"syscall"
)

// adviseRandom tells the system that images will be read here and there. Without it
// each one that is not in memory brings 128 KiB along, which for a set larger than
// the memory push out as many others.
func adviseRandom(data []byte) {
	_ = syscall.Madvise(data, syscall.MADV_RANDOM) // advice: without it reading is slower, no more
}

// AdviseSoon tells the system that a part of a mapping will be read in order now.
func AdviseSoon(part []byte) {
	page := uintptr(os.Getpagesize())
	if skip := -addressOf(part) & (page - 1); skip < uintptr(len(part)) {
		_ = syscall.Madvise(part[skip:], syscall.MADV_WILLNEED) // as above
	}
}
