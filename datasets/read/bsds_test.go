package read

import (
	"archive/tar"
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/datasets/settest"
)

func TestBSDSArchive(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, file := range []struct { // in this order, so that the cut below goes through a photograph
		name string
		data []byte
	}{
		{"train/2.jpg", settest.Photo(t, 40, 33, 1)}, {"train/1.jpg", settest.Photo(t, 33, 40, 1)},
		{"test/3.jpg", []byte("x")},
		{"train/Thumbs.db", []byte("x")},
	} {
		w.WriteHeader(&tar.Header{Name: "BSR/BSDS500/data/images/" + file.name, Size: int64(len(file.data)),
			Mode: 0o644})
		w.Write(file.data)
	}
	w.Close()
	dir := t.TempDir()
	settest.Put(t, filepath.Join(dir, "x", BSDSArchive), settest.Gzipped(b.Bytes()))
	photos, err := BSDS(filepath.Join(dir, "x"))
	if err != nil || len(photos) != 2 || photos[0].Name != "1.jpg" || photos[0].Width != 33 {
		t.Fatalf("%d photographs: %v", len(photos), err)
	}
	settest.Put(t, filepath.Join(dir, "y", BSDSArchive), settest.Gzipped(b.Bytes()[:2000]))
	if _, err := BSDS(filepath.Join(dir, "y")); err == nil || !strings.Contains(err.Error(), "damaged archive") {
		t.Errorf("cut archive: %v", err)
	}
	settest.Put(t, filepath.Join(dir, "z/train/1.jpg"), settest.Photo(t, 33, 40, 1)[:100])
	if _, err := BSDS(filepath.Join(dir, "z")); err == nil ||
		!strings.Contains(err.Error(), "1.jpg: damaged jpeg image") {
		t.Errorf("cut photograph: %v", err)
	}
}
