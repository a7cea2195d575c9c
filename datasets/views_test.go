package datasets_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/draw"
	"pixelda-wgpu/datasets/mapped"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/pack"
)

// A view must be what a copy is.
func TestViewsEqualCopies(t *testing.T) {
	path := rawOf(t, datasets.Splits{Train: draw.DigitsM(1, 0, 90)})
	all, err := open.Splits(path, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	some := []int{3, 1, 4, 1, 59, 26, 53, 58}
	forms := func() []*datasets.Set {
		s := all.Train
		return []*datasets.Set{
			s.Pick(some), s.Resize(7, 9), s.WithChannels(1), s.Pick(some).Slice(2, 6),
			s.Slice(10, 80).Resize(40, 5).Pick(some),
			s.WithChannels(1).Resize(8, 8).Slice(1, 89), s.Pick(some).Subset([]int{2, 2, 0}),
		}
	}
	copies := forms()
	defer datasets.SetHoldBytes(0)()
	for i, view := range forms() {
		c := copies[i]
		if c.Viewed() || view.Viewed() == (i == 6) {
			t.Fatalf("form %d: a view where none should be, or the other way round", i)
		}
		if view.Len() != c.Len() || view.Fingerprint() != c.Fingerprint() || view.Validate() != nil {
			t.Errorf("form %d: %d images of %s differ from %d of %s", i, view.Len(), view.Shape(), c.Len(), c.Shape())
		}
		if !bytes.Equal(view.Image(1), c.Image(1)) || !bytes.Equal(view.Hold().Pixels(), c.Pixels()) {
			t.Errorf("form %d: other images", i)
		}
		indices := []int{2, 0, 1}
		a, b := make([]byte, 3*c.ImageBytes()), make([]byte, 3*c.ImageBytes())
		view.Gather(a, indices)
		c.Gather(b, indices)
		if !bytes.Equal(a, b) {
			t.Errorf("form %d: gathers other images", i)
		}
	}
}

// The fingerprint that a file states is that of the set as it is there, not of
// what was made of it.
func TestSealHoldsForTheWholeAlone(t *testing.T) {
	path := rawOf(t, datasets.Splits{Train: draw.Digits(1, 0, 20)})
	s, err := open.Splits(path, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bare := *s.Train
	bare.Labels = nil
	renamed := *s.Train
	renamed.Classes = datasets.NumberedClasses(11)
	for i, other := range []*datasets.Set{s.Train.Slice(0, 19), &bare, &renamed, s.Train.Resize(27, 28)} {
		if plain := other.Of(other.Pixels()); other.Sealed() || plain.Fingerprint() != other.Fingerprint() {
			t.Errorf("form %d has the fingerprint of the file", i)
		}
	}
	if !s.Train.Slice(0, 20).Sealed() || !s.Train.Sealed() {
		t.Error("the whole has lost it")
	}
}

// Cutting a file off while it is mapped is an error in one line, also where other
// goroutines read.
func TestFaultIsAnError(t *testing.T) {
	path := rawOf(t, datasets.Splits{Train: draw.DigitsM(1, 0, 100)})
	s, err := open.Splits(path, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	fault := func(read func()) (err error) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { err = mapped.Fault(recover()) }()
		read()
		return nil
	}
	for name, read := range map[string]func(){
		"gather": func() { s.Train.Gather(make([]byte, s.Train.ImageBytes()), []int{50}) },
		"hash":   func() { (datasets.Set{Width: 1, Height: 1, Channels: 1}.OfMapped(s.Train.Pixels())).Fingerprint() },
		"resize": func() { s.Train.Resize(5, 5) },
	} {
		if err := fault(read); err == nil || !strings.Contains(err.Error(), path+": byte ") ||
			!strings.Contains(err.Error(), "cut off") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := fault(func() { panic("something else") }); err != nil {
		t.Errorf("another panic is taken for a fault: %v", err)
	}
	if _, err := open.Splits(path, datasets.Options{}); err == nil ||
		!strings.Contains(err.Error(), "the file has 4096 bytes, by its header") {
		t.Errorf("opened again: %v", err)
	}
}

func rawOf(t *testing.T, s datasets.Splits) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "raw.pxds")
	if err := pack.SaveRaw(path, s); err != nil {
		t.Fatal(err)
	}
	return path
}
