package draw

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/picture"
	"pixelda-wgpu/datasets/read"
	"pixelda-wgpu/datasets/settest"
)

// smallMNISTM puts MNIST and two photographs into a data folder.
func smallMNISTM(t testing.TB) (root string, train, test *datasets.Set) {
	root = t.TempDir()
	train, test = settest.SmallMNIST(t, root)
	settest.Put(t, filepath.Join(root, "bsds500/train/20.jpg"), settest.Photo(t, 60, 50, 0))
	settest.Put(t, filepath.Join(root, "bsds500/train/10.jpg"), settest.Photo(t, 50, 60, 200))
	return root, train, test
}

// checkMNISTM compares every pixel with what the definition says, given where
// the patches lie.
func checkMNISTM(t *testing.T, got, digits *datasets.Set, photos []read.Photo, patches []patch,
	combine func(digit, patch byte) byte) {
	t.Helper()
	for i := range got.Len() {
		p := photos[patches[i].photo]
		for y := range 32 {
			for x := range 32 {
				ink := byte(0)
				if x >= 2 && x < 30 && y >= 2 && y < 30 {
					ink = digits.Image(i)[(y-2)*28+x-2]
				}
				for c := range 3 {
					under := p.Pixels[((patches[i].y+y)*p.Width+patches[i].x+x)*3+c]
					if v := got.Image(i)[(y*32+x)*3+c]; v != combine(ink, under) {
						t.Fatalf("image %d, row %d, column %d, channel %d: %d for ink %d on %d", i, y, x, c, v, ink,
							under)
					}
				}
			}
		}
		if got.Labels[i] != digits.Labels[i] {
			t.Fatalf("label %d is %d", i, got.Labels[i])
		}
	}
}

