// Package open opens any set: a known one by name, or a path, or files in memory.
package open

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pixelda-wgpu/datasets"
	"pixelda-wgpu/datasets/pack"
	"pixelda-wgpu/datasets/read"
	"pixelda-wgpu/gpu/fault"
)

// origin marks the errors of this package.
const origin fault.Origin = "datasets/open"

// Splits reads or generates a data set: one that List names, or else a path to
//
//   - a folder of idx files named as MNIST's, or one idx file of images,
//   - a folder, ZIP or tar.gz file of images, [train|valid|test/]class/image; where they
//     are in domain/class/image, name one domain: FOLDER/domain or FILE.zip/domain;
//     images outside any class folder are unlabelled; with poses.txt in the class
//     folders images have poses, and perhaps depth (see package read),
//   - a packed set, FILE.pxds.
//
// Plain idx files of bytes and raw packed sets are mapped where the system supports that,
// rather than read into memory: leave them as they are while the set is in use.
func Splits(spec string, o datasets.Options) (datasets.Splits, error) {
	if err := o.Check(); err != nil {
		return datasets.Splits{}, err
	}
	for _, known := range List() {
		if known.Name == spec {
			return known.splits(o)
		}
	}
	return openPath(spec, o)
}

func openPath(path string, o datasets.Options) (datasets.Splits, error) {
	all, err := Domains(path, o)
	if err != nil {
		return datasets.Splits{}, err
	}
	if len(all) > 1 {
		names := make([]string, len(all))
		for i, d := range all {
			names[i] = d.Name
		}
		return datasets.Splits{}, origin.Errorf("%s holds %d domains (%s): name one, as in %s/%s", path, len(all),
			strings.Join(names, ", "), path, names[0])
	}
	return all[0].Splits, nil
}

// Domains opens all domains below a path, where Splits opens one. They have the same classes.
func Domains(path string, o datasets.Options) ([]datasets.Domain, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if file, below, found := read.CutArchive(path); found {
		return openArchive(file, below, o)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if path != filepath.Base(path) { // a path, not a name
			return nil, origin.Errorf("there is no file or folder %s", path)
		}
		return nil, origin.Errorf("%q is neither a known set (%s) nor a file or folder", path, knownNames())
	}
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	if info.IsDir() {
		return openFolder(path, o)
	}
	if strings.EqualFold(filepath.Ext(path), ".pxds") {
		return pack.Open(path, o)
	}
	pool, err := read.IDXFiles(path, labelsOf(path, exists), read.OpenFile)
	if err != nil {
		return nil, err
	}
	return o.One(path, datasets.Parts{Pool: pool})
}

func openFolder(dir string, o datasets.Options) ([]datasets.Domain, error) {
	train, test, ok, err := read.IDXFolder(dir)
	if err != nil {
		return nil, err
	}
	if ok {
		return o.One(dir, datasets.Parts{Pool: train, Test: test})
	}
	files, err := read.ListFolder(dir, read.IsOfSet)
	if err != nil {
		return nil, err
	}
	return read.Domains(filepath.ToSlash(filepath.Clean(dir)), files, o)
}

func openArchive(path, below string, o datasets.Options) ([]datasets.Domain, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	if o.Stream != nil {
		o.Stream.Keep(f)
	} else {
		defer f.Close()
	}
	info, err := f.Stat()
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	return read.ArchiveBelow(path, f, info.Size(), below, o)
}

// labelsOf is the file of labels that belongs, by its name, to an idx file of images, or "" if
// there is none.
func labelsOf(images string, exists func(name string) bool) string {
	dir, file := filepath.Split(images)
	name := strings.NewReplacer("images", "labels", "idx3", "idx1", "idx4", "idx1").Replace(file)
	if name == file {
		return ""
	}
	if !exists(dir + name) {
		return ""
	}
	return dir + name
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
