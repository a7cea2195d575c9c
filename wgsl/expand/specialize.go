// Package expand is the macro language of the kernels: it turns a file of WGSL with
// parameters, loops to unroll and conditions to decide into plain WGSL for one shape,
// which every compiler takes. It knows no kernel.
package expand

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Params are the values of a kernel's constants, by name.
type Params map[string]any

// Specialize expands one kernel of a library of files. The files are WGSL; comments that
// begin with @ tell what is fixed at this stage, since the WGSL of today's
// native compilers has no constant expressions and drivers differ in what they
// unroll:
//
//	const N: u32 = 64u;           a parameter: its uses become the literal given
//	const M: u32 = N * 2u;        derived from parameters
//	// @include file.wgsl         the functions of another file
//	// @unroll  for (var i = a; i < b; i++) {…}   straight-line copies
//	// @static  if (c) {…} else {…}               the branch that holds
//	// @registers var a: array<T, N>;             N variables; indices are constant
//	enable feature;                               goes to the front, from any file
//
// Bindings that the expanded code does not use are dropped; the others keep
// their numbers. Every parameter must be given, and no other. With subgroups, the
// file x_subgroups.wgsl takes the place of an included x.wgsl where there is one.
func Specialize(library fs.FS, file string, p Params, subgroups bool) (string, []Binding, error) {
	src, err := fs.ReadFile(library, file)
	if err != nil {
		return "", nil, err
	}
	code, bindings, err := expandSource(string(src), p, func(name string) (string, error) {
		if subgroups {
			if b, err := fs.ReadFile(library, strings.TrimSuffix(name, ".wgsl")+"_subgroups.wgsl"); err == nil {
				return string(b), nil
			}
		}
		b, err := fs.ReadFile(library, name)
		return string(b), err
	})
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", file, err)
	}
	return code, bindings, nil
}

func expandSource(src string, p Params, include func(string) (string, error)) (string, []Binding, error) {
	src = stripComments(src)
	for {
		m := includeRE.FindStringSubmatchIndex(src)
		if m == nil {
			break
		}
		lib, err := include(src[m[2]:m[3]])
		if err != nil {
			return "", nil, err
		}
		src = src[:m[0]] + stripComments(lib) + src[m[1]:]
	}
	src, enabled := takeEnables(src)
	src, literals, err := bindConstants(src, p)
	if err != nil {
		return "", nil, err
	}
	src, err = expandBlocks(substitute(src, literals))
	if err != nil {
		return "", nil, err
	}
	src, err = splitRegisters(foldLengths(src))
	if err != nil {
		return "", nil, err
	}
	src, bindings, err := usedBindings(foldIndices(src))
	return enabled + tidy(src), bindings, err
}

var (
	enableRE    = regexp.MustCompile(`(?m)^enable \w+;\n`)
	includeRE   = regexp.MustCompile(`(?m)^// @include (\S+)$`)
	constRE     = regexp.MustCompile(`(?m)^const (\w+)\s*:\s*(u32|i32|f32|bool)\s*=\s*([^;]+);`)
	literalRE   = regexp.MustCompile(`^(-?\d+u?|-?[\d.]+(e[-+]?\d+)?f?|true|false)$`)
	bindingRE   = regexp.MustCompile(`@group\(0\)\s*@binding\((\d+)\)\s*var<([^>]+)>\s*(\w+)\s*:[^;]+;`)
	registersRE = regexp.MustCompile(`// @registers\s+var (\w+)\s*:\s*array<(.+?),\s*(\d+)u?>;`)
	lengthRE    = regexp.MustCompile(`array<((?:[^<>;]|<[^<>;]*>)+),([^<>;]+)>`)
)

