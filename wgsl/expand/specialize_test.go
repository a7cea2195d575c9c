package expand

import (
	"fmt"
	"strings"
	"testing"
)

func noInclude(name string) (string, error) { return "", fmt.Errorf("no file %s", name) }

func TestExpandSource(t *testing.T) {
	src := `
// y[i] = scale · Σ x
const N: u32 = 4u; // elements
const SCALE: f32 = 1.0;
const HALF: u32 = N / 2u;
const PAD: i32 = 1;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> unused: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(HALF) fn main() {
    // @registers
    var acc: array<f32, N>;
    // @unroll
    for (var i = 0u; i < HALF; i++) {
        // @unroll
        for (var j = 0; j < 2; j++) {
            // @static
            if (j - PAD < 0) {
                acc[i * 2u + u32(j)] = SCALE * x[i];
            } else if (i == 0u) {
                acc[1] = 5.0;
            } else {
                acc[3] = unusual.x;
            }
        }
    }
    y[0] = acc[0] + acc[N - 1u];
}
`
	code, bindings, err := expandSource(src, Params{"N": 4, "SCALE": 0.5, "PAD": 1}, noInclude)
	if err != nil {
		t.Fatal(err)
	}
	squeezed := strings.Join(strings.Fields(code), " ")
	for _, want := range []string{
		"@workgroup_size(2u)", "var acc_3: f32;", "acc_0 = 0.5 * x[0];", "acc_2 = 0.5 * x[1];",
		"acc_1 = 5.0;", "acc_3 = unusual.x;", "y[0] = acc_0 + acc_3;",
	} {
		if !strings.Contains(squeezed, want) {
			t.Errorf("no %q in\n%s", want, code)
		}
	}
	for _, not := range []string{"@static", "@unroll", "const ", "// ", "unused"} {
		if strings.Contains(code, not) {
			t.Errorf("%q is left in\n%s", not, code)
		}
	}
	if len(bindings) != 2 || bindings[0] != (Binding{0, "x", "read"}) ||
		bindings[1] != (Binding{2, "y", "read_write"}) {
		t.Errorf("bindings %v", bindings)
	}
}

// Directives of all files go to the front, each once.
func TestExpandEnable(t *testing.T) {
	code, _, err := expandSource("// @include a.wgsl\nenable f16;\n// @include a.wgsl\nfn main() {}\n", nil,
		func(string) (string, error) { return "// A file.\nenable subgroups;\nfn a() {}\n", nil })
	if err != nil {
		t.Fatal(err)
	}
	if want := "enable f16;\nenable subgroups;\nfn a() {}\nfn a() {}\nfn main() {}\n"; code != want {
		t.Errorf("%q", code)
	}
}

func TestExpandSourceErrors(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		p    Params
		want string
	}{
		"missing":    {"const N: u32 = 1u;", nil, "parameter N is not given"},
		"unknown":    {"const N: u32 = 1u;", Params{"N": 1, "M": 2}, "no parameter M"},
		"negative":   {"const N: u32 = 1u;", Params{"N": -1}, "-1 is no u32"},
		"loop":       {"// @unroll\nfor (var i = 0; i < n; i++) { }", nil, "n is not constant"},
		"while":      {"// @unroll\nwhile (true) { }", nil, "not a counting loop"},
		"condition":  {"// @static\nif (x) { }", nil, "x is not constant"},
		"number":     {"// @static\nif (1 + 1) { }", nil, "2 is no condition"},
		"mixed":      {"// @static\nif (1 && true) { }", nil, "mixed types"},
		"index":      {"// @registers\nvar a: array<f32, 2>;\na[i] = 1.0;", nil, "i is not constant"},
		"zero":       {"const N: u32 = 1u / 0u;", nil, "division by zero"},
		"include":    {"// @include lost.wgsl\n", nil, "no file lost.wgsl"},
		"unbalanced": {"// @static\nif (true) { {", nil, "no closing brace"},
	} {
		_, _, err := expandSource(c.src, c.p, noInclude)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
