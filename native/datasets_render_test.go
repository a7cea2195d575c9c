package native

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/native/internal/console"
)

const tetrahedron = `ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
element face 4
property list uchar int vertex_indices
end_header
0 0 60
60 0 -30
-60 40 -30
-60 -40 -30
3 0 1 2
3 0 2 3
3 0 3 1
3 1 3 2
`

// TestDatasetsRender renders a model, and looks at what came out.
func TestDatasetsRender(t *testing.T) {
	dir := t.TempDir()
	models := filepath.Join(dir, "models")
	if err := os.Mkdir(models, 0o755); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(models, "tent.ply")
	if err := os.WriteFile(model, []byte(tetrahedron), 0o644); err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(dir, "tent.pxds")
	args := []string{"datasets", "render", "-models", models, "-train", "20", "-test", "4", "-size", "32", "-o", output}
	status, out, err := runLine(t, args...)
	if status != console.Done || !strings.HasPrefix(out, output+": 20 train, 4 test, ") ||
		!strings.Contains(err, "24/24 images") {
		t.Fatalf("status %d, %q and %q", status, out, err)
	}
	var infos []setInfo
	if err := json.Unmarshal([]byte(succeeds(t, "datasets", "info", output, "-json")), &infos); err != nil {
		t.Fatal(err)
	}
	if i := infos[0]; !i.Poses || i.Channels != 4 || i.Width != 32 || len(i.Classes) != 1 ||
		i.Classes[0].Name != "tent" || i.Images["train"] != 20 {
		t.Errorf("info tells %+v", i)
	}
	if text := succeeds(t, "datasets", "info", output); !strings.Contains(text, "32×32, RGB and depth") ||
		!strings.Contains(text, "poses") {
		t.Errorf("info tells\n%s", text)
	}
	picture := filepath.Join(dir, "tent.png")
	succeeds(t, "datasets", "preview", output, "-o", picture, "-columns", "4")
	f, openErr := os.Open(picture)
	if openErr != nil {
		t.Fatal(openErr)
	}
	defer f.Close()
	m, decodeErr := png.Decode(f)
	if decodeErr != nil {
		t.Fatal(decodeErr)
	}
	if want := [2]int{4*(2*32+1) - 1, 3 * 2 * 32}; [2]int{m.Bounds().Dx(), m.Bounds().Dy()} != want {
		t.Errorf("the picture is %v; want %v: colour, depth and mask", m.Bounds(), want)
	}
	for name, y := range map[string]int{"colour": 32, "depth": 64 + 32, "mask": 128 + 32} {
		if r, _, _, _ := m.At(32, y).RGBA(); r == 0 {
			t.Errorf("the %s in the middle is black", name)
		}
		if r, _, _, _ := m.At(1, y-31).RGBA(); r != 0 {
			t.Errorf("the %s in a corner is not black", name)
		}
	}

	fails(t, console.Misused, "ends in .pxds", "datasets", "render", "-models", models)
	fails(t, console.Misused, "-field", "datasets", "render", "-models", models, "-o", output, "-convention", model,
		"-field", "100")
	fails(t, console.Misused, "-convention FILE", "datasets", "render", "-models", models, "-o", output, "-crops",
		"linemod-crops")
	fails(t, console.Failed, "damaged convention of poses", "datasets", "render", "-models", models, "-o", output,
		"-convention", model)
	fails(t, console.Failed, "no model of cow", "datasets", "render", "-models", models, "-o",
		filepath.Join(dir, "x.pxds"), "-objects", "cow")
	fails(t, console.Failed, "nowhere", "datasets", "render", "-models", filepath.Join(dir, "nowhere"), "-o",
		filepath.Join(dir, "x.pxds"))
	left, globErr := filepath.Glob(filepath.Join(dir, "*.pxds*"))
	if globErr != nil || len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