// stripComments drops comments, save the directives, and trailing space.
func stripComments(src string) string {
	lines := strings.Split(src, "\n")
	for i, l := range lines {
		if at := strings.Index(l, "//"); at >= 0 {
			if directive := strings.TrimSpace(l[at:]); strings.HasPrefix(directive, "// @") {
				lines[i] = directive
				continue
			}
			l = l[:at]
		}
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return strings.Join(lines, "\n")
}

// takeEnables removes the enable directives and returns each once.
func takeEnables(src string) (rest, enables string) {
	all := enableRE.FindAllString(src, -1)
	slices.Sort(all)
	return enableRE.ReplaceAllString(src, ""), strings.Join(slices.Compact(all), "")
}

// bindConstants removes the const declarations and returns the literal that
// each name stands for.
func bindConstants(src string, p Params) (string, map[string]string, error) {
	literals := map[string]string{}
	given := map[string]bool{}
	for _, m := range constRE.FindAllStringSubmatch(src, -1) {
		name, kind, value := m[1], m[2], strings.TrimSpace(m[3])
		if literalRE.MatchString(value) {
			v, ok := p[name]
			if !ok {
				return "", nil, fmt.Errorf("parameter %s is not given", name)
			}
			given[name] = true
			lit, err := literal(kind, v)
			if err != nil {
				return "", nil, fmt.Errorf("parameter %s: %w", name, err)
			}
			literals[name] = lit
			continue
		}
		v, err := evaluate(substitute(value, literals))
		if err != nil {
			return "", nil, fmt.Errorf("constant %s: %w", name, err)
		}
		lit, err := literal(kind, v)
		if err != nil {
			return "", nil, fmt.Errorf("constant %s: %w", name, err)
		}
		literals[name] = lit
	}
	for name := range p {
		if !given[name] {
			return "", nil, fmt.Errorf("no parameter %s", name)
		}
	}
	return constRE.ReplaceAllString(src, ""), literals, nil
}

// literal spells v as WGSL of the given type.
func literal(kind string, v any) (string, error) {
	var n int64
	switch v := v.(type) {
	case bool:
		if kind == "bool" {
			return strconv.FormatBool(v), nil
		}
		return "", fmt.Errorf("%v is no %s", v, kind)
	case float64:
		if kind == "f32" {
			s := strconv.FormatFloat(float64(float32(v)), 'g', -1, 32)
			if !strings.ContainsAny(s, ".e") {
				s += ".0"
			}
			if v < 0 {
				s = "(" + s + ")"
			}
			return s, nil
		}
		return "", fmt.Errorf("%v is no %s", v, kind)
	case int:
		n = int64(v)
	case int64:
		n = v
	case uint32:
		n = int64(v)
	default:
		return "", fmt.Errorf("%T cannot be a constant", v)
	}
	switch {
	case kind == "u32" && n >= 0 && n < 1<<32:
		return strconv.FormatInt(n, 10) + "u", nil
	case kind == "i32" && n >= 0 && n < 1<<31:
		return strconv.FormatInt(n, 10), nil
	case kind == "i32" && n < 0 && n > -1<<31:
		return "(" + strconv.FormatInt(n, 10) + ")", nil
	case kind == "f32":
		return literal(kind, float64(n))
	}
	return "", fmt.Errorf("%d is no %s", n, kind)
}

// splitRegisters turns each marked array into variables of its own.
func splitRegisters(src string) (string, error) {
	names := map[string]bool{}
	var failed error
	src = registersRE.ReplaceAllStringFunc(src, func(decl string) string {
		m := registersRE.FindStringSubmatch(decl)
		n, err := evaluateInt(m[3])
		if err != nil {
			failed = fmt.Errorf("registers %s: %w", m[1], err)
			return decl
		}
		names[m[1]] = true
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "var %s_%d: %s;\n", m[1], i, m[2])
		}
		return b.String()
	})
	if failed != nil || len(names) == 0 {
		return src, failed
	}
	var b strings.Builder
	last := 0
	for start, end := range words(src) {
		if start < last || !names[src[start:end]] || end >= len(src) || src[end] != '[' {
			continue
		}
		closing := matching(src, end)
		if closing < 0 {
			return "", fmt.Errorf("registers %s: no ] in sight", src[start:end])
		}
		index, err := evaluateInt(src[end+1 : closing])
		if err != nil {
			return "", fmt.Errorf("registers %s[%s]: %w", src[start:end], src[end+1:closing], err)
		}
		fmt.Fprintf(&b, "%s%s_%d", src[last:start], src[start:end], index)
		last = closing + 1
	}
	b.WriteString(src[last:])
	return b.String(), nil
}

// foldLengths computes the constant lengths of arrays.
func foldLengths(src string) string {
	return lengthRE.ReplaceAllStringFunc(src, func(decl string) string {
		m := lengthRE.FindStringSubmatch(decl)
		n, err := evaluateInt(m[2])
		if err != nil {
			return decl
		}
		return fmt.Sprintf("array<%s, %d>", m[1], n)
	})
}

// foldIndices computes constant index expressions: a vector component or array
// element chosen by one costs nothing, by an expression it may go through memory.
func foldIndices(src string) string {
	var b strings.Builder
	last := 0
	for i := 0; i < len(src); i++ {
		if src[i] != '[' {
			continue
		}
		closing := matching(src, i)
		if closing < 0 {
			break
		}
		if n, err := evaluateInt(src[i+1 : closing]); err == nil && n >= 0 {
			fmt.Fprintf(&b, "%s[%d]", src[last:i], n)
			last, i = closing+1, closing
		}
	}
	b.WriteString(src[last:])
	return b.String()
}

// usedBindings drops the declarations of unused bindings and lists the rest.
func usedBindings(src string) (string, []Binding, error) {
	uses := map[string]int{}
	for start, end := range words(src) {
		if start == 0 || src[start-1] != '.' {
			uses[src[start:end]]++
		}
	}
	var bindings []Binding
	var failed error
	src = bindingRE.ReplaceAllStringFunc(src, func(decl string) string {
		m := bindingRE.FindStringSubmatch(decl)
		if uses[m[3]] < 2 {
			return ""
		}
		index, _ := strconv.Atoi(m[1])
		access := map[string]string{"storage,read": "read", "storage,read_write": "read_write",
			"uniform": "uniform"}[strings.ReplaceAll(m[2], " ", "")]
		if access == "" {
			failed = fmt.Errorf("binding %s: cannot bind var<%s>", m[3], m[2])
		}
		bindings = append(bindings, Binding{Index: uint32(index), Name: m[3], Access: access})
		return decl
	})
	sort.Slice(bindings, func(i, j int) bool { return bindings[i].Index < bindings[j].Index })
	return src, bindings, failed
}

// tidy drops blank lines, so that equal kernels have equal texts.
func tidy(src string) string {
	var b strings.Builder
	for l := range strings.Lines(src) {
		if strings.TrimSpace(l) != "" {
			b.WriteString(l)
		}
	}
	return b.String()
}
