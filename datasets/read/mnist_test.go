package read_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/open"
	"pixelda-wgpu/datasets/settest"
)

func TestMNISTFiles(t *testing.T) {
	root := t.TempDir()
	train, test := settest.SmallMNIST(t, root)
	s, err := open.Splits("mnist", datasets.Options{Dir: root, Counts: &datasets.Counts{Train: 30, Valid: 10}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s.Train.Pixels(), train.Slice(0, 30).Pixels()) ||
		!bytes.Equal(s.Valid.Pixels(), train.Slice(30, 40).Pixels()) || !bytes.Equal(s.Test.Pixels(), test.Pixels()) {
		t.Error("the splits are not the first 30, the next 10 and the test file")
	}
	// The same files by path, and one file by itself.
	dir := filepath.Join(root, "mnist")
	s, err = open.Splits(dir, datasets.Options{})
	if err != nil || s.Train.Len() != 36 || s.Valid.Len() != 4 || s.Test.Len() != 20 {
		t.Errorf("folder: %v", err)
	}
	s, err = open.Splits(filepath.Join(dir, "train-images-idx3-ubyte.gz"),
		datasets.Options{Counts: &datasets.Counts{Test: 10}, Size: 14, Channels: 3})
	if err != nil || s.Train.Len() != 30 || s.Train.Shape() != "14x14x3" || !s.Train.Labelled() {
		t.Errorf("one file: %v", err)
	}
}

func TestMNISTErrors(t *testing.T) {
	root := t.TempDir()
	want := func(spec, text string, c *datasets.Counts) {
		t.Helper()
		if _, err := open.Splits(spec, datasets.Options{Dir: root, Counts: c}); err == nil ||
			!strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v; want %q", spec, err, text)
		}
	}
	want("mnist", "datasets download mnist", nil)
	want("usps", "datasets download usps", nil)
	want("mnist-m", "datasets download mnist", nil)
	want("emnist", `"emnist" is neither a known set (digits, digits-m, objects, objects-bg, objects-m, mnist`, nil)
	settest.SmallMNIST(t, root)
	want("mnist", "cannot take 50000 train images: there are 40", nil)
	want("mnist", "cannot take 21 test images: there are 20", &datasets.Counts{Test: 21})
	want("mnist", "40 images are too few", &datasets.Counts{Valid: 40})
	want("mnist-m", "datasets download bsds500", nil)
	os.Remove(filepath.Join(root, "mnist", "t10k-labels.idx1-ubyte"))
	want("mnist", "not both label files", nil)
	settest.Put(t, filepath.Join(root, "mnist", "train-images-idx3-ubyte.gz"), []byte("x"))
	want("mnist", "train-images-idx3-ubyte.gz: too short for an idx file", nil)
	for _, o := range []datasets.Options{{Size: -1}, {Size: 5000}, {Channels: 2}} {
		if _, err := open.Splits("digits", o); err == nil {
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
		settest.Put(t, filepath.Join(idx, "usps", "usps-"+part+"-images-idx3-float.gz"),
			settest.IDX(13, settest.FloatBytes(append(floats, floats...)...), 2, 16, 16))
		settest.Put(t, filepath.Join(idx, "usps", "usps-"+part+"-labels-idx1-ubyte.gz"),
			settest.IDX(8, []byte{7, 7}, 2))
	}
	esl := t.TempDir()
	settest.Put(t, filepath.Join(esl, "usps", "zip.train.gz"), []byte(line+line))
	settest.Put(t, filepath.Join(esl, "usps", "zip.test.gz"), []byte(line+"\n"+line))
	libsvm := t.TempDir()
	settest.Put(t, filepath.Join(libsvm, "usps", "usps"), []byte(pairLine+pairLine))
	settest.Put(t, filepath.Join(libsvm, "usps", "usps.t"), []byte(pairLine+pairLine))
	var print string
	for _, root := range []string{idx, esl, libsvm} {
		s, err := open.Splits("usps", datasets.Options{Dir: root, Counts: &datasets.Counts{}})
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
