//go:build !js

package gpu

import (
	"errors"
	"slices"
	"strings"
)

// reason is what a person needs to know of an error of the library: without the name of the
// function, the chain of contexts and the numbers of handles. Messages about a shader keep their
// lines, which show the place; others become one line.
func reason(err error) error {
	text := err.Error()
	if _, rest, found := strings.Cut(text, "(): "); found {
		text = rest
	}
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		switch bare := strings.TrimSpace(line); {
		case bare == "", bare == "Validation Error", bare == "Caused by:",
			strings.HasPrefix(bare, "In "), strings.HasPrefix(bare, "note: "):
		case slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, bare) }):
		default:
			lines = append(lines, line)
		}
	}
	if strings.Contains(text, "┌─") {
		if _, finding, found := strings.Cut(lines[0], " error: "); found {
			lines[0] = finding
		}
		return errors.New(strings.Join(lines, "\n"))
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return errors.New(strings.Join(lines, ": "))
}
