package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/num/quat"
	"pgregory.net/rapid"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/settest"
)

func TestSetValidate(t *testing.T) {
	for want, change := range map[string]func(s *datasets.Set){
		"are impossible":            func(s *datasets.Set) { s.Width = 0 },
		"no images":                 func(s *datasets.Set) { *s = *s.Of(nil) },
		"no whole number of 2x2x1":  func(s *datasets.Set) { *s = *s.Of(s.Pixels()[1:]) },
		"3 images but 2 labels":     func(s *datasets.Set) { s.Labels = s.Labels[1:] },
		"image 2 has label 2, but ": func(s *datasets.Set) { s.Labels[2] = 2 },
	} {
		s := datasets.Set{Name: "x", Width: 2, Height: 2, Channels: 1, Labels: []uint32{0, 1, 0},
			Classes: []string{"a", "b"}}.Of(make([]byte, 12))
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		change(s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	var none *datasets.Set
	if none.Validate() == nil || none.Len() != 0 || none.Labelled() {
		t.Error("a nil set is valid")
	}
}

func TestFingerprintSeesEverything(t *testing.T) {
	make := func(change func(s *datasets.Set)) string {
		s := settest.Noise(6, 4, 3, 1, 1)
		change(s)
		return s.Fingerprint()
	}
	plain := make(func(s *datasets.Set) {})
	if plain != make(func(s *datasets.Set) { s.Name = "y" }) {
		t.Error("the name changes the fingerprint")
	}
	for what, change := range map[string]func(s *datasets.Set){
		"pixel":    func(s *datasets.Set) { s.Pixels()[70]++ },
		"label":    func(s *datasets.Set) { s.Labels[5] = 1 },
		"shape":    func(s *datasets.Set) { s.Width, s.Height = 3, 4 },
		"channels": func(s *datasets.Set) { s.Width, s.Channels = 1, 4 },
		"classes":  func(s *datasets.Set) { s.Classes = datasets.NumberedClasses(11) },
		"unlabel":  func(s *datasets.Set) { s.Labels = nil },
	} {
		if make(change) == plain {
			t.Errorf("%s: the fingerprint stays", what)
		}
	}
}

func TestDividePartitionsThePool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "n")
		s := datasets.Set{Name: "x", Width: 1, Height: 1, Channels: 1}.Of(make([]byte, n))
		for i := range n {
			s.Pixels()[i] = byte(i)
		}
		c := datasets.Counts{rapid.IntRange(0, n).Draw(t, "train"), rapid.IntRange(0, n).Draw(t, "valid"),
			rapid.IntRange(0, n).Draw(t, "test")}
		got, err := datasets.Parts{Pool: s, Ordered: rapid.Bool().Draw(t, "ordered")}.Divide("x", c,
			rapid.Uint64().Draw(t, "seed"))
		if fits := c.Train+c.Valid+c.Test <= n && c.Valid+c.Test < n; (err == nil) != fits {
			t.Fatalf("%d images as %+v: %v", n, c, err)
		}
		if err != nil {
			return
		}
		seen := map[byte]bool{}
		for _, part := range []*datasets.Set{got.Train, got.Valid, got.Test} {
			if part == nil {
				continue
			}
			for i, v := range part.Pixels() {
				if seen[v] || i > 0 && v <= part.Pixels()[i-1] {
					t.Fatalf("image %d is in two splits or out of order", v)
				}
				seen[v] = true
			}
		}
		train := c.Train
		if train == 0 {
			train = n - c.Valid - c.Test
		}
		if got.Train.Len() != train || got.Valid.Len() != c.Valid || got.Test.Len() != c.Test {
			t.Fatalf("%+v became %d, %d, %d", c, got.Train.Len(), got.Valid.Len(), got.Test.Len())
		}
	})
}

