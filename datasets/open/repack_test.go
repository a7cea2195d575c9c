package open_test

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/settest"
	"pixelda-wgpu/gpu/fault"
)

// Pack must write what opening the set and saving it writes, byte for byte, though
// it never has the set in memory.
func TestPackEqualsSaving(t *testing.T) {
	red := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		red.SetNRGBA(i%4, i/4, color.NRGBA{200, 0, byte(i), 255})
	}
	f := settest.Tree{}.Dots(t, "a", 40, 0).Dots(t, "b", 40, 100)
	f["b/999.png"] = settest.EncodePNG(t, red) // the last one has colours, the first has none
	split := settest.Tree{}.Dots(t, "train/a", 9, 0).Dots(t, "train/b", 9, 50).Dots(t, "test/b", 3, 100)
	mnist := t.TempDir()
	settest.SmallMNIST(t, mnist)
	for name, c := range map[string]struct {
		spec string
		o    datasets.Options
	}{
		"generated": {"digits-m", datasets.Options{Seed: 5,
			Counts: &datasets.Counts{Train: 1400, Valid: 20, Test: 30}}},
		"generated, resize": {"digits", datasets.Options{Size: 9, Channels: 3, Counts: &datasets.Counts{Train: 50}}},
		"folder":            {f.Folder(t), datasets.Options{Seed: 2}},
		"ZIP": {f.ZipFile(t), datasets.Options{Seed: 3, Size: 3,
			Counts: &datasets.Counts{Train: 30, Test: 20}}},
		"grey":        {f.ZipFile(t), datasets.Options{Channels: 1}},
		"with splits": {split.Folder(t), datasets.Options{}},
		"idx":         {filepath.Join(mnist, "mnist"), datasets.Options{Size: 14}},
	} {
		dir := t.TempDir()
		whole, err := open.Splits(c.spec, c.o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for form, save := range map[bool]func(string, datasets.Splits) error{false: pack.SaveCompressed,
			true: pack.SaveRaw} {
			want, got := filepath.Join(dir, "want"), filepath.Join(dir, "got")
			if err := save(want, whole); err != nil {
				t.Fatal(err)
			}
			var told []int
			all := 0
			counts, err := open.Pack(got, c.spec, c.o, form, func(images, of int) {
				told, all = append(told, images), of
			})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if total := counts.Train + counts.Valid + counts.Test; all != total || len(told) == 0 ||
				told[len(told)-1] != total || !slices.IsSorted(told) {
				t.Errorf("%s: of %d images it tells %v of %d", name, total, told, all)
			}
			if counts != (datasets.Counts{Train: whole.Train.Len(), Valid: whole.Valid.Len(), Test: whole.Test.Len()}) {
				t.Errorf("%s: %+v", name, counts)
			}
			a, _ := os.ReadFile(want)
			b, _ := os.ReadFile(got)
			if len(a) == 0 || !bytes.Equal(a, b) {
				t.Errorf("%s, raw %v: %d bytes in memory, %d streamed, or others", name, form, len(a), len(b))
			}
		}
		var b bytes.Buffer
		if err := pack.Write(&b, whole); err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(dir, "got"))
		open.Pack(filepath.Join(dir, "got"), c.spec, c.o, false, nil)
		if file, _ := os.ReadFile(filepath.Join(dir, "got")); !bytes.Equal(file, b.Bytes()) {
			t.Errorf("%s: a file and a stream differ", name)
		}
	}
}

func TestPackErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pxds")
	f := settest.Tree{}.Dots(t, "a", 20, 0)
	f["b/bad.png"] = []byte("x")
	odd := settest.Tree{}.Dots(t, "a", 20, 0)
	odd["b/wide.png"] = settest.EncodePNG(t, settest.Grey(5, 4, 1))
	for want, spec := range map[string]string{
		"b/bad.png: no PNG, JPEG or WebP image": f.Folder(t),
		"b/wide.png is 5x4: give a size":        odd.ZipFile(t),
		"is neither a known set":                "none",
	} {
		for _, raw := range []bool{false, true} {
			if _, err := open.Pack(path, spec, datasets.Options{}, raw, nil); err == nil ||
				!strings.Contains(err.Error(), want) ||
				fault.Of(err) == "" {
				t.Errorf("%v; want %q", err, want)
			}
		}
	}
	huge := (&datasets.Set{Name: "x", Width: 1 << 10, Height: 1 << 10, Channels: 1}).View(1<<13, nil)
	if err := pack.SaveCompressed(path, datasets.Splits{Train: huge}); err == nil ||
		!strings.Contains(err.Error(), "pack it with -raw") {
		t.Errorf("8 GiB to be compressed: %v", err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}
