package native

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "pixelda-wgpu"

// layers names, for each folder, the folders of this project that its packages
// may import besides themselves: imports run downwards only. A nested folder
// with an entry of its own follows that entry.
var layers = map[string][]string{
	"wgsl/expand":     {},
	"wgsl/pieces":     {},
	"wgsl/kernels":    {"wgsl/expand", "wgsl/pieces"},
	"wgsl/plan":       {"wgsl/kernels", "wgsl/expand"},
	"wgsl/kerneltest": {"wgsl/kernels", "gpu"},
	"gpu":             {},
	"gpu/fault":       {},

	// Sets, and around them the rooms that bring them in.
	"datasets": {"datasets/picture", "datasets/mapped", "datasets/limits", "datasets/parallel",
		"datasets/random"},
	"datasets/read": {"datasets", "datasets/picture", "datasets/mapped", "datasets/limits", "datasets/parallel"},
	"datasets/draw": {"datasets", "datasets/read", "datasets/draw/render", "datasets/picture", "datasets/limits",
		"datasets/parallel", "datasets/random"},
	"datasets/pack":        {"datasets", "datasets/mapped", "datasets/limits", "datasets/parallel"},
	"datasets/fetch":       {"datasets/read", "datasets/limits"},
	"datasets/open":        {"datasets", "datasets/read", "datasets/draw", "datasets/pack"},
	"datasets/settest":     {"datasets"},
	"datasets/picture":     {"datasets/limits"},
	"datasets/mapped":      {"datasets/limits"},
	"datasets/parallel":    {"datasets/mapped"},
	"datasets/limits":      {},
	"datasets/random":      {},
	"datasets/draw/render": {},

	"model/graph": {"wgsl/plan", "wgsl/kernels", "wgsl/expand", "gpu"},
	"model/tune":  {"model/graph", "wgsl/plan", "wgsl/kernels", "gpu"},
	"model":       {"model/graph", "wgsl/plan", "wgsl/kernels", "gpu"},

	// The spine of training: what, where, when; then who hears, and the rooms beside.
	"trainer/recipe": {},
	"trainer/engine": {"trainer/recipe", "trainer/grid", "trainer/validate", "model", "model/graph", "datasets",
		"datasets/draw", "datasets/open", "gpu", "model/tune"},
	"trainer": {"trainer/engine", "trainer/recipe"},
	"trainer/sinks": {"trainer", "trainer/checkpoint", "trainer/engine", "trainer/recipe", "trainer/rundir",
		"trainer/events"},
	"trainer/checkpoint": {"trainer/engine", "trainer/recipe", "trainer/rundir", "trainer/safetensors",
		"model", "model/graph", "datasets", "gpu"},
	"trainer/bench":  {"trainer/engine", "trainer/recipe", "model", "model/graph", "gpu"},
	"trainer/verify": {"trainer/engine", "trainer/recipe", "trainer/safetensors", "model", "model/graph", "gpu"},
	"trainer/export": {"trainer/checkpoint", "trainer/engine", "trainer/recipe", "trainer/safetensors", "trainer/grid",
		"trainer/protobuf", "model", "model/graph", "datasets", "gpu", "wgsl/plan"},
	"trainer/study": {"trainer/sinks", "trainer", "trainer/checkpoint", "trainer/engine", "trainer/recipe",
		"trainer/rundir",
		"trainer/grid", "trainer/coral", "trainer/svm", "trainer/spread", "model", "model/graph", "datasets",
		"datasets/pack", "gpu"},
	"trainer/rundir":      {},
	"trainer/safetensors": {},
	"trainer/events":      {"trainer/protobuf"},
	"trainer/protobuf":    {},
	"trainer/grid":        {},
	"trainer/validate":    {},
	"trainer/coral":       {},
	"trainer/svm":         {},
	"trainer/spread":      {},
	"trainer/gallery":     {"trainer/validate"},

	"native": {"native/internal/album", "native/internal/benchreport", "native/internal/chart",
		"native/internal/console",
		"native/internal/exhibit", "native/internal/pageserver", "native/internal/reproduce",
		"native/internal/supervise",
		"trainer/gallery", "trainer/study", "trainer/export", "trainer/sinks", "trainer/bench", "trainer/verify",
		"trainer",
		"trainer/checkpoint", "trainer/engine", "trainer/recipe", "trainer/rundir",
		"model", "model/graph", "datasets", "datasets/draw", "datasets/fetch", "datasets/mapped", "datasets/open",
		"datasets/pack", "gpu", "wgsl/plan", "wgsl/kernels", "testdata/traces", "web", "model/tune"},
	"native/pixelda-wgpu":         {"native"},
	"native/internal/album":       {"trainer/rundir", "datasets"},
	"native/internal/pageserver":  {},
	"native/internal/console":     {},
	"native/internal/supervise":   {"native/internal/console", "trainer/rundir"},
	"native/internal/chart":       {"trainer/rundir"},
	"native/internal/benchreport": {"native/internal/console", "native/internal/chart", "trainer/bench"},
	"native/internal/exhibit": {"native/internal/console", "trainer/gallery", "trainer/sinks", "trainer",
		"trainer/checkpoint",
		"trainer/engine", "trainer/recipe", "trainer/rundir", "trainer/validate", "model", "model/graph", "datasets",
		"gpu"},
	"native/internal/reproduce": {"native/internal/console", "native/internal/supervise", "native/internal/chart",
		"trainer/study", "trainer/recipe", "trainer/rundir", "model/graph", "datasets", "datasets/draw",
		"datasets/open", "gpu"},

	"wasm/message":  {},
	"wasm/frame":    {"wasm/message"},
	"wasm/protocol": {"wasm/message", "trainer", "trainer/bench", "trainer/recipe", "trainer/verify", "gpu"},
	"wasm/wire":     {"wasm/message"},
	"wasm/trainer": {"wasm/protocol", "wasm/message", "wasm/wire", "trainer", "trainer/bench", "trainer/checkpoint",
		"trainer/engine", "trainer/export", "trainer/recipe", "trainer/safetensors", "trainer/verify", "model/graph",
		"datasets", "datasets/draw", "datasets/open", "datasets/pack", "gpu", "wgsl/kernels", "model/tune"},
	"wasm/gallery": {"wasm/frame", "wasm/message", "wasm/wire", "trainer/gallery", "trainer/validate"},
	"wasm/schema": {"wasm/protocol", "wasm/frame", "wasm/message", "trainer", "trainer/bench", "trainer/recipe",
		"gpu"},
	"wasm/reference": {"wasm/schema", "trainer", "trainer/checkpoint", "trainer/engine", "trainer/recipe",
		"model/graph",
		"datasets", "datasets/draw", "datasets/pack", "gpu", "wgsl/kernels"},

	"web":             {},
	"testdata/traces": {},
}

