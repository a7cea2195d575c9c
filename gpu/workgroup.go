package gpu

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	workgroupSize = regexp.MustCompile(`@workgroup_size\s*\(([^)]*)\)`)
	comments      = regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/`)
	workgroupVars = regexp.MustCompile(`var\s*<\s*workgroup\s*>\s*\w+\s*:([^;]*);`)
	structs       = regexp.MustCompile(`struct\s+(\w+)\s*\{([^}]*)\}`)
	constants     = regexp.MustCompile(`const\s+(\w+)\s*(?::\s*\w+\s*)?=\s*(\d+)[ui]?\s*;`)
	members       = regexp.MustCompile(`(\w+)\s*:\s*(.*)`)
	vectors       = regexp.MustCompile(`^vec([234])(?:<\w+>|[fiu])$`)
	matrices      = regexp.MustCompile(`^mat([234])x([234])(?:<\w+>|f)$`)
)

// workgroupInvocations is the largest workgroup of a WGSL module's entry points, as far as sizes
// are literals.
func workgroupInvocations(code string) uint64 {
	var largest uint64
	for _, m := range workgroupSize.FindAllStringSubmatch(comments.ReplaceAllString(code, " "), -1) {
		n := uint64(1)
		for size := range strings.SplitSeq(m[1], ",") {
			if v, err := strconv.ParseUint(strings.TrimRight(strings.TrimSpace(size), "ui"), 10, 32); err == nil {
				n *= v
			}
		}
		largest = max(largest, n)
	}
	return largest
}

// workgroupBytes adds up the workgroup variables of a WGSL module as WebGPU counts them, each
// padded to 16 bytes. No native library checks the sum, and beyond their limit drivers crash or
// compute nonsense. Types that it cannot read, such as those of aliases, count as nothing.
func workgroupBytes(code string) uint64 {
	code = comments.ReplaceAllString(code, " ")
	t := typeSizes{structs: map[string]string{}, constants: map[string]uint64{}}
	for _, m := range structs.FindAllStringSubmatch(code, -1) {
		t.structs[m[1]] = m[2]
	}
	for _, m := range constants.FindAllStringSubmatch(code, -1) {
		t.constants[m[1]], _ = strconv.ParseUint(m[2], 10, 32)
	}
	var sum uint64
	for _, m := range workgroupVars.FindAllStringSubmatch(code, -1) {
		size, _ := t.of(m[1], 0)
		sum += roundUp(16, size)
	}
	return sum
}

// typeSizes knows the declarations that types refer to.
type typeSizes struct {
	structs   map[string]string // bodies by name
	constants map[string]uint64
}

// of returns the size and the alignment of a type (WGSL, section 14.4.1).
func (t typeSizes) of(typ string, depth int) (size, align uint64) {
	typ = strings.Join(strings.Fields(typ), "")
	switch typ {
	case "f32", "i32", "u32", "bool", "atomic<u32>", "atomic<i32>":
		return 4, 4
	}
	if m := vectors.FindStringSubmatch(typ); m != nil {
		return vectorSize(m[1])
	}
	if m := matrices.FindStringSubmatch(typ); m != nil {
		size, align := vectorSize(m[2])
		columns, _ := strconv.ParseUint(m[1], 10, 32)
		return columns * roundUp(align, size), align
	}
	if depth > 16 { // a struct that holds itself is an error of its own
		return 0, 1
	}
	if inner, ok := strings.CutPrefix(typ, "array<"); ok {
		inner = strings.TrimSuffix(strings.TrimSuffix(inner, ">"), ",")
		comma := strings.LastIndexByte(inner, ',')
		if comma < 0 {
			return 0, 1
		}
		size, align := t.of(inner[:comma], depth+1)
		return t.count(inner[comma+1:]) * roundUp(align, size), align
	}
	body, ok := t.structs[typ]
	if !ok {
		return 0, 1
	}
	align = 1
	for _, member := range splitMembers(body) {
		m := members.FindStringSubmatch(member)
		if m == nil {
			continue
		}
		s, a := t.of(m[2], depth+1)
		size, align = roundUp(a, size)+s, max(align, a)
	}
	return roundUp(align, size), align
}

func (t typeSizes) count(s string) uint64 {
	if n, ok := t.constants[s]; ok {
		return n
	}
	n, _ := strconv.ParseUint(strings.TrimRight(s, "ui"), 10, 32)
	return n
}

// splitMembers cuts a struct's body at the commas outside angle brackets.
func splitMembers(body string) []string {
	var out []string
	depth, start := 0, 0
	for i, c := range body {
		switch c {
		case '<':
			depth++
		case '>':
			depth--
		case ',':
			if depth == 0 {
				out, start = append(out, body[start:i]), i+1
			}
		}
	}
	return append(out, body[start:])
}

func vectorSize(n string) (size, align uint64) {
	switch n {
	case "2":
		return 8, 8
	case "3":
		return 12, 16
	}
	return 16, 16
}

func roundUp(align, n uint64) uint64 { return (n + align - 1) / align * align }
