package datasets

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"pgregory.net/rapid"
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
		data := idxBytes(8, rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "pixels"), dims...)
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
		read, readErr := ReadIDX(path, bytes.NewReader(data), nil)
		if (mapErr == nil) != (readErr == nil) || mapErr != nil && mapErr.Error() != readErr.Error() {
			t.Fatalf("mapped: %v; read: %v", mapErr, readErr)
		}
		if readErr == nil && (!mapped.mapped || mapped.Fingerprint() != read.Fingerprint() ||
			mapped.Name != read.Name) {
			t.Fatalf("mapped %v %s, read %s", mapped.mapped, mapped.shape(), read.shape())
		}
	})
}

// The forms that cannot be mapped are read as before.
func TestIDXReadWhereItCannotBeMapped(t *testing.T) {
	for name, data := range map[string][]byte{
		"gzip":   gzipped(idxBytes(8, make([]byte, 8), 2, 2, 2)),
		"floats": idxBytes(13, floatBytes(0, 1, 0.5, 0.25), 1, 2, 2),
	} {
		path := filepath.Join(t.TempDir(), name)
		put(t, path, data)
		s, err := Open(path, Options{Counts: &Counts{}})
		if err != nil || s.Train.mapped {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A view must be what a copy is.
func TestViewsEqualCopies(t *testing.T) {
	path, _ := rawFile(t, Splits{Train: DigitsM(1, 0, 90)})
	all, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func(b int) { holdBytes = b }(holdBytes)
	some := []int{3, 1, 4, 1, 59, 26, 53, 58}
	forms := func() []*Set {
		s := all.Train
		return []*Set{
			s.Pick(some), s.Resize(7, 9), s.WithChannels(1), s.Pick(some).Slice(2, 6),
			s.Slice(10, 80).Resize(40, 5).Pick(some),
			s.WithChannels(1).Resize(8, 8).Slice(1, 89), s.Pick(some).Subset([]int{2, 2, 0}),
		}
	}
	copies := forms()
	holdBytes = 0
	for i, view := range forms() {
		c := copies[i]
		if c.made != nil || (view.made == nil) != (i == 6) {
			t.Fatalf("form %d: a view where none should be, or the other way round", i)
		}
		if view.Len() != c.Len() || view.Fingerprint() != c.Fingerprint() || view.Validate() != nil {
			t.Errorf("form %d: %d images of %s differ from %d of %s", i, view.Len(), view.shape(), c.Len(), c.shape())
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
	path, _ := rawFile(t, Splits{Train: Digits(1, 0, 20)})
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	bare := *s.Train
	bare.Labels = nil
	renamed := *s.Train
	renamed.Classes = numberedClasses(11)
	for i, other := range []*Set{s.Train.Slice(0, 19), &bare, &renamed, s.Train.Resize(27, 28)} {
		if plain := *other; other.seal.holds(other) || func() bool {
			plain.seal = nil
			return plain.Fingerprint() != other.Fingerprint()
		}() {
			t.Errorf("form %d has the fingerprint of the file", i)
		}
	}
	if !s.Train.Slice(0, 20).seal.holds(s.Train) {
		t.Error("the whole has lost it")
	}
}

// Cutting a file off while it is mapped is an error in one line, also where other
// goroutines read.
func TestFaultIsAnError(t *testing.T) {
	path, _ := rawFile(t, Splits{Train: DigitsM(1, 0, 100)})
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	fault := func(read func()) (err error) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { err = Fault(recover()) }()
		read()
		return nil
	}
	for name, read := range map[string]func(){
		"gather": func() { s.Train.Gather(make([]byte, s.Train.ImageBytes()), []int{50}) },
		"hash":   func() { (Set{Width: 1, Height: 1, Channels: 1}.OfMapped(s.Train.Pixels())).Fingerprint() },
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
	if _, err := Open(path, Options{}); err == nil ||
		!strings.Contains(err.Error(), "the file has 4096 bytes, by its header") {
		t.Errorf("opened again: %v", err)
	}
}
