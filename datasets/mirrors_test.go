package datasets

import (
	"path/filepath"
	"testing"
)

// The photographs that a mirror has are those of the original archive.
func TestRealBSDSPhotos(t *testing.T) {
	dir := realData(t, "bsds500")
	for _, f := range bsdsPhotos() {
		if err := f.verify(filepath.Join(dir, "bsds500", f.Path)); err != nil {
			t.Errorf("%s %v", f.Path, err)
		}
	}
}
