package read

import (
	"errors"
	"io/fs"

	"pixelda-wgpu/datasets"
)

// MNIST reads the four idx files of MNIST or of a set in its format. By convention the last 10,000
// training images of MNIST are its validation set.
func MNIST(dir string) (datasets.Parts, string, error) {
	train, test, err := MNISTFiles(dir)
	return datasets.Parts{Pool: train, Test: test, Ordered: true}, "MNIST, idx files in " + dir, err
}

// MNISTFiles reads both splits of MNIST with their labels.
func MNISTFiles(dir string) (train, test *datasets.Set, err error) {
	train, test, ok, err := IDXFolder(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && (!ok || test == nil):
		return nil, nil, missing("mnist", dir)
	case err != nil:
		return nil, nil, err
	case !train.Labelled() || !test.Labelled():
		return nil, nil, origin.Errorf("%s has MNIST's images but not both label files: download them again", dir)
	}
	return train, test, nil
}

// missing is the error for a known set that is not in its folder.
func missing(name, dir string) error {
	return origin.Errorf("%s is not in %s: run `pixelda-wgpu datasets download %s`, or give the folder that "+
		"holds it as -data", name, dir, name)
}
