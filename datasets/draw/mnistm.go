package draw

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/limits"
	"pixelda-wgpu/datasets/parallel"
	"pixelda-wgpu/datasets/random"
	"pixelda-wgpu/datasets/read"
)

// MNIST-M (Ganin et al., JMLR 2016): MNIST digits on patches of photographs.
// The release counts 59,001 + 9,001 images of 32×32 RGB, the first of each
// MNIST split, padded by 2 and binarised: a pixel of the digit inverts the
// patch. The paper's formula, |digit - patch|, keeps the digit's grey levels.
const (
	mnistmSide  = 32
	mnistmTrain = 59001
	mnistmTest  = 9001
)

// MNISTM reads the release, from its PNG files or from a recipe of patch positions with MNIST and
// BSDS500. Where neither is present it makes a set of the same kind from MNIST and BSDS500, with
// patches drawn by seed; the string that it returns says which. root holds the folders mnist_m,
// mnist and bsds500.
func MNISTM(root string, seed uint64) (datasets.Parts, string, error) {
	dir := read.Subfolder(root, "mnist_m", "mnist-m", "mnistm")
	if _, err := os.Stat(filepath.Join(dir, "mnist_m_train")); err == nil {
		h, err := readMNISTMFolder(dir)
		return h, "MNIST-M, released images in " + dir, err
	}
	recipe := filepath.Join(dir, "mnist_m_train.recipe.bin")
	if _, err := os.Stat(recipe); err == nil {
		h, err := readMNISTMRecipe(root, dir)
		return h, "MNIST-M, released images rebuilt by " + recipe, err
	}
	h, err := makeMNISTM(root, seed, invert)
	return h, fmt.Sprintf("MNIST-M made from MNIST and BSDS500 in %s by seed %d (not the released images)", root, seed),
		err
}

// MNISTMDifference makes the set by the paper's formula.
func MNISTMDifference(root string, seed uint64) (datasets.Parts, string, error) {
	h, err := makeMNISTM(root, seed, difference)
	return h, fmt.Sprintf("MNIST-M made from MNIST and BSDS500 in %s by seed %d as |digit - patch|", root, seed), err
}

// invert and difference combine a digit's pixel with one of the patch.
func invert(digit, patch byte) byte {
	if digit > 0 {
		return 255 - patch
	}
	return patch
}

func difference(digit, patch byte) byte { return max(digit, patch) - min(digit, patch) }

// patch is where a background is cut: the photograph's index, row and column.
type patch struct{ photo, y, x int }

// composeMNISTM lays digit i, padded to 32×32, over patch i.
func composeMNISTM(digits *datasets.Set, photos []read.Photo, patches []patch,
	combine func(digit, patch byte) byte) *datasets.Set {
	s := datasets.Set{
		Width: mnistmSide, Height: mnistmSide, Channels: 3,
		Labels: digits.Labels[:len(patches):len(patches)], Classes: digits.Classes,
	}.Of(make([]byte, len(patches)*mnistmSide*mnistmSide*3))
	border := (mnistmSide - digits.Width) / 2
	parallel.Do(len(patches), func(i int) {
		at, photo, digit, out := patches[i], photos[patches[i].photo], digits.Image(i), s.Image(i)
		for y := range mnistmSide {
			row := photo.Pixels[((at.y+y)*photo.Width+at.x)*3:]
			for x := range mnistmSide {
				ink := byte(0)
				if dy, dx := y-border, x-border; dy >= 0 && dy < digits.Height && dx >= 0 && dx < digits.Width {
					ink = digit[dy*digits.Width+dx]
				}
				for c := range 3 {
					out[(y*mnistmSide+x)*3+c] = combine(ink, row[x*3+c])
				}
			}
		}
	})
	return s
}

// mnistmParts reads the digits and photographs that MNIST-M is made of.
func mnistmParts(root string) (train, test *datasets.Set, photos []read.Photo, err error) {
	if train, test, err = read.MNISTFiles(read.Subfolder(root, "mnist")); err != nil {
		return nil, nil, nil, err
	}
	if train.Width != 28 || train.Height != 28 || train.Channels != 1 {
		return nil, nil, nil, origin.Errorf("mnist-m needs the 28x28x1 images of MNIST, not %s ones",
			train.Shape())
	}
	photos, err = read.BSDS(read.Subfolder(root, "bsds500", "bsds", "BSDS500"))
	return train, test, photos, err
}