func TestMNISTMFromRecipe(t *testing.T) {
	root, train, test := smallMNISTM(t)
	photos, err := read.BSDS(filepath.Join(root, "bsds500"))
	if err != nil || photos[0].Name != "10.jpg" {
		t.Fatalf("%v %v", photos, err)
	}
	recipe := func(n int) (b []byte, patches []patch) {
		for i := range n {
			p := patch{i % 2, i % 15, i % 14}
			b = append(b, byte(p.photo))
			b = binary.LittleEndian.AppendUint16(b, uint16(p.y))
			b = binary.LittleEndian.AppendUint16(b, uint16(p.x))
			patches = append(patches, p)
		}
		return b, patches
	}
	trainBytes, trainPatches := recipe(33)
	testBytes, testPatches := recipe(11)
	settest.Put(t, filepath.Join(root, "mnist_m/bsds_train_order.txt"), []byte("10.jpg\n20.jpg\n"))
	settest.Put(t, filepath.Join(root, "mnist_m/mnist_m_train.recipe.bin"), trainBytes)
	settest.Put(t, filepath.Join(root, "mnist_m/mnist_m_test.recipe.bin"), testBytes)
	s, err := opened("mnist-m", root, 0)
	if err != nil || s.Train.Len() != 33 || s.Test.Len() != 11 || !strings.Contains(s.Origin, "rebuilt") {
		t.Fatalf("%s: %v", s.Origin, err)
	}
	checkMNISTM(t, s.Train, train, photos, trainPatches, invert)
	checkMNISTM(t, s.Test, test, photos, testPatches, invert)

	for want, data := range map[string][]byte{
		"7 bytes are not 5 a sample":                     make([]byte, 7),
		"205 bytes are not 5 a sample for at most 40":    make([]byte, 205),
		"sample 1 names photograph 2 of 2":               {0, 0, 0, 0, 0, 2, 0, 0, 0, 0},
		"sample 0 cuts at row 29, column 0, beyond 10.j": {0, 29, 0, 0, 0},
		"row 0, column 65535":                            {1, 0, 0, 255, 255},
	} {
		settest.Put(t, filepath.Join(root, "mnist_m/mnist_m_train.recipe.bin"), data)
		if _, err := opened("mnist-m", root, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
	settest.Put(t, filepath.Join(root, "mnist_m/bsds_train_order.txt"), []byte("10.jpg\n30.jpg\n"))
	if _, err := opened("mnist-m", root, 0); err == nil ||
		!strings.Contains(err.Error(), "photograph 30.jpg is not in") {
		t.Error(err)
	}
}

func TestMNISTMMade(t *testing.T) {
	root, train, _ := smallMNISTM(t)
	photos, _ := read.BSDS(filepath.Join(root, "bsds500"))
	open := func(spec string, seed uint64) datasets.Splits {
		s, err := opened(spec, root, seed)
		if err != nil || !strings.Contains(s.Origin, "made from") {
			t.Fatalf("%s: %v", s.Origin, err)
		}
		return s
	}
	binary, grey := open("mnist-m", 1), open("mnist-m-difference", 1)
	if binary.Fingerprint() != open("mnist-m", 1).Fingerprint() ||
		binary.Fingerprint() == open("mnist-m", 2).Fingerprint() {
		t.Error("the set does not follow from the seed")
	}
	// The border has no ink, so it shows where each patch was cut.
	patches := make([]patch, train.Len())
	for i := range patches {
		patches[i] = find(t, binary.Train.Image(i), photos)
	}
	checkMNISTM(t, binary.Train, train, photos, patches, func(d, p byte) byte {
		if d > 0 {
			return 255 - p
		}
		return p
	})
	checkMNISTM(t, grey.Train, train, photos, patches, func(d, p byte) byte {
		return byte(max(int(d)-int(p), int(p)-int(d)))
	})
}

// find locates the patch whose outermost rows and columns an image shows.
func find(t *testing.T, pixels []byte, photos []read.Photo) patch {
	for k, p := range photos {
		for y := range p.Height - 31 {
			for x := range p.Width - 31 {
				if bytes.Equal(pixels[:96], p.Pixels[(y*p.Width+x)*3:][:96]) &&
					bytes.Equal(pixels[31*96:], p.Pixels[((y+31)*p.Width+x)*3:][:96]) {
					return patch{k, y, x}
				}
			}
		}
	}
	t.Fatal("a background that is no patch of a photograph")
	return patch{}
}

func TestMNISTMReleaseFolder(t *testing.T) {
	root := t.TempDir()
	images := settest.Noise(12, 32, 32, 3, 5)
	for _, split := range []string{"train", "test"} {
		var list strings.Builder
		for i := range 12 {
			k := 11 - i // the list, not the name, gives the order
			settest.Put(t, filepath.Join(root, "mnist_m", "mnist_m_"+split, fmt.Sprintf("%08d.png", k)),
				settest.EncodePNG(t, images.Grid([]int{k}, 1, 1)))
			fmt.Fprintf(&list, "%08d.png %d\n", k, k%10)
		}
		settest.Put(t, filepath.Join(root, "mnist_m", "mnist_m_"+split+"_labels.txt"), []byte(list.String()))
	}
	s, err := opened("mnist-m", root, 0)
	if err != nil || s.Train.Len() != 12 || !strings.Contains(s.Origin, "released images in") {
		t.Fatalf("%s: %v", s.Origin, err)
	}
	if !bytes.Equal(s.Test.Image(0), images.Image(11)) || s.Test.Labels[0] != 1 {
		t.Error("the first image is not the list's first")
	}
	list := filepath.Join(root, "mnist_m/mnist_m_train_labels.txt")
	for want, text := range map[string]string{
		`line 1 is "../x.png 1", not a file name`: "../x.png 1",
		`line 2: label "12" is no digit`:          "00000000.png 1\n00000001.png 12",
		`line 1 is "00000000.png"`:                "00000000.png",
		"00000099.png: no such file":              "00000099.png 1",
	} {
		settest.Put(t, list, []byte(text))
		if _, err := opened("mnist-m", root, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// opened is the set that open.Splits makes.
func opened(name, root string, seed uint64) (datasets.Splits, error) {
	open := MNISTM
	if name == "mnist-m-difference" {
		open = MNISTMDifference
	}
	h, origin, err := open(root, seed)
	if err != nil {
		return datasets.Splits{}, err
	}
	s, err := h.Divide(name, datasets.Counts{}, seed)
	s.Origin = origin
	return s, err
}

func FuzzRecipe(f *testing.F) {
	photos := []read.Photo{{Name: "a", Picture: picture.New(40, 50, 3)}, {Name: "b", Picture: picture.New(33, 32, 3)}}
	digits := settest.Noise(8, 28, 28, 1, 1)
	f.Add([]byte{0, 1, 0, 2, 0, 1, 0, 0, 1, 0})
	f.Fuzz(func(t *testing.T, recipe []byte) {
		if patches, err := parseRecipe(recipe, photos, digits.Len()); err == nil {
			composeMNISTM(digits, photos, patches, invert)
		}
	})
}