// TestPoses: a pose follows its image wherever images go, and tells sets apart.
func TestPoses(t *testing.T) {
	s := datasets.Set{Name: "posed", Width: 1, Height: 1, Channels: 1, Labels: []uint32{0, 1, 0, 1},
		Classes: []string{"a", "b"}}.Of([]byte{0, 1, 2, 3})
	bare := s.Fingerprint()
	for i := range s.Len() {
		s.Poses = append(s.Poses, datasets.NewPose(quat.Number{Real: 1, Imag: float64(i)}))
	}
	if s.Fingerprint() == bare {
		t.Error("the fingerprint does not see the poses")
	}
	for name, part := range map[string]*datasets.Set{"Slice": s.Slice(1, 3), "Subset": s.Subset([]int{1, 2}),
		"Resize": s.Resize(2, 2).Slice(1, 3)} {
		if want := s.Poses[1:3]; !slices.Equal(part.Poses, want) {
			t.Errorf("%s: poses %v, want %v", name, part.Poses, want)
		}
		if err := part.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, pose := range map[string]datasets.Pose{"norm": {1, 1}, "sign": {-1}, "NaN": {float32(math.NaN())}} {
		kept := s.Poses[2]
		s.Poses[2] = pose
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "image 2: the quaternion") {
			t.Errorf("%s: %v", name, err)
		}
		s.Poses[2] = kept
	}
	s.Poses = s.Poses[:3]
	if err := s.Validate(); err == nil {
		t.Error("a set that lacks a pose is valid")
	}
}

func TestOfClasses(t *testing.T) {
	all := settest.RGBD(5)
	s := datasets.Splits{Train: all, Valid: all.Slice(0, 1), Test: all.Slice(1, 4)}
	b, err := s.OfClasses("b")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.Train.Labels, []uint32{1, 1}) || !slices.Equal(b.Train.Classes, all.Classes) ||
		b.Train.Poses[1] != all.Poses[3] ||
		!slices.Equal(b.Train.Image(1), all.Image(3)) || b.Valid != nil || b.Test.Len() != 2 {
		t.Errorf("of class b: %+v, %+v, %+v", b.Train, b.Valid, b.Test)
	}
	both, err := s.OfClasses("b", "a")
	if err != nil || both.Fingerprint() != s.Fingerprint() {
		t.Errorf("all classes are not the whole: %v", err)
	}
	if _, err := s.OfClasses("c"); err == nil || !strings.Contains(err.Error(), `no class "c"; it has a, b`) {
		t.Errorf("an unknown class: %v", err)
	}
	if _, err := s.OfClasses(); err == nil {
		t.Error("no class at all is valid")
	}
	all.Labels = nil
	if _, err := all.OfClasses("a"); err == nil {
		t.Error("classes of an unlabelled set")
	}
}

// Depth goes with the colours: dropped, never mixed, kept with poses when resized.
func TestRGBD(t *testing.T) {
	s := settest.RGBD(3)
	rgb := s.WithChannels(3)
	if got := rgb.Image(1)[3:6]; rgb.Channels != 3 || !slices.Equal(got, []byte{41, 51, 61}) ||
		!slices.Equal(rgb.Poses, s.Poses) {
		t.Errorf("without depth: %v", got)
	}
	if grey := s.WithChannels(1); !slices.Equal(grey.Pixels(), rgb.WithChannels(1).Pixels()) {
		t.Error("grey of RGB-D is not that of its RGB")
	}
	small, large := s.Resize(1, 1).Image(0), s.Resize(4, 4).Image(0)
	if !slices.Equal(small, []byte{60, 70, 80, 253}) {
		t.Errorf("shrunk to %v: want the mean of the colours and one pixel's depth", small)
	}
	for i, want := range []byte{250, 250, 251, 251, 250, 250, 251, 251, 252, 252, 253, 253} {
		if large[4*i+3] != want {
			t.Errorf("enlarged: depth %d of pixel %d, want %d", large[4*i+3], i, want)
		}
	}
	s = s.OfMapped(s.Pixels())
	defer datasets.SetHoldBytes(0)()
	if view := s.WithChannels(3); !view.Viewed() || !slices.Equal(view.Hold().Pixels(), rgb.Pixels()) ||
		!slices.Equal(view.Poses, s.Poses) {
		t.Error("a view without depth differs from the copy")
	}
}
