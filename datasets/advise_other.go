//go:build !linux

package datasets

// Advice is for Linux alone: elsewhere the standard library has no such call.

func adviseRandom([]byte) {}

func adviseSoon([]byte) {}
