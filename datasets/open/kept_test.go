package open_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
)

// The packed sets that commit 1a0b63a wrote (testdata/kept), one of each version of the
// format, hold what it saw in them, opened in place and read as a stream.
func TestKeptPacks(t *testing.T) {
	things := []string{
		"boat", "camera", "car", "chair", "drill", "hammer", "lamp", "mug", "plane", "rabbit", "teapot",
	}
	for _, c := range []struct {
		file, shape, fingerprint string
		images                   [3]int // to train, to validate, to test
		classes                  []string
		labels                   []uint32      // of the first images for training
		pixels                   []byte        // from the middle of the first image on
		pose                     datasets.Pose // of the first image
	}{
		{
			file: "source.pxds", shape: "16x16x1", images: [3]int{16, 2, 2},
			fingerprint: "641d8b6a3f64ebd7621dd8c401e2bd2dcec56c3791582e0fc1d55e603e2bd61f",
			classes:     []string{"cross", "ring"}, pixels: []byte{0, 158, 158},
			labels: []uint32{0, 0, 0, 0, 0, 0, 0, 1},
		},
		{
			file: "target.pxds", shape: "16x16x3", images: [3]int{16, 2, 2},
			fingerprint: "b37748ae45b5479ab717c57b91670f4d1e977b37e00b99afcf22447b47bc7627",
			classes:     []string{"cross", "ring"}, pixels: []byte{50, 47, 62, 243, 153, 210},
			labels: []uint32{0, 0, 0, 0, 0, 0, 0, 1},
		},
		{
			file: "posed.pxds", shape: "8x8x4", images: [3]int{22, 11, 11},
			fingerprint: "8b9338bd7db5f6cb778a8a1ebdda5878555c19f4bec61324ecd7c156f59021dd",
			classes:     things, pixels: []byte{0, 1, 2, 255, 25, 47, 117, 133},
			labels: []uint32{0, 1, 2, 3, 4, 5, 6, 7},
			pose:   datasets.Pose{0.022349508479237556, -0.19611066579818726, 0.6951399445533752, -0.6912463903427124},
		},
		{
			file: "posed-raw.pxds", shape: "8x8x4", images: [3]int{22, 11, 11},
			fingerprint: "8b9338bd7db5f6cb778a8a1ebdda5878555c19f4bec61324ecd7c156f59021dd",
			classes:     things, pixels: []byte{0, 1, 2, 255, 25, 47, 117, 133},
			labels: []uint32{0, 1, 2, 3, 4, 5, 6, 7},
			pose:   datasets.Pose{0.022349508479237556, -0.19611066579818726, 0.6951399445533752, -0.6912463903427124},
		},
	} {
		path := filepath.Join("..", "..", "testdata", "kept", c.file)
		opened, err := open.Splits(path, datasets.Options{})
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		read, err := pack.Read(c.file, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []datasets.Splits{opened, read} {
			if got := s.Fingerprint(); got != c.fingerprint {
				t.Errorf("%s: fingerprint %s", c.file, got)
			}
			for i, set := range []*datasets.Set{s.Train, s.Valid, s.Test} {
				if set.Len() != c.images[i] {
					t.Errorf("%s, split %d: %d images", c.file, i, set.Len())
				}
			}
			set := s.Train
			if set.Shape() != c.shape || !slices.Equal(set.Classes, c.classes) {
				t.Errorf("%s: %s of %v", c.file, set.Shape(), set.Classes)
			}
			if got := set.Labels[:len(c.labels)]; !slices.Equal(got, c.labels) {
				t.Errorf("%s: labels %v", c.file, got)
			}
			if got := set.Image(0)[set.ImageBytes()/2:][:len(c.pixels)]; !slices.Equal(got, c.pixels) {
				t.Errorf("%s: pixels %v", c.file, got)
			}
			if posed := c.pose != (datasets.Pose{}); posed != (set.Poses != nil) || posed && set.Poses[0] != c.pose {
				t.Errorf("%s: poses %v", c.file, set.Poses)
			}
		}
	}
}
