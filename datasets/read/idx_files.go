package read

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"pixelda-wgpu/datasets"
)

// idxName recognises the files of MNIST and its relatives in their many spellings:
// train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, usps-test-images-idx3-float.gz.
var idxName = regexp.MustCompile(`(?i)^(?:.*[-._])?(train|t10k|test)[-._](images|labels)[-._]idx\d([-._].*)?$`)

// IDXFolder reads the training and test sets of a folder of idx files; a missing test set is nil.
// ok is false if the folder has no training images in idx form.
func IDXFolder(dir string) (train, test *datasets.Set, ok bool, err error) {
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
	return IDXParts(names, OpenFile)
}

// opener opens a file for reading.
type opener func(name string) (io.ReadCloser, error)

// OpenFile opens a file of the system.
func OpenFile(name string) (io.ReadCloser, error) { return os.Open(name) }

// IDXParts reads the training and test sets among files in name order.
func IDXParts(names []string, open opener) (train, test *datasets.Set, ok bool, err error) {
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
	train, err = IDXFiles(files["train images"], files["train labels"], open)
	if err == nil && files["test images"] != "" {
		test, err = IDXFiles(files["test images"], files["test labels"], open)
	}
	if err != nil {
		return nil, nil, true, err
	}
	if test != nil && test.Labelled() && train.Labelled() {
		train.Classes = datasets.NumberedClasses(max(len(train.Classes), len(test.Classes)))
		test.Classes = train.Classes
	}
	return train, test, true, nil
}

// IDXFiles reads a file of images with its labels, if labels is not "".
func IDXFiles(images, labels string, open opener) (*datasets.Set, error) {
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
