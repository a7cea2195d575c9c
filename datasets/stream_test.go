package datasets

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/gpu/fault"
)

// Pack must write what opening the set and saving it writes, byte for byte, though
// it never has the set in memory.
func TestPackEqualsSaving(t *testing.T) {
	red := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		red.SetNRGBA(i%4, i/4, color.NRGBA{200, 0, byte(i), 255})
	}
	f := tree{}.dots(t, "a", 40, 0).dots(t, "b", 40, 100)
	f["b/999.png"] = encodePNG(t, red) // the last one has colours, the first has none
	split := tree{}.dots(t, "train/a", 9, 0).dots(t, "train/b", 9, 50).dots(t, "test/b", 3, 100)
	mnist := t.TempDir()
	smallMNIST(t, mnist)
	for name, c := range map[string]struct {
		spec string
		o    Options
	}{
		"generated":         {"digits-m", Options{Seed: 5, Counts: &Counts{Train: 1400, Valid: 20, Test: 30}}},
		"generated, resize": {"digits", Options{Size: 9, Channels: 3, Counts: &Counts{Train: 50}}},
		"folder":            {f.folder(t), Options{Seed: 2}},
		"ZIP":               {f.zipFile(t), Options{Seed: 3, Size: 3, Counts: &Counts{Train: 30, Test: 20}}},
		"grey":              {f.zipFile(t), Options{Channels: 1}},
		"with splits":       {split.folder(t), Options{}},
		"idx":               {filepath.Join(mnist, "mnist"), Options{Size: 14}},
	} {
		dir := t.TempDir()
		whole, err := Open(c.spec, c.o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for form, save := range map[bool]func(string, Splits) error{false: SavePacked, true: SaveRaw} {
			want, got := filepath.Join(dir, "want"), filepath.Join(dir, "got")
			if err := save(want, whole); err != nil {
				t.Fatal(err)
			}
			var told []int
			all := 0
			counts, err := Pack(got, c.spec, c.o, form, func(images, of int) { told, all = append(told, images), of })
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if total := counts.Train + counts.Valid + counts.Test; all != total || len(told) == 0 ||
				told[len(told)-1] != total || !slices.IsSorted(told) {
				t.Errorf("%s: of %d images it tells %v of %d", name, total, told, all)
			}
			if counts != (Counts{whole.Train.Len(), whole.Valid.Len(), whole.Test.Len()}) {
				t.Errorf("%s: %+v", name, counts)
			}
			a, _ := os.ReadFile(want)
			b, _ := os.ReadFile(got)
			if len(a) == 0 || !bytes.Equal(a, b) {
				t.Errorf("%s, raw %v: %d bytes in memory, %d streamed, or others", name, form, len(a), len(b))
			}
		}
		var b bytes.Buffer
		if err := WritePacked(&b, whole); err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(dir, "got"))
		Pack(filepath.Join(dir, "got"), c.spec, c.o, false, nil)
		if file, _ := os.ReadFile(filepath.Join(dir, "got")); !bytes.Equal(file, b.Bytes()) {
			t.Errorf("%s: a file and a stream differ", name)
		}
	}
}

func TestPackErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pxds")
	f := tree{}.dots(t, "a", 20, 0)
	f["b/bad.png"] = []byte("x")
	odd := tree{}.dots(t, "a", 20, 0)
	odd["b/wide.png"] = encodePNG(t, grey(5, 4, 1))
	for want, spec := range map[string]string{
		"b/bad.png: no PNG, JPEG or WebP image": f.folder(t),
		"b/wide.png is 5x4: give a size":        odd.zipFile(t),
		"is neither a known set":                "none",
	} {
		for _, raw := range []bool{false, true} {
			if _, err := Pack(path, spec, Options{}, raw, nil); err == nil || !strings.Contains(err.Error(), want) ||
				fault.Of(err) == "" {
				t.Errorf("%v; want %q", err, want)
			}
		}
	}
	huge := (&Set{Name: "x", Width: 1 << 10, Height: 1 << 10, Channels: 1}).View(1<<13, nil)
	if err := SavePacked(path, Splits{Train: huge}); err == nil || !strings.Contains(err.Error(), "pack it with -raw") {
		t.Errorf("8 GiB to be compressed: %v", err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}