func makeMNISTM(root string, seed uint64, combine func(digit, patch byte) byte) (datasets.Parts, error) {
	train, test, photos, err := mnistmParts(root)
	if err != nil {
		return datasets.Parts{}, err
	}
	for _, p := range photos {
		if p.Width < mnistmSide || p.Height < mnistmSide {
			return datasets.Parts{}, origin.Errorf("%s: the photograph is %dx%d, smaller than a patch", p.Name, p.Width,
				p.Height)
		}
	}
	draw := func(split uint64, n int) []patch {
		patches := make([]patch, n)
		for i := range patches {
			r := random.New(seed, split, uint64(i))
			photo := r.Intn(len(photos))
			patches[i] = patch{photo, r.Intn(photos[photo].Height - mnistmSide + 1),
				r.Intn(photos[photo].Width - mnistmSide + 1)}
		}
		return patches
	}
	return datasets.Parts{
		Pool: composeMNISTM(train, photos, draw(0, min(mnistmTrain, train.Len())), combine),
		Test: composeMNISTM(test, photos, draw(1, min(mnistmTest, test.Len())), combine),
	}, nil
}

// readMNISTMRecipe rebuilds the release from patch positions: 5 bytes per sample, the photograph's
// index in bsds_train_order.txt, then row and column as little-endian uint16. Sample i is MNIST
// image i of the same split. dir holds the files of train and test.
func readMNISTMRecipe(root, dir string) (datasets.Parts, error) {
	train, test, photos, err := mnistmParts(root)
	if err != nil {
		return datasets.Parts{}, err
	}
	orderFile := filepath.Join(dir, "bsds_train_order.txt")
	order, err := limits.ReadFile(orderFile)
	if err != nil {
		return datasets.Parts{}, err
	}
	if photos, err = orderPhotos(photos, strings.Fields(string(order))); err != nil {
		return datasets.Parts{}, origin.Errorf("%s: %w", orderFile, err)
	}
	rebuild := func(split string, digits *datasets.Set) (*datasets.Set, error) {
		file := filepath.Join(dir, "mnist_m_"+split+".recipe.bin")
		data, err := limits.ReadFile(file)
		if err != nil {
			return nil, err
		}
		patches, err := parseRecipe(data, photos, digits.Len())
		if err != nil {
			return nil, origin.Errorf("%s: %w", file, err)
		}
		return composeMNISTM(digits, photos, patches, invert), nil
	}
	var h datasets.Parts
	if h.Pool, err = rebuild("train", train); err == nil {
		h.Test, err = rebuild("test", test)
	}
	return h, err
}

func orderPhotos(photos []read.Photo, names []string) ([]read.Photo, error) {
	byName := map[string]read.Photo{}
	for _, p := range photos {
		byName[p.Name] = p
	}
	ordered := make([]read.Photo, len(names))
	for i, name := range names {
		p, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("photograph %s is not in BSDS500's training images", name)
		}
		ordered[i] = p
	}
	return ordered, nil
}

func parseRecipe(data []byte, photos []read.Photo, digits int) ([]patch, error) {
	const sample = 5
	if len(data)%sample != 0 || len(data) == 0 || len(data)/sample > digits {
		return nil, fmt.Errorf("%d bytes are not 5 a sample for at most %d digits", len(data), digits)
	}
	patches := make([]patch, len(data)/sample)
	for i := range patches {
		b := data[i*sample:]
		p := patch{int(b[0]), int(binary.LittleEndian.Uint16(b[1:])), int(binary.LittleEndian.Uint16(b[3:]))}
		if p.photo >= len(photos) {
			return nil, fmt.Errorf("sample %d names photograph %d of %d", i, p.photo, len(photos))
		}
		if photo := photos[p.photo]; p.y+mnistmSide > photo.Height || p.x+mnistmSide > photo.Width {
			return nil, fmt.Errorf("sample %d cuts at row %d, column %d, beyond %s of %dx%d", i, p.y, p.x, photo.Name,
				photo.Width, photo.Height)
		}
		patches[i] = p
	}
	return patches, nil
}

// readMNISTMFolder reads the release as published: mnist_m_{train,test}/ with
// PNG files and mnist_m_{train,test}_labels.txt with "NNNNNNNN.png label" lines.
func readMNISTMFolder(dir string) (h datasets.Parts, err error) {
	if h.Pool, err = read.LabelledFolder(dir, "mnist_m_train", mnistmSide); err == nil {
		h.Test, err = read.LabelledFolder(dir, "mnist_m_test", mnistmSide)
	}
	return h, err
}
