package console

import (
	"fmt"
	"strings"
)

// Count writes a number of things: "1 step", "2 steps".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Percent writes a share.
func Percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// Degrees writes an angle given in degrees.
func Degrees(v float64) string { return fmt.Sprintf("%.1f°", v) }

// Bytes writes a number of bytes with its binary unit.
func Bytes(n uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/float64(u.size)), ".0") + " " + u.name
		}
	}
	return fmt.Sprintf("%d B", n)
}

// Duration writes seconds with about three digits, in a suitable unit.
func Duration(s float64) string {
	unit := "s"
	switch {
	case s < 1e-3:
		s, unit = s*1e6, "µs"
	case s < 1:
		s, unit = s*1e3, "ms"
	}
	digits := 2
	switch { // including what rounds up to 100 or 10
	case s >= 99.95:
		digits = 0
	case s >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, s, unit)
}