// worded is what every room may import that words errors, which is every room but these.
const (
	worded   = "gpu/fault"
	wordless = "trainer/recipe"
)

// forTests is what the tests of a folder need besides, or of all rooms of a floor: of all,
// those by which kernels are run.
var forTests = map[string][]string{
	"":      {"gpu", "gpu/gputest", "wgsl/kernels", "wgsl/kerneltest", "wgsl/expand", "wgsl/plan"},
	"model": {"trainer/recipe", "trainer/engine"}, // presets, and the settings that methods have
	"datasets/": {"datasets", "datasets/draw", "datasets/open", "datasets/pack", "datasets/picture", "datasets/random",
		"datasets/settest"}, // whole sets
	"trainer/recipe": {"trainer/engine", "model"}, // the methods, and whether presets make networks
	"trainer": {"trainer/sinks", "trainer/checkpoint", "trainer/rundir", "trainer/safetensors", "model", "model/tune",
		"model/graph", "datasets",
		"datasets/draw"}, // whole runs
	"trainer/export":              {"datasets/draw", "datasets/open"},
	"trainer/study":               {"datasets/draw"},
	"native/internal/album":       {"datasets/open"},
	"native":                      {"trainer/grid", "trainer/safetensors"},
	"native/internal/benchreport": {"trainer/recipe"},
	"native/internal/supervise":   {"model/graph", "wgsl/plan"},
}

// outside names the folders that may import a dependency, by prefix. A
// dependency has one home, so that it can be replaced there; gonum, slow and
// inexact beside a kernel, stays out of the hot path.
var outside = map[string][]string{
	"github.com/rajveermalviya/go-webgpu": {"gpu"},
	"github.com/hajimehoshi/ebiten":       {"trainer/gallery"},
	"github.com/klauspost/compress":       {"datasets", "trainer"},
	"github.com/spf13/cobra":              {"native"},
	"github.com/schollz/progressbar":      {"native/internal/console"},
	"gonum.org/v1/gonum":                  {"datasets", "model", "trainer", "native"},
	"gonum.org/v1/plot":                   {"native"},
	"C":                                   {"gpu"},
}

