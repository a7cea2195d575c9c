package datasets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
		return nil, nil, false, fmt.Errorf("datasets: %w", err)
	}
	files := map[string]string{} // "train images" → the first file in name order
	for _, e := range entries {
		m := idxName.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			continue
		}
		part := "test "
		if m[1] == "train" {
			part = "train "
		}
		if key := part + m[2]; files[key] == "" {
			files[key] = filepath.Join(dir, e.Name())
		}
	}
	if files["train images"] == "" {
		return nil, nil, false, nil
	}
	train, err = readIDXFiles(files["train images"], files["train labels"])
	if err == nil && files["test images"] != "" {
		test, err = readIDXFiles(files["test images"], files["test labels"])
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
func readIDXFiles(images, labels string) (*Set, error) {
	i, err := os.Open(images)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	defer i.Close()
	s, err := ReadIDX(images, i, nil)
	if err != nil || labels == "" {
		return s, err
	}
	l, err := os.Open(labels)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	defer l.Close()
	return s, s.readLabels(labels, l)
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
		return nil, nil, fmt.Errorf("datasets: %s has MNIST's images but not both label files: download them again", dir)
	}
	return train, test, nil
}

// missing is the error for a known set that is not in its folder.
func missing(name, dir string) error {
	return fmt.Errorf("datasets: %s is not in %s: run `pixelda-wgpu datasets download %s`, or give the folder that holds it as -data", name, dir, name)
}
