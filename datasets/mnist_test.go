package datasets

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// noise is n images of random bytes, with labels that go round.
func noise(n, width, height, channels int, seed uint64) *Set {
	s := Set{Name: "noise", Width: width, Height: height, Channels: channels, Classes: numberedClasses(10)}
	r := rand.New(rand.NewPCG(seed, 0))
	var pixels []byte
	for i := range n {
		for range s.ImageBytes() {
			pixels = append(pixels, byte(max(0, r.IntN(512)-256))) // half of it zero
		}
		s.Labels = append(s.Labels, uint32(i%10))
	}
	return s.Of(pixels)
}

// write puts a set into a folder as MNIST's files.
func (s *Set) write(t testing.TB, dir, images, labels string) {
	t.Helper()
	os.MkdirAll(dir, 0o755)
	var tags []byte
	for _, label := range s.Labels {
		tags = append(tags, byte(label))
	}
	put(t, filepath.Join(dir, images), idxBytes(8, s.Pixels(), uint32(s.Len()), uint32(s.Height), uint32(s.Width)))
	put(t, filepath.Join(dir, labels), idxBytes(8, tags, uint32(s.Len())))
}

func put(t testing.TB, path string, data []byte) {
	t.Helper()
	if strings.HasSuffix(path, ".gz") {
		data = gzipped(data)
	}
	os.MkdirAll(filepath.Dir(path), 0o755)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func smallMNIST(t testing.TB, root string) (train, test *Set) {
	train, test = noise(40, 28, 28, 1, 1), noise(20, 28, 28, 1, 2)
	train.write(t, filepath.Join(root, "mnist"), "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
	test.write(t, filepath.Join(root, "mnist"), "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte")
	return train, test
}

func TestMNISTFiles(t *testing.T) {
	root := t.TempDir()
	train, test := smallMNIST(t, root)
	s, err := Open("mnist", Options{Dir: root, Counts: &Counts{Train: 30, Valid: 10}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s.Train.Pixels(), train.Slice(0, 30).Pixels()) ||
		!bytes.Equal(s.Valid.Pixels(), train.Slice(30, 40).Pixels()) || !bytes.Equal(s.Test.Pixels(), test.Pixels()) {
		t.Error("the splits are not the first 30, the next 10 and the test file")
	}
	// The same files by path, and one file by itself.
	dir := filepath.Join(root, "mnist")
	s, err = Open(dir, Options{})
	if err != nil || s.Train.Len() != 36 || s.Valid.Len() != 4 || s.Test.Len() != 20 {
		t.Errorf("folder: %v", err)
	}
	s, err = Open(filepath.Join(dir, "train-images-idx3-ubyte.gz"),
		Options{Counts: &Counts{Test: 10}, Size: 14, Channels: 3})
	if err != nil || s.Train.Len() != 30 || s.Train.shape() != "14x14x3" || !s.Train.Labelled() {
		t.Errorf("one file: %v", err)
	}
}

func TestMNISTErrors(t *testing.T) {
	root := t.TempDir()
	want := func(spec, text string, c *Counts) {
		t.Helper()
		if _, err := Open(spec, Options{Dir: root, Counts: c}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v; want %q", spec, err, text)
		}
	}
	want("mnist", "datasets download mnist", nil)
	want("usps", "datasets download usps", nil)
	want("mnist-m", "datasets download mnist", nil)
	want("emnist", `"emnist" is neither a known set (digits, digits-m, objects, objects-bg, objects-m, mnist`, nil)
	smallMNIST(t, root)
	want("mnist", "cannot take 50000 train images: there are 40", nil)
	want("mnist", "cannot take 21 test images: there are 20", &Counts{Test: 21})
	want("mnist", "40 images are too few", &Counts{Valid: 40})
	want("mnist-m", "datasets download bsds500", nil)
	os.Remove(filepath.Join(root, "mnist", "t10k-labels.idx1-ubyte"))
	want("mnist", "not both label files", nil)
	put(t, filepath.Join(root, "mnist", "train-images-idx3-ubyte.gz"), []byte("x"))
	want("mnist", "train-images-idx3-ubyte.gz: too short for an idx file", nil)
	for _, o := range []Options{{Size: -1}, {Size: 5000}, {Channels: 2}} {
		if _, err := Open("digits", o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func TestUSPSForms(t *testing.T) {
	// One image in all three published forms: values -1 … 1, ties included.
	var plain, pairs strings.Builder
	var floats []float32
	for i := range 256 {
		v := float64(i%11)/5 - 1
		fmt.Fprintf(&plain, " %.4f", v)
		if v != 0 {
			fmt.Fprintf(&pairs, " %d:%g", i+1, v)
		}
		floats = append(floats, float32((v+1)/2))
	}
	line, pairLine := "7.0000"+plain.String()+" \n", "8"+pairs.String()+"\n"
	idx := t.TempDir()
	for _, part := range []string{"train", "test"} {
		put(t, filepath.Join(idx, "usps", "usps-"+part+"-images-idx3-float.gz"),
			idxBytes(13, floatBytes(append(floats, floats...)...), 2, 16, 16))
		put(t, filepath.Join(idx, "usps", "usps-"+part+"-labels-idx1-ubyte.gz"), idxBytes(8, []byte{7, 7}, 2))
	}
	esl := t.TempDir()
	put(t, filepath.Join(esl, "usps", "zip.train.gz"), []byte(line+line))
	put(t, filepath.Join(esl, "usps", "zip.test.gz"), []byte(line+"\n"+line))
	libsvm := t.TempDir()
	put(t, filepath.Join(libsvm, "usps", "usps"), []byte(pairLine+pairLine))
	put(t, filepath.Join(libsvm, "usps", "usps.t"), []byte(pairLine+pairLine))
	var print string
	for _, root := range []string{idx, esl, libsvm} {
		s, err := Open("usps", Options{Dir: root, Counts: &Counts{}})
		if err != nil {
			t.Fatal(err)
		}
		s.Train.Classes, s.Test.Classes = nil, nil // idx knows only the labels it saw
		if print == "" {
			print = s.Fingerprint()
		}
		if s.Fingerprint() != print || s.Train.Len() != 2 || s.Train.Labels[1] != 7 {
			t.Errorf("%s: differs from the idx form", s.Origin)
		}
	}
}

func TestUSPSTextErrors(t *testing.T) {
	row := strings.Repeat(" 0.5", 256)
	for name, c := range map[string]struct{ text, want string }{
		"empty":        {"", "no images"},
		"label":        {"x" + row, `line 1: label "x" is no number`},
		"no digit":     {"10" + row, "label 10 is no digit"},
		"fraction":     {"1.5" + row, "label 1.5 is no digit"},
		"libsvm zero":  {"0 1:1", "label 0 is no digit"},
		"columns":      {"1 0 0", "2 values, not 256"},
		"range":        {"1" + strings.Repeat(" 1.5", 256), `value 1 is "1.5", not a number in [-1, 1]`},
		"NaN":          {"1" + strings.Repeat(" NaN", 256), `value 1 is "NaN"`},
		"index":        {"1 257:0", `"257:0" is no index:value pair`},
		"second line":  {"1" + row + "\n2 3:x", `line 2: value 3 is "x"`},
		"endless line": {strings.Repeat("1 ", 1<<20), "token too long"},
		"bzip2":        {"BZh9xxxx", "after 0 images: "},
	} {
		if _, err := readUSPSText(name, strings.NewReader(c.text)); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func FuzzUSPSText(f *testing.F) {
	f.Add([]byte("1" + strings.Repeat(" 0.5", 256)))
	f.Add([]byte("10 1:-1 256:0.25\n3 7:1\n"))
	f.Add(gzipped([]byte("10 1:-1")))
	f.Add([]byte("BZh91AY&SY"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := readUSPSText("fuzz", bytes.NewReader(data)); err == nil {
			if err := s.Validate(); err != nil {
				t.Errorf("accepted but invalid: %v", err)
			}
		}
	})
}
