package datasets

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// idxName recognises the files of MNIST, its relatives and their many
// respellings: train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte,
// usps-test-images-idx3-float.gz.
var idxName = regexp.MustCompile(`(?i)^(?:.*[-._])?(train|t10k|test)[-._](images|labels)[-._]idx\d([-._].*)?$`)

// readIDXFolder reads the training and test sets of a folder that holds idx
// files, with a missing test set left nil. ok is false when the folder has no
// training images in idx form.
func readIDXFolder(dir string) (train, test *Set, ok bool, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, false, origin.Errorf("%w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return readIDXParts(names, openFile)
}

// opener opens a file for reading.
type opener func(name string) (io.ReadCloser, error)

func openFile(name string) (io.ReadCloser, error) { return os.Open(name) }

// readIDXParts reads the training and test sets among files in name order.
func readIDXParts(names []string, open opener) (train, test *Set, ok bool, err error) {
	files := map[string]string{} // "train images" → the first file in name order
	for _, name := range names {
		m := idxName.FindStringSubmatch(filepath.Base(name))
		if m == nil {
			continue
		}
		part := "test "
		if strings.EqualFold(m[1], "train") {
			part = "train "
		}
		if key := part + strings.ToLower(m[2]); files[key] == "" {
			files[key] = name
		}
	}
	if files["train images"] == "" {
		return nil, nil, false, nil
	}
	train, err = readIDXFiles(files["train images"], files["train labels"], open)
	if err == nil && files["test images"] != "" {
		test, err = readIDXFiles(files["test images"], files["test labels"], open)
	}
	if err != nil {
		return nil, nil, true, err
	}
	if test != nil && test.Labelled() && train.Labelled() {
		train.Classes = numberedClasses(max(len(train.Classes), len(test.Classes)))
		test.Classes = train.Classes
	}
	return train, test, true, nil
}

// readIDXFiles reads a file of images with its labels, if labels is not "".
func readIDXFiles(images, labels string, open opener) (*Set, error) {
	i, err := open(images)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	defer i.Close()
	s, err := openIDXImages(images, i)
	if err != nil || labels == "" {
		return s, err
	}
	l, err := open(labels)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	defer l.Close()
	return s, readLabels(s, labels, l)
}

// openMNIST reads the four idx files of MNIST or of a set in its form. By
// convention the last 10,000 training images of MNIST are its validation set.
func openMNIST(dir string) (held, string, error) {
	train, test, err := readMNIST(dir)
	return held{pool: train, test: test, ordered: true}, "MNIST, idx files in " + dir, err
}

func readMNIST(dir string) (train, test *Set, err error) {
	train, test, ok, err := readIDXFolder(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && (!ok || test == nil):
		return nil, nil, missing("mnist", dir)
	case err != nil:
		return nil, nil, err
	case !train.Labelled() || !test.Labelled():
		return nil, nil, origin.Errorf("%s has MNIST's images but not both label files: download them again",
			dir)
	}
	return train, test, nil
}

// missing is the error for a known set that is not in its folder.
func missing(name, dir string) error {
	return origin.Errorf("%s is not in %s: run `pixelda-wgpu datasets download %s`, or give the folder that "+
		"holds it as -data", name, dir, name)
}
