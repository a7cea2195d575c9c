package fetch

import (
	"path/filepath"
	"testing"

	"pixelda-wgpu/datasets/settest"
)

// The photographs that a mirror has are those of the original archive.
func TestRealBSDSPhotos(t *testing.T) {
	dir := settest.RealData(t, "bsds500")
	for _, f := range bsdsPhotos() {
		if err := f.verify(filepath.Join(dir, "bsds500", f.Path)); err != nil {
			t.Errorf("%s %v", f.Path, err)
		}
	}
}
