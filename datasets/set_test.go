package datasets

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSetValidate(t *testing.T) {
	for want, change := range map[string]func(s *Set){
		"are impossible":            func(s *Set) { s.Width = 0 },
		"no images":                 func(s *Set) { s.Pixels = nil },
		"no whole number of 2x2x1":  func(s *Set) { s.Pixels = s.Pixels[1:] },
		"3 images but 2 labels":     func(s *Set) { s.Labels = s.Labels[1:] },
		"image 2 has label 2, but ": func(s *Set) { s.Labels[2] = 2 },
	} {
		s := &Set{Name: "x", Width: 2, Height: 2, Channels: 1, Pixels: make([]byte, 12), Labels: []uint32{0, 1, 0}, Classes: []string{"a", "b"}}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		change(s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	var none *Set
	if none.Validate() == nil || none.Len() != 0 || none.Labelled() {
		t.Error("a nil set is valid")
	}
}

func TestFingerprintSeesEverything(t *testing.T) {
	make := func(change func(s *Set)) string {
		s := noise(6, 4, 3, 1, 1)
		change(s)
		return s.Fingerprint()
	}
	plain := make(func(s *Set) {})
	if plain != make(func(s *Set) { s.Name = "y" }) {
		t.Error("the name changes the fingerprint")
	}
	for what, change := range map[string]func(s *Set){
		"pixel":    func(s *Set) { s.Pixels[70]++ },
		"label":    func(s *Set) { s.Labels[5] = 1 },
		"shape":    func(s *Set) { s.Width, s.Height = 3, 4 },
		"channels": func(s *Set) { s.Width, s.Channels = 1, 4 },
		"classes":  func(s *Set) { s.Classes = numberedClasses(11) },
		"unlabel":  func(s *Set) { s.Labels = nil },
	} {
		if make(change) == plain {
			t.Errorf("%s: the fingerprint stays", what)
		}
	}
}

func TestDividePartitionsThePool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "n")
		s := &Set{Name: "x", Width: 1, Height: 1, Channels: 1, Pixels: make([]byte, n)}
		for i := range n {
			s.Pixels[i] = byte(i)
		}
		c := Counts{rapid.IntRange(0, n).Draw(t, "train"), rapid.IntRange(0, n).Draw(t, "valid"), rapid.IntRange(0, n).Draw(t, "test")}
		got, err := held{pool: s, ordered: rapid.Bool().Draw(t, "ordered")}.divide("x", c, rapid.Uint64().Draw(t, "seed"))
		if fits := c.Train+c.Valid+c.Test <= n && c.Valid+c.Test < n; (err == nil) != fits {
			t.Fatalf("%d images as %+v: %v", n, c, err)
		}
		if err != nil {
			return
		}
		seen := map[byte]bool{}
		for _, part := range []*Set{got.Train, got.Valid, got.Test} {
			if part == nil {
				continue
			}
			for i, v := range part.Pixels {
				if seen[v] || i > 0 && v <= part.Pixels[i-1] {
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
	s := &Set{Name: "posed", Width: 1, Height: 1, Channels: 1, Pixels: []byte{0, 1, 2, 3}, Labels: []uint32{0, 1, 0, 1}, Classes: []string{"a", "b"}}
	bare := s.Fingerprint()
	for i := range s.Len() {
		s.Poses = append(s.Poses, Pose{1, float32(i)})
	}
	if s.Fingerprint() == bare {
		t.Error("the fingerprint does not see the poses")
	}
	for name, part := range map[string]*Set{"Slice": s.Slice(1, 3), "Subset": s.Subset([]int{1, 2}), "Resize": s.Resize(2, 2).Slice(1, 3)} {
		if want := s.Poses[1:3]; !slices.Equal(part.Poses, want) {
			t.Errorf("%s: poses %v, want %v", name, part.Poses, want)
		}
		if err := part.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Poses = s.Poses[:3]
	if err := s.Validate(); err == nil {
		t.Error("a set that lacks a pose is valid")
	}
}
