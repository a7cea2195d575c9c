package native

import (
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/native/internal/console"
)

// A user exports a run and redraws images with the bundle: they are those that
// the run makes, to a level of 255.
func TestExportAdapt(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	args := append([]string{"train", "-out", in("run"), "-iterations", "2", "-baseline", "0"}, tinyModel...)
	if status, _, errs := runLine(t, args...); status != console.Done {
		t.Fatalf("train: status %d\n%s", status, errs)
	}
	var made exported
	if err := json.Unmarshal([]byte(succeeds(t, "export", in("run"), "-o", in("g.pxda"), "-onnx", in("g.onnx"),
		"-safetensors", in("g.safetensors"), "-json")), &made); err != nil {
		t.Fatal(err)
	}
	if len(made.Files) != 3 || made.Trained.Step != 2 || made.Generator.Size != 8 {
		t.Errorf("export tells %+v", made)
	}
	for _, f := range made.Files {
		if info, err := os.Stat(f.Path); err != nil || info.Size() != f.Bytes {
			t.Errorf("%s of %d bytes: %v", f.Path, f.Bytes, err)
		}
	}
	text := succeeds(t, "export", in("g.pxda"), "-o", in("h.pxda"), "-f16")
	if !strings.Contains(text, "digits → digits-m after 2 iterations: 8×8") || !strings.Contains(text, in("h.pxda")) {
		t.Errorf("export tells\n%s", text)
	}
	succeeds(t, "adapt", "-limit", "20", "-seed", "3", "-out", in("from-run"), in("run"), "digits")
	succeeds(t, "adapt", "-limit", "20", "-seed", "3", "-out", in("from-bundle"), in("g.pxda"), "digits")
	files, err := filepath.Glob(in("from-run/*/*.png"))
	if err != nil || len(files) != 20 {
		t.Fatalf("%d images: %v", len(files), err)
	}
	for _, file := range files {
		want := pixels(t, file)
		got := pixels(t, strings.Replace(file, "from-run", "from-bundle", 1))
		for i := range want {
			if d := int(got[i]) - int(want[i]); d < -1 || d > 1 {
				t.Fatalf("%s: byte %d is %d, from the run %d", file, i, got[i], want[i])
			}
		}
	}
}

func pixels(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	switch m := m.(type) {
	case *image.RGBA:
		return m.Pix
	case *image.NRGBA:
		return m.Pix
	}
	t.Fatalf("%s is a %T", path, m)
	return nil
}

func TestExportErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.pxda")
	if err := os.WriteFile(text, []byte("plain text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"export run", console.Misused, "say what to write: -o FILE.pxda"},
		{"export run -o x.zip", console.Misused, "bundle is written to a file that ends in .pxda"},
		{"export run -onnx x.pb", console.Misused, "ends in .onnx"},
		{"export run -onnx x.onnx -f16", console.Misused, "-f16 is for -o and -safetensors"},
		{"export " + text + " -o " + text, console.Misused, "cannot be written over"},
		{"export -o x.pxda", console.Misused, "give one argument: a run folder, a checkpoint or a bundle"},
		{"export /nosuch -o x.pxda", console.Failed, "/nosuch"},
		{"export " + text + " -onnx " + dir + "/x.onnx", console.Failed, "text.pxda: "},
		{"adapt " + text + " digits", console.Failed, "no safetensors file"},
	} {
		fails(t, c.status, c.want, strings.Fields(c.args)...)
	}
	if left, err := filepath.Glob(dir + "/*"); err != nil || len(left) != 1 {
		t.Errorf("failed commands leave %v behind, %v", left, err)
	}
}