func TestImportsRunDownwards(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && name != ".." && (strings.HasPrefix(name, ".") || name == "node_modules" ||
			name == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		seen++
		rel, err := filepath.Rel("..", file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := refusal(filepath.ToSlash(rel), target); why != "" {
				t.Error(why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no Go file found: the check has lost its way")
	}
}

// TestRefusal keeps the check itself from passing everything.
func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		file, target string
		refused      bool
	}{
		{"gpu/session_native.go", "github.com/rajveermalviya/go-webgpu/wgpu", false},
		{"model/graph/lower.go", "pixelda-wgpu/wgsl/plan", false},
		{"model/graph/lower.go", "pixelda-wgpu/model", true},
		{"model/graph/choose.go", "pixelda-wgpu/model/tune", true},
		{"trainer/engine/samples.go", "pixelda-wgpu/trainer/grid", false},
		{"trainer/engine/samples.go", "pixelda-wgpu/trainer/checkpoint", true},
		{"trainer/recipe/config.go", "pixelda-wgpu/model", true},
		{"trainer/recipe/config.go", "pixelda-wgpu/gpu/fault", true},
		{"trainer/svm/svm.go", "pixelda-wgpu/gpu/fault", false},
		{"gpu/fault/fault.go", "pixelda-wgpu/gpu", true},
		{"trainer/recipe/model_test.go", "pixelda-wgpu/model", false},
		{"trainer/grid/grid.go", "pixelda-wgpu/datasets", true},
		{"datasets/set.go", "pixelda-wgpu/datasets/read", true},
		{"datasets/read/idx.go", "pixelda-wgpu/datasets/draw", true},
		{"datasets/read/idx_test.go", "pixelda-wgpu/datasets/open", false},
		{"trainer/loop.go", "pixelda-wgpu/trainer/sinks", true},
		{"trainer/loop.go", "pixelda-wgpu/trainer/gallery", true},
		{"trainer/loop.go", "pixelda-wgpu/native", true},
		{"wgsl/kernels/kernel.go", "pixelda-wgpu/gpu", true},
		{"wgsl/expand/blocks.go", "pixelda-wgpu/wgsl/kernels", true},
		{"wgsl/kernels/kernel.go", "pixelda-wgpu/wgsl/plan", true},
		{"wgsl/kernels/kernel_test.go", "pixelda-wgpu/gpu/gputest", false},
		{"wgsl/kernels/kernel.go", "gonum.org/v1/gonum/mat", true},
		{"trainer/bench.go", "gonum.org/v1/plot/vg", true},
		{"model/tune/tune.go", "github.com/rajveermalviya/go-webgpu/wgpu", true},
		{"native/view.go", "github.com/hajimehoshi/ebiten/v2", true},
		{"native/internal/console/table.go", "pixelda-wgpu/trainer", true},
		{"native/pixelda-wgpu/main.go", "pixelda-wgpu/native", false},
		{"native/pixelda-wgpu/main.go", "pixelda-wgpu/trainer", true},
		{"tools/main.go", "fmt", true},
	} {
		if got := refusal(c.file, c.target); (got != "") != c.refused {
			t.Errorf("refusal(%s, %s) = %q, refused should be %v", c.file, c.target, got, c.refused)
		}
	}
}

// refusal says why file, a path from the project's root, may not import target,
// or nothing where it may.
func refusal(file, target string) string {
	layer := layerOf(path.Dir(file))
	if layer == "" {
		return file + ": Go code outside the layers; add its folder to the table of this test"
	}
	if imported, ours := strings.CutPrefix(target, module+"/"); ours {
		allowed := append([]string{layer}, layers[layer]...)
		if layer != wordless {
			allowed = append(allowed, worded)
		}
		if strings.HasSuffix(file, "_test.go") {
			floor, _, _ := strings.Cut(layer, "/")
			allowed = slices.Concat(allowed, forTests[""], forTests[floor+"/"], forTests[layer])
		}
		if !slices.Contains(allowed, layerOf(imported)) {
			return file + ": " + layer + " may not import " + imported
		}
		return ""
	}
	for prefix, homes := range outside {
		if target != prefix && !strings.HasPrefix(target, prefix+"/") {
			continue
		}
		if !slices.ContainsFunc(homes, func(home string) bool { return within(layer, home) }) {
			return file + ": " + target + " is only for " + strings.Join(homes, ", ")
		}
	}
	return ""
}

// layerOf returns the longest entry of layers that holds the folder.
func layerOf(folder string) string {
	longest := ""
	for layer := range layers {
		if within(folder, layer) && len(layer) > len(longest) {
			longest = layer
		}
	}
	return longest
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}
