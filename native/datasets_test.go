package native

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/native/internal/console"
	"pixelda-wgpu/trainer/grid"
)

func TestDatasetsList(t *testing.T) {
	data := t.TempDir()
	if err := os.MkdirAll(filepath.Join(data, "mnist"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "mnist", "a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var sets []listed
	if err := json.Unmarshal([]byte(succeeds(t, "datasets", "list", "-json", "-data", data)), &sets); err != nil {
		t.Fatal(err)
	}
	ready := map[string]bool{}
	for _, s := range sets {
		ready[s.Name] = s.Ready
	}
	if len(sets) != len(open.List()) || !ready["digits"] || !ready["mnist"] || ready["mnist-m"] || ready["usps"] {
		t.Errorf("ready are %v", ready)
	}
	text := succeeds(t, "datasets", "list", "-data", data)
	if !strings.Contains(text, "built in") || strings.Count(text, "\n") != len(sets)+3 {
		t.Errorf("the list is\n%s", text)
	}
}

// TestDatasetsPackPreviewInfo packs a generated set, and looks at the file.
func TestDatasetsPackPreviewInfo(t *testing.T) {
	dir := t.TempDir()
	packed, picture := filepath.Join(dir, "d.pxds"), filepath.Join(dir, "d.png")
	if out := succeeds(t, "datasets", "pack", "digits-m", "-train", "120", "-test", "40", "-size", "16", "-o",
		packed); !strings.HasPrefix(out, packed+": 120 train, 40 test, ") {
		t.Errorf("pack says %q", out)
	}

	var infos []setInfo
	if err := json.Unmarshal([]byte(succeeds(t, "datasets", "info", packed, "-json")), &infos); err != nil {
		t.Fatal(err)
	}
	info := infos[0]
	if len(infos) != 1 || info.Images["train"] != 120 || info.Images["test"] != 40 || info.Width != 16 ||
		info.Channels != 3 || len(info.Classes) != 10 {
		t.Errorf("info tells %+v", infos)
	}
	total := 0
	for _, c := range info.Classes {
		total += c.Images["train"]
	}
	if total != 120 {
		t.Errorf("the classes have %d images together", total)
	}
	text := succeeds(t, "datasets", "info", packed)
	for _, want := range []string{"16×16, RGB", "120 train, 40 test", info.Fingerprint, "Class  train  test\n0 "} {
		if !strings.Contains(text, want) {
			t.Errorf("info has no %q:\n%s", want, text)
		}
	}

	succeeds(t, "datasets", "preview", packed, "-o", picture, "-columns", "4", "-scale", "3")
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := png.DecodeConfig(f)
	if want := [2]int{4*(3*16+1) - 1, 10*(3*16+1) - 1}; err != nil || [2]int{size.Width, size.Height} != want {
		t.Errorf("the picture is %d×%d, %v; want %v", size.Width, size.Height, err, want)
	}
}

// A raw set is the same set, and does not take the program down when it is damaged.
func TestDatasetsPackRaw(t *testing.T) {
	dir := t.TempDir()
	small, raw := filepath.Join(dir, "small.pxds"), filepath.Join(dir, "raw.pxds")
	var prints []string
	for _, file := range []string{small, raw} {
		args := []string{"datasets", "pack", "digits", "-train", "300", "-test", "40", "-size", "16", "-o", file}
		if file == raw {
			args = append(args, "-raw")
		}
		if out := succeeds(t, args...); !strings.HasPrefix(out, file+": 300 train, 40 test, ") {
			t.Errorf("pack says %q", out)
		}
		var infos []setInfo
		if err := json.Unmarshal([]byte(succeeds(t, "datasets", "info", file, "-json")), &infos); err != nil {
			t.Fatal(err)
		}
		prints = append(prints, infos[0].Fingerprint)
	}
	if prints[0] != prints[1] {
		t.Errorf("fingerprints %v", prints)
	}
	data, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < 340*16*16 {
		t.Errorf("raw images take %d bytes", len(data))
	}
	data[5000] ^= 1
	if err := os.WriteFile(raw, data, 0o644); err != nil {
		t.Fatal(err)
	}
	fails(t, console.Failed, "raw.pxds: split train: damaged: images 0 to 299, bytes 4096 to 80895 of the file",
		"datasets", "info", raw)
}

// guarded makes an error of a fault in a mapped file, and of nothing else.
func TestGuarded(t *testing.T) {
	raw := filepath.Join(t.TempDir(), "raw.pxds")
	s := datasets.Splits{Train: draw.Digits(1, 0, 100)}
	if err := pack.SaveRaw(raw, s); err != nil {
		t.Fatal(err)
	}
	opened, err := open.Splits(raw, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(raw, 4096); err != nil {
		t.Fatal(err)
	}
	for name, look := range map[string]func(){
		"image":      func() { _ = opened.Train.Subset([]int{90}) },
		"neighbours": func() { grid.Nearest(s.Train.Image(0), opened.Train.Pixels(), opened.Train.ImageBytes()) },
	} {
		if err := guarded(func() error { look(); return nil }); err == nil || !strings.Contains(err.Error(), raw) {
			t.Errorf("%s: %v", name, err)
		}
	}
	defer func() {
		if recover() != "ours" {
			t.Error("another panic is swallowed")
		}
	}()
	_ = guarded(func() error { panic("ours") })
}

// show takes as many of each class as the smallest has, so that rows are classes.
func TestPreviewRows(t *testing.T) {
	s := datasets.Set{Width: 1, Height: 1, Channels: 1, Labels: []uint32{0, 1, 0, 1, 0, 2},
		Classes: []string{"a", "b", "c", "none"}}.Of(make([]byte, 6))
	if indices, perRow := show(s, 16); perRow != 1 || len(indices) != 3 {
		t.Errorf("rows of %d: %v", perRow, indices)
	}
	s.Labels[5] = 1
	if indices, perRow := show(s, 2); perRow != 2 || len(indices) != 4 || indices[2] != 1 {
		t.Errorf("rows of %d: %v", perRow, indices)
	}
	s.Labels, s.Classes = nil, nil
	if indices, perRow := show(s, 16); perRow != 6 || len(indices) != 6 {
		t.Errorf("without classes, rows of %d: %v", perRow, indices)
	}
}
