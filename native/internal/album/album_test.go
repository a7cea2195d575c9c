package album

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
)

// What adapt writes is a data set again, with its depth and its poses.
func TestAlbum(t *testing.T) {
	set := &datasets.Set{Name: "test", Width: 3, Height: 2, Channels: 4, Classes: []string{"ape", "cat"}}
	for i := range 8 {
		for p := range 3 * 2 * 4 {
			set = set.Of(append(set.Pixels(), byte(37*i+11*p)))
		}
		angle := float64(i) / 5
		set.Labels = append(set.Labels, uint32(i%2))
		set.Poses = append(set.Poses, datasets.Pose{float32(math.Cos(angle)), 0, float32(-math.Sin(angle)), 0})
	}
	dir := t.TempDir()
	images := New(dir)
	for _, part := range [][2]int{{0, 5}, {5, 8}} {
		if err := images.Add(set.Slice(part[0], part[1]), part[0]); err != nil {
			t.Fatal(err)
		}
	}
	if err := images.Close(); err != nil {
		t.Fatal(err)
	}
	splits, err := open.Splits(dir, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, s := range []*datasets.Set{splits.Train, splits.Valid, splits.Test} {
		for i := range s.Len() {
			read++
			// Reading makes them of length 1 once more, which rounds.
			k := slices.IndexFunc(set.Poses, func(p datasets.Pose) bool {
				return math.Abs(float64(p[2]-s.Poses[i][2])) < 1e-6
			})
			if s.Channels != 4 || k < 0 || !bytes.Equal(s.Image(i), set.Image(k)) || s.Labels[i] != set.Labels[k] {
				t.Errorf("image %d of %s is none of those written", i, s.Name)
			}
		}
	}
	if read != set.Len() {
		t.Errorf("%d images are read back of %d", read, set.Len())
	}

	plain := t.TempDir()
	unlabelled := New(plain)
	grey := datasets.Set{Width: 2, Height: 2, Channels: 1}.Of(make([]byte, 4))
	if err := unlabelled.Add(grey, 7); err != nil {
		t.Fatal(err)
	}
	if err := unlabelled.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(plain, "*")); err != nil || len(files) != 1 ||
		filepath.Base(files[0]) != "000007.png" {
		t.Errorf("a grey image without a label makes %v, %v", files, err)
	}
}
