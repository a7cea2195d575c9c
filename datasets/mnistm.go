package datasets

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// openMNISTM reads the release, from its PNG files or from a recipe of patch
// positions with MNIST and BSDS500. Where neither is present it makes a set of
// the same kind from MNIST and BSDS500, with patches drawn by seed; Origin
// tells which. root holds the folders mnist_m, mnist and bsds500.
func openMNISTM(root string, seed uint64) (held, string, error) {
	dir := subfolder(root, "mnist_m", "mnist-m", "mnistm")
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

// openMNISTMDifference makes the set by the paper's formula.
func openMNISTMDifference(root string, seed uint64) (held, string, error) {
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

// patch is where a background is cut: its index, row and column.
type patch struct{ photo, y, x int }

// composeMNISTM lays digit i, padded to 32×32, over patch i.
func composeMNISTM(digits *Set, photos []background, patches []patch, combine func(digit, patch byte) byte) *Set {
	s := Set{
		Width: mnistmSide, Height: mnistmSide, Channels: 3,
		Labels: digits.Labels[:len(patches):len(patches)], Classes: digits.Classes,
	}.Of(make([]byte, len(patches)*mnistmSide*mnistmSide*3))
	border := (mnistmSide - digits.Width) / 2
	parallel(len(patches), func(i int) {
		at, photo, digit, out := patches[i], photos[patches[i].photo], digits.Image(i), s.Image(i)
		for y := range mnistmSide {
			row := photo.pixels[((at.y+y)*photo.width+at.x)*3:]
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

// mnistmParts reads what MNIST-M is made of.
func mnistmParts(root string) (train, test *Set, photos []background, err error) {
	if train, test, err = readMNIST(subfolder(root, "mnist")); err != nil {
		return nil, nil, nil, err
	}
	if train.Width != 28 || train.Height != 28 || train.Channels != 1 {
		return nil, nil, nil, origin.Errorf("mnist-m needs the 28x28x1 images of MNIST, not %s ones",
			train.shape())
	}
	photos, err = readBSDS(subfolder(root, "bsds500", "bsds", "BSDS500"))
	return train, test, photos, err
}

func makeMNISTM(root string, seed uint64, combine func(digit, patch byte) byte) (held, error) {
	train, test, photos, err := mnistmParts(root)
	if err != nil {
		return held{}, err
	}
	for _, p := range photos {
		if p.width < mnistmSide || p.height < mnistmSide {
			return held{}, origin.Errorf("%s: the photograph is %dx%d, smaller than a patch", p.name, p.width,
				p.height)
		}
	}
	draw := func(split uint64, n int) []patch {
		patches := make([]patch, n)
		for i := range patches {
			r := newRandom(seed, split, uint64(i))
			photo := r.intn(len(photos))
			patches[i] = patch{photo, r.intn(photos[photo].height - mnistmSide + 1),
				r.intn(photos[photo].width - mnistmSide + 1)}
		}
		return patches
	}
	return held{
		pool: composeMNISTM(train, photos, draw(0, min(mnistmTrain, train.Len())), combine),
		test: composeMNISTM(test, photos, draw(1, min(mnistmTest, test.Len())), combine),
	}, nil
}

// readMNISTMRecipe rebuilds the release from patch positions: 5 bytes a sample,
// the photograph's index in bsds_train_order.txt, then row and column as
// little-endian uint16; sample i is MNIST image i of the same split. The train
// and test files lie in dir.
func readMNISTMRecipe(root, dir string) (held, error) {
	train, test, photos, err := mnistmParts(root)
	if err != nil {
		return held{}, err
	}
	orderFile := filepath.Join(dir, "bsds_train_order.txt")
	order, err := readFile(orderFile)
	if err != nil {
		return held{}, err
	}
	if photos, err = orderPhotos(photos, strings.Fields(string(order))); err != nil {
		return held{}, origin.Errorf("%s: %w", orderFile, err)
	}
	rebuild := func(split string, digits *Set) (*Set, error) {
		file := filepath.Join(dir, "mnist_m_"+split+".recipe.bin")
		data, err := readFile(file)
		if err != nil {
			return nil, err
		}
		patches, err := parseRecipe(data, photos, digits.Len())
		if err != nil {
			return nil, origin.Errorf("%s: %w", file, err)
		}
		return composeMNISTM(digits, photos, patches, invert), nil
	}
	var h held
	if h.pool, err = rebuild("train", train); err == nil {
		h.test, err = rebuild("test", test)
	}
	return h, err
}

func orderPhotos(photos []background, names []string) ([]background, error) {
	byName := map[string]background{}
	for _, p := range photos {
		byName[p.name] = p
	}
	ordered := make([]background, len(names))
	for i, name := range names {
		p, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("photograph %s is not in BSDS500's training images", name)
		}
		ordered[i] = p
	}
	return ordered, nil
}

func parseRecipe(data []byte, photos []background, digits int) ([]patch, error) {
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
		if photo := photos[p.photo]; p.y+mnistmSide > photo.height || p.x+mnistmSide > photo.width {
			return nil, fmt.Errorf("sample %d cuts at row %d, column %d, beyond %s of %dx%d", i, p.y, p.x, photo.name,
				photo.width, photo.height)
		}
		patches[i] = p
	}
	return patches, nil
}

// readMNISTMFolder reads the release as published: mnist_m_{train,test}/ with
// PNG files and mnist_m_{train,test}_labels.txt with "NNNNNNNN.png label" lines.
func readMNISTMFolder(dir string) (h held, err error) {
	if h.pool, err = readLabelledFolder(dir, "mnist_m_train", mnistmSide); err == nil {
		h.test, err = readLabelledFolder(dir, "mnist_m_test", mnistmSide)
	}
	return h, err
}
