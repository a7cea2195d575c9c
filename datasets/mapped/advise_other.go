//go:build !linux

package mapped

// Advice is for Linux only: elsewhere the standard library has no such call.

func adviseRandom([]byte) {}

func AdviseSoon([]byte) {}
