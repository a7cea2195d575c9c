package read

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"pixelda-wgpu/datasets/settest"
)

func TestMappedIDXEqualsReadIDX(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		count, h, w := rapid.IntRange(1, 9).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "h"),
			rapid.IntRange(1, 9).Draw(t, "w")
		dims := []uint32{uint32(count), uint32(h), uint32(w)}
		size := count * h * w
		if rapid.Bool().Draw(t, "rgb") {
			dims, size = append(dims, 3), 3*size
		}
		data := settest.IDX(8, rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "pixels"), dims...)
		if rapid.IntRange(0, 3).Draw(t, "damage") == 0 {
			data = append(data, 0)[:rapid.IntRange(4, len(data)+1).Draw(t, "length")]
		}
		path := filepath.Join(dir, "images-idx")
		if err := os.WriteFile(path+"~", data, 0o644); err != nil {
			t.Fatal(err)
		}
		os.Rename(path+"~", path) // the file mapped before stays as it is
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		mapped, mapErr := openIDXImages(path, f)
		read, readErr := IDX(path, bytes.NewReader(data), nil)
		if (mapErr == nil) != (readErr == nil) || mapErr != nil && mapErr.Error() != readErr.Error() {
			t.Fatalf("mapped: %v; read: %v", mapErr, readErr)
		}
		if readErr == nil && (!mapped.Mapped() || mapped.Fingerprint() != read.Fingerprint() ||
			mapped.Name != read.Name) {
			t.Fatalf("mapped %v %s, read %s", mapped.Mapped(), mapped.Shape(), read.Shape())
		}
	})
}

// The forms that cannot be mapped are read as before.
func TestIDXReadWhereItCannotBeMapped(t *testing.T) {
	for name, data := range map[string][]byte{
		"gzip":   settest.Gzipped(settest.IDX(8, make([]byte, 8), 2, 2, 2)),
		"floats": settest.IDX(13, settest.FloatBytes(0, 1, 0.5, 0.25), 1, 2, 2),
	} {
		path := filepath.Join(t.TempDir(), name)
		settest.Put(t, path, data)
		s, err := IDXFiles(path, "", OpenFile)
		if err != nil || s.Mapped() {
			t.Errorf("%s: %v", name, err)
		}
	}
}
