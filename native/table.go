package native

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table lays out rows in columns two spaces apart.
type table struct {
	align string // a letter a column: l or r; columns beyond are l
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// head adds a row of titles.
func (t *table) head(c *console, titles ...string) {
	for i, title := range titles {
		titles[i] = c.bold(title)
	}
	t.add(titles...)
}

// lines renders the rows, each behind indent, without trailing space.
func (t *table) lines(indent string) []string {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], visible(cell))
		}
	}
	lines := make([]string, len(t.rows))
	for r, row := range t.rows {
		var b strings.Builder
		b.WriteString(indent)
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-visible(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if i < len(t.align) && t.align[i] == 'r' {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		lines[r] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

func (t *table) print(c *console, indent string) {
	for _, line := range t.lines(indent) {
		c.printf("%s\n", line)
	}
}

// visible counts the columns that a cell takes, without its colours.
func visible(s string) int {
	n := utf8.RuneCountInString(s)
	for rest := s; ; {
		_, after, found := strings.Cut(rest, "\x1b[")
		if !found {
			return n
		}
		code, tail, _ := strings.Cut(after, "m")
		n -= len("\x1b[") + len(code) + len("m")
		rest = tail
	}
}

// count writes a number of things: "1 step", "2 steps".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
