package schema

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pixelda-wgpu/trainer/recipe"
	"pixelda-wgpu/wasm/message"
	"pixelda-wgpu/wasm/protocol"
)

type inner struct {
	Deep []string `json:"deep"`
}

type either struct {
	Kind  string `json:"kind"`
	Name  string `json:"name,omitempty" of:"first,second"`
	Count *int   `json:"count,omitempty" of:"second"`
}

type sample struct {
	inner
	Name     string             `json:"name"`
	Count    *int               `json:"count,omitempty"`
	Zero     inner              `json:"zero,omitzero"`
	Maybe    *float64           `json:"maybe"`
	Rates    map[string]float32 `json:"rates"`
	Pair     [2]uint64          `json:"pair"`
	On       bool
	Stage    protocol.Clock   `json:"stage"`
	Bytes    message.Bytes    `json:"bytes"`
	Floats   *message.Floats  `json:"floats,omitempty"`
	Either   either           `json:"either"`
	None     protocol.Nothing `json:"none"`
	Left     int              `json:"-"`
	unspoken int
}

func TestValue(t *testing.T) {
	var w writer
	w.value("x", reflect.TypeFor[sample]())
	want := []string{
		"x object", "x.deep array", "x.deep[] string", "x.name string", "x.count? number",
		"x.zero? object", "x.zero?.deep array", "x.zero?.deep[] string", "x.maybe null", "x.maybe number",
		"x.rates map", "x.rates{} number", "x.pair array", "x.pair[] number", "x.On boolean",
		`x.stage "gpu"`, `x.stage "wall"`, "x.bytes bytes", "x.floats? floats",
		"x.either<first> object", `x.either<first>.kind "first"`, "x.either<first>.name string",
		"x.either<second> object", `x.either<second>.kind "second"`, "x.either<second>.name string",
		"x.either<second>.count number", "x.none null",
	}
	if !slices.Equal(w.lines, want) {
		t.Errorf("lines are\n%s\nwant\n%s", strings.Join(w.lines, "\n"), strings.Join(want, "\n"))
	}
	_ = sample{}.unspoken
}

func TestValueRefuses(t *testing.T) {
	for _, of := range []reflect.Type{
		reflect.TypeFor[json.RawMessage](), reflect.TypeFor[chan int](), reflect.TypeFor[any](),
		reflect.TypeFor[func()](),
	} {
		t.Run(of.String(), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it has a form")
				}
			}()
			new(writer).value("x", of)
		})
	}
}

// The table of literals has all constants of its types, and all types of package protocol that have constants.
func TestLiteralsAreAllConstants(t *testing.T) {
	const own = "pixelda-wgpu/wasm/protocol"
	var listed []string
	for of, values := range literals {
		if of == reflect.TypeFor[recipe.Method]() { // methods are registered, and listed by recipe.Methods
			continue
		}
		want := constants(t, of.PkgPath())[of.Name()]
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(values)); !slices.Equal(got, want) {
			t.Errorf("the literals of %v are %q, its constants are %q", of, got, want)
		}
		if of.PkgPath() == own {
			listed = append(listed, of.Name())
		}
	}
	for name := range constants(t, own) {
		if !slices.Contains(listed, name) {
			t.Errorf("the constants of protocol.%s are not in the table of literals", name)
		}
	}
}

// constants returns the values of the string constants of a package, by the names of their types.
func constants(t *testing.T, pkg string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", strings.TrimPrefix(pkg, "pixelda-wgpu/"), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no files: %v", pkg, err)
	}
	found := map[string][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			of, typed := spec.Type.(*ast.Ident)
			text, literal := spec.Values[0].(*ast.BasicLit)
			if typed && literal && text.Kind == token.STRING {
				value, err := strconv.Unquote(text.Value)
				if err != nil {
					t.Fatal(err)
				}
				found[of.Name] = append(found[of.Name], value)
			}
			return true
		})
	}
	return found
}

func TestSettingKinds(t *testing.T) {
	var used []string
	for _, s := range recipe.Settings() {
		used = append(used, s.Kind)
	}
	slices.Sort(used)
	if got, want := slices.Sorted(slices.Values(settingKinds)), slices.Compact(used); !slices.Equal(got, want) {
		t.Errorf("kinds of settings are %q, listed are %q", want, got)
	}
}
