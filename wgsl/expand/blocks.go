package expand

import (
	"fmt"
	"iter"
	"regexp"
	"strings"
)

var (
	blockRE = regexp.MustCompile(`// @(unroll|static)\s*`)
	forRE   = regexp.MustCompile(`^for\s*\(\s*var (\w+)(?:\s*:\s*\w+)?\s*=\s*([^;]+);` +
		`\s*(\w+)\s*(<=?)\s*([^;]+);\s*(\w+)\s*(\+\+|\+=\s*[^)]+)\)\s*\{`)
	ifRE   = regexp.MustCompile(`^if\s*\(`)
	elseRE = regexp.MustCompile(`^\s*else\s*`)
)

// expandBlocks resolves @unroll and @static, outer before inner, so that an
// inner bound or condition may use an outer loop's variable.
func expandBlocks(src string) (string, error) {
	var b strings.Builder
	for {
		m := blockRE.FindStringSubmatchIndex(src)
		if m == nil {
			b.WriteString(src)
			return b.String(), nil
		}
		b.WriteString(src[:m[0]])
		directive, rest := src[m[2]:m[3]], src[m[1]:]
		var err error
		if directive == "unroll" {
			rest, err = unroll(&b, rest)
		} else {
			rest, err = choose(&b, rest)
		}
		if err != nil {
			return "", err
		}
		src = rest
	}
}

// unroll writes the copies of the loop that src begins with and returns what
// follows it.
func unroll(b *strings.Builder, src string) (string, error) {
	m := forRE.FindStringSubmatch(src)
	if m == nil || m[1] != m[3] || m[1] != m[6] {
		return "", fmt.Errorf("@unroll: not a counting loop: %s", firstLine(src))
	}
	from, err := evaluateInt(m[2])
	if err != nil {
		return "", fmt.Errorf("@unroll %s: %w", m[1], err)
	}
	to, err := evaluateInt(m[5])
	if err != nil {
		return "", fmt.Errorf("@unroll %s: %w", m[1], err)
	}
	step := int64(1)
	if by, ok := strings.CutPrefix(m[7], "+="); ok {
		if step, err = evaluateInt(by); err != nil || step < 1 {
			return "", fmt.Errorf("@unroll %s: bad step %s", m[1], by)
		}
	}
	if m[4] == "<=" {
		to++
	}
	kind := "i32"
	if strings.HasSuffix(strings.TrimSpace(m[2]), "u") {
		kind = "u32"
	}
	open := len(m[0]) - 1
	closing := matching(src, open)
	if closing < 0 {
		return "", fmt.Errorf("@unroll %s: no closing brace", m[1])
	}
	body := src[open+1 : closing]
	for i := from; i < to; i += step {
		lit, err := literal(kind, i)
		if err != nil {
			return "", err
		}
		text, err := expandBlocks(substitute(body, map[string]string{m[1]: lit}))
		if err != nil {
			return "", err
		}
		b.WriteString("{" + text + "}\n")
	}
	return src[closing+1:], nil
}

// choose writes the branch that holds of the if statement that src begins with
// and returns what follows it.
func choose(b *strings.Builder, src string) (string, error) {
	taken := false
	for {
		holds := true
		if ifRE.MatchString(src) {
			open := strings.IndexByte(src, '(')
			end := matching(src, open)
			if end < 0 {
				return "", fmt.Errorf("@static: no closing parenthesis: %s", firstLine(src))
			}
			v, err := evaluate(src[open+1 : end])
			cond, ok := v.(bool)
			if err == nil && !ok {
				err = fmt.Errorf("%v is no condition", v)
			}
			if err != nil {
				return "", fmt.Errorf("@static if (%s): %w", src[open+1:end], err)
			}
			holds, src = cond, strings.TrimLeft(src[end+1:], " \t\n")
		}
		if !strings.HasPrefix(src, "{") {
			return "", fmt.Errorf("@static: not an if statement: %s", firstLine(src))
		}
		end := matching(src, 0)
		if end < 0 {
			return "", fmt.Errorf("@static: no closing brace: %s", firstLine(src))
		}
		if holds && !taken {
			text, err := expandBlocks(src[1:end])
			if err != nil {
				return "", err
			}
			b.WriteString("{" + text + "}\n")
			taken = true
		}
		src = src[end+1:]
		next := elseRE.FindString(src)
		if next == "" {
			return src, nil
		}
		src = src[len(next):]
	}
}

// substitute replaces whole words.
func substitute(src string, by map[string]string) string {
	var b strings.Builder
	last := 0
	for start, end := range words(src) {
		if lit, ok := by[src[start:end]]; ok && (start == 0 || src[start-1] != '.') {
			b.WriteString(src[last:start])
			b.WriteString(lit)
			last = end
		}
	}
	b.WriteString(src[last:])
	return b.String()
}

// words yields the bounds of each identifier or number in src.
func words(src string) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for i := 0; i < len(src); {
			if !wordByte(src[i]) {
				i++
				continue
			}
			start := i
			for i < len(src) && wordByte(src[i]) {
				i++
			}
			if !yield(start, i) {
				return
			}
		}
	}
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// matching returns where the bracket at src[open] closes, or -1.
func matching(src string, open int) int {
	opening := src[open]
	closing := map[byte]byte{'(': ')', '[': ']', '{': '}'}[opening]
	depth := 0
	for i := open; i < len(src); i++ {
		switch src[i] {
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func firstLine(s string) string {
	l, _, _ := strings.Cut(s, "\n")
	return l
}
