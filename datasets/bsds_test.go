package datasets

import (
	"archive/tar"
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestBSDSArchive(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, file := range []struct { // in this order, so that the cut below goes through a photograph
		name string
		data []byte
	}{
		{"train/2.jpg", photo(t, 40, 33, 1)}, {"train/1.jpg", photo(t, 33, 40, 1)}, {"test/3.jpg", []byte("x")},
		{"train/Thumbs.db", []byte("x")},
	} {
		w.WriteHeader(&tar.Header{Name: "BSR/BSDS500/data/images/" + file.name, Size: int64(len(file.data)),
			Mode: 0o644})
		w.Write(file.data)
	}
	w.Close()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "x", bsdsArchive), gzipped(b.Bytes()))
	photos, err := readBSDS(filepath.Join(dir, "x"))
	if err != nil || len(photos) != 2 || photos[0].name != "1.jpg" || photos[0].width != 33 {
		t.Fatalf("%d photographs: %v", len(photos), err)
	}
	put(t, filepath.Join(dir, "y", bsdsArchive), gzipped(b.Bytes()[:2000]))
	if _, err := readBSDS(filepath.Join(dir, "y")); err == nil || !strings.Contains(err.Error(), "damaged archive") {
		t.Errorf("cut archive: %v", err)
	}
	put(t, filepath.Join(dir, "z/train/1.jpg"), photo(t, 33, 40, 1)[:100])
	if _, err := readBSDS(filepath.Join(dir, "z")); err == nil ||
		!strings.Contains(err.Error(), "1.jpg: damaged jpeg image") {
		t.Errorf("cut photograph: %v", err)
	}
}
