package console

import (
	"strings"
	"unicode/utf8"
)

// Table lays out rows in columns two spaces apart.
type Table struct {
	Align string // a letter per column: l or r; further columns are l
	rows  [][]string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.rows = append(t.rows, cells) }

// Head adds a row of titles.
func (t *Table) Head(c *Console, titles ...string) {
	for i, title := range titles {
		titles[i] = c.Bold(title)
	}
	t.Add(titles...)
}

// Lines renders the rows, each after indent, without trailing space.
func (t *Table) Lines(indent string) []string {
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
			if i < len(t.Align) && t.Align[i] == 'r' {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		lines[r] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// Print writes the rows as results, each after indent.
func (t *Table) Print(c *Console, indent string) {
	for _, line := range t.Lines(indent) {
		c.Printf("%s\n", line)
	}
}

// visible is the width of a cell on a terminal, which does not count its colours.
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
