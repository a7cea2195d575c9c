package read

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"pixelda-wgpu/datasets/parallel"
	"pixelda-wgpu/datasets/picture"
)

// BSDSArchive is the official download; its images are read in place.
const BSDSArchive = "BSR_bsds500.tgz"

// Photo is a photograph that MNIST-M cuts its patches from.
type Photo struct {
	Name string
	picture.Picture
}

// BSDS decodes the training photographs of BSDS500 in name order, from dir or from the official
// archive in it.
func BSDS(dir string) ([]Photo, error) {
	files, err := bsdsFiles(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, missing("bsds500", dir)
	}
	return Photos(dir, files)
}

// Photos decodes photographs to RGB, in name order.
func Photos(dir string, files []Entry) ([]Photo, error) {
	slices.SortFunc(files, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	photos := make([]Photo, len(files))
	err := parallel.Try(len(files), func(i int) error {
		data, err := files[i].read()
		if err == nil {
			var p picture.Picture
			p, err = picture.Decode(data)
			photos[i] = Photo{path.Base(files[i].Path), p.WithChannels(3)}
		}
		if err != nil {
			return origin.Errorf("%s: %s: %w", dir, files[i].Path, err)
		}
		return nil
	})
	return photos, err
}

func bsdsFiles(dir string) ([]Entry, error) {
	isPhoto := func(name string) bool { return path.Ext(name) == ".jpg" && path.Dir(name) == "." }
	for _, sub := range []string{"train", "images/train", "BSDS500/data/images/train",
		"BSR/BSDS500/data/images/train"} {
		below := filepath.Join(dir, filepath.FromSlash(sub))
		if _, err := os.Stat(below); err != nil {
			continue
		}
		if files, err := ListFolder(below, isPhoto); err != nil || len(files) > 0 {
			return files, err
		}
	}
	archive := filepath.Join(dir, BSDSArchive)
	f, err := os.Open(archive)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, origin.Errorf("%w", err)
	}
	files, err := listArchive(archive, f, info.Size(), "", func(name string) bool {
		return strings.HasSuffix(path.Dir(name), "images/train") && path.Ext(name) == ".jpg"
	})
	if err != nil {
		return nil, origin.Errorf("%s: %w", archive, err)
	}
	return files, nil
}
